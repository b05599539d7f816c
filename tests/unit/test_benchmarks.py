"""The benchmarks measure what they say: the made credential, and how figures become a verdict."""

from __future__ import annotations

import http.client
import json
import math
import socket
import ssl
from pathlib import Path

import pytest

from benchmarks import reference
from benchmarks.claims import ClaimCost
from benchmarks.contest import DIGITALBAZAAR, FLOOR, JOSE, OURS, OXIGRAPH, Contest
from benchmarks.day import simulate_hour
from benchmarks.hosts import serving
from benchmarks.load import Rate
from benchmarks.orders import Orders
from benchmarks.reference import build_reference, canonical_form
from benchmarks.report import TARGETS, figures, ratios, render
from benchmarks.service import HttpRates
from benchmarks.stacks.line import repeat
from benchmarks.variants import Variants, is_free
from benchmarks.visits import Issuers, Visits
from benchmarks.where import REST, STEPS, measure_where
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.records.copies import CopyForm
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import SCHEMAS

OPERATIONS = {
    OURS: "sign verify sign_strange verify_strange verify_proof template_issue template_checked "
    "sign_jcs verify_proof_jcs sign_jwt verify_jwt",
    FLOOR: "sign verify",
    DIGITALBAZAAR: "sign verify sign_jcs verify_jcs",
    JOSE: "sign_jwt verify_jwt",
    OXIGRAPH: "sign verify",
}


CLAIMS = ClaimCost(order=10.0, claims={CopyForm.LDP_VC: 20.0, CopyForm.DC_SD_JWT: 31.0}, wallet=69.0)


def contest(**ours: float) -> Contest:
    """All take two milliseconds, but for what is said of ours."""
    times = {(name, one): 2.0 for name, listed in OPERATIONS.items() for one in listed.split()}
    times |= {(OURS, operation): value for operation, value in ours.items()}
    return Contest(times, {OURS: 50.0}, [])


def test_without_the_shared_credential_one_of_its_shape_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "REFERENCE", SCHEMAS / "not-there.json")
    made = build_reference()
    quads = canonical_form(made).splitlines()
    assert 120 <= len(quads) <= 170
    assert len({quad.split()[0] for quad in quads if quad.startswith("_:")}) >= 10
    assert CredentialSchemas.load(SCHEMAS).check_credential(made.document) == ()


def test_a_claim_is_told_in_orders_and_held_to_its_target_by_its_dearest_form() -> None:
    assert figures(contest(), None, None, CLAIMS).items() >= {"claim_orders": 3.1, "wallet_ms": 69.0}.items()
    lines = {line.split("  ")[0]: line for line in render(contest(), None, None, CLAIMS).splitlines()}
    assert lines["a claim by OpenID4VCI, its dearest form, in orders"].endswith("MISSED")
    assert lines["a wallet of 2,000 badges opens, CPU milliseconds"].endswith("met")
    assert lines["a claim as dc+sd-jwt"].endswith("3.1")


def test_ratios_are_the_peers_time_over_ours() -> None:
    found = ratios(contest(sign=0.1, verify=0.2, sign_jwt=1.0, verify_jwt=4.0))
    assert math.isclose(found["sign_ratio"], 20)
    assert math.isclose(found["oxigraph_ratio"], 20)
    assert math.isclose(found["verify_floor_ratio"], 0.1)
    assert math.isclose(found["jwt_ratio"], 0.5)


def test_every_target_is_among_the_figures_and_told_as_met_or_missed() -> None:
    printed = render(contest(sign=0.1), None, None)
    assert "MISSED" in printed
    written = figures(contest(), None, None, CLAIMS)
    over_http = {target.key for target in TARGETS} - written.keys()
    assert over_http == {
        *("order_per_cpu_second", "event_per_cpu_second", "batch_per_cpu_second", "batch_cpu_ratio"),
        *("verify_own_per_cpu_second", "verify_foreign_per_cpu_second", "two_processes_ratio"),
    }
    assert over_http <= figures(contest(), http_rates(), None).keys()


@pytest.mark.parametrize(("value", "met"), [(1.9, True), (2.0, True), (2.1, False)])
def test_a_floor_is_met_from_below(value: float, met: bool) -> None:
    target = next(target for target in TARGETS if target.key == "template_floor_ratio")
    assert target.is_met(value) is met


def test_no_credential_is_given_twice_and_only_strange_ones_differ_in_what_is_shared() -> None:
    made = build_reference()
    variants = Variants(made.document)
    given = [*variants.take(300), *variants.take(20, strange=True)]
    assert len({json.dumps(document) for document in given}) == len({d["id"] for d in given}) == 320
    shared = [json.dumps([d["issuer"], d["credentialSubject"]["achievement"]]) for d in given]
    assert len(set(shared)) == 21
    index = int(made.document["credentialStatus"]["statusListIndex"])
    assert all(is_free(int(d["credentialStatus"]["statusListIndex"]), index) for d in given)
    assert not is_free(index + 1, index)


def test_each_input_is_measured_once() -> None:
    seen: list[int] = []
    found = repeat(lambda given: seen.append(given["n"]), [{"n": n} for n in range(5)], keep=True)
    assert seen == [0, 1, 2, 3, 4]
    assert len(found["microseconds"]) == len(found["answers"]) == 5


def http_rates(**changed: Rate) -> HttpRates:
    one = Rate(100.0, 200.0)
    visits = Visits(cached=one, uncached=Rate(7.0, 8.0), alone_ms=3.0, beside_silent_ms=4.5)
    rates = {"issue": one, "event": one, "batch": one, "verify": one, "peer": one, **changed}
    waits = {(kind, many): float(many) for kind in ("SQLite", "PostgreSQL") for many in (1, 8, 64)}
    return HttpRates(**rates, visits=visits, orders=Orders(waits, one, Rate(90.0, 190.0)))


def test_what_is_measured_over_http_is_written_and_printed() -> None:
    rates = http_rates(batch=Rate(4000.0, 4100.0))
    written = figures(contest(), rates, None)
    assert (written["batch_per_second"], written["batch_ratio"]) == (4000, 40)
    assert (written["verify_cached_per_second"], written["verify_uncached_per_second"]) == (100, 7)
    assert (written["p99_ms"], written["p99_beside_silent_hosts_ms"]) == (3, 4.5)
    assert (written["batch_cpu_ratio"], written["two_processes_ratio"]) == (20.5, 0.95)
    assert written["order_per_cpu_second"] == written["verify_own_per_cpu_second"] == 200
    assert written["order_p99_PostgreSQL_64_clients_ms"] == 64
    printed = render(contest(), rates, None)
    assert "64 clients" in printed
    assert "both fetched for each" in printed
    assert "never answers" in printed


def test_hosts_of_a_benchmark_answer_by_their_table_or_never(tmp_path: Path) -> None:
    issuers = Issuers(build_reference())
    with serving(tmp_path, issuers.answer) as hosts:
        trusted = ssl.create_default_context(cafile=hosts.ca_file)
        found = {}
        for path in ("/issuers/3/did.json", "/status/3", "/nothing/3"):
            connection = http.client.HTTPSConnection(
                "localhost", hosts.answering, context=trusted, timeout=HANGS_AFTER
            )
            connection.request("GET", path)
            found[path] = connection.getresponse().status
            connection.close()
        assert list(found.values()) == [200, 200, 404]
        with socket.create_connection(("localhost", hosts.silent), timeout=0.2) as silent:
            silent.sendall(b"hello")
            with pytest.raises(TimeoutError):
                silent.recv(1)


def test_an_issuer_of_a_benchmark_signs_what_its_own_documents_prove() -> None:
    issuers = Issuers(build_reference())
    credential = issuers.credential(5)
    document = json.loads(issuers.answer("/issuers/5/did.json") or b"")
    assert credential["issuer"]["id"] == document["id"]
    assert credential["proof"]["verificationMethod"] == document["assertionMethod"][0]
    listed = json.loads(issuers.answer("/status/5") or b"")
    assert listed["id"] == credential["credentialStatus"]["statusListCredential"]


@pytest.mark.parametrize(("visitors", "cost"), [(3_600 * 50, 0.01), (3_600 * 80, 0.01)])
def test_a_simulated_hour_waits_as_long_as_theory_says(visitors: float, cost: float) -> None:
    """M/M/1: how long one stays is exponential, its mean 1 / (rate of service - rate of arrivals)."""
    found = simulate_hour(visitors, cost, cpus=1, seed=1)
    wanted = -math.log(0.01) / (1 / cost - visitors / 3_600) * 1e3
    assert found.busy == pytest.approx(visitors / 3_600 * cost, rel=0.03)
    assert found.p99_ms == pytest.approx(wanted, rel=0.15)
    assert simulate_hour(visitors, cost, cpus=2, seed=1).p99_ms < found.p99_ms


def test_the_steps_of_where_the_time_goes_are_there() -> None:
    """One that was renamed would be counted as nothing."""
    package = Path(reference.__file__).parents[1] / "credserv"
    for file, function in STEPS:
        assert f"def {function}(" in (package / file).read_text(), (file, function)


def test_where_the_time_goes_is_said_in_parts_of_a_whole() -> None:
    for _name, shares, microseconds in measure_where(40):
        assert sum(shares.values()) == pytest.approx(100)
        assert shares.keys() <= {*STEPS.values(), REST}
        assert microseconds > 0
