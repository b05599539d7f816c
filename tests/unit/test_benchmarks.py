"""The benchmarks measure what they say: the made credential, and how figures become a verdict."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks import reference
from benchmarks.contest import DIGITALBAZAAR, FLOOR, JOSE, OURS, OXIGRAPH, Contest
from benchmarks.reference import build_reference, canonical_form
from benchmarks.report import TARGETS, figures, ratios, render
from benchmarks.stacks.line import repeat
from benchmarks.variants import Variants, is_free
from credserv.openbadges.json_schema import CredentialSchemas
from tests.support.proofs import SCHEMAS

OPERATIONS = {
    OURS: "sign verify sign_strange verify_strange verify_proof template_issue template_checked "
    "sign_jcs verify_proof_jcs sign_jwt verify_jwt",
    FLOOR: "sign verify",
    DIGITALBAZAAR: "sign verify sign_jcs verify_jcs",
    JOSE: "sign_jwt verify_jwt",
    OXIGRAPH: "sign verify",
}


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


def test_ratios_are_the_peers_time_over_ours() -> None:
    found = ratios(contest(sign=0.1, verify=0.2, sign_jwt=1.0, verify_jwt=4.0))
    assert math.isclose(found["sign_ratio"], 20)
    assert math.isclose(found["oxigraph_ratio"], 20)
    assert math.isclose(found["verify_floor_ratio"], 0.1)
    assert math.isclose(found["jwt_ratio"], 0.5)


def test_every_target_is_among_the_figures_and_told_as_met_or_missed() -> None:
    printed = render(contest(sign=0.1), None, None)
    assert "MISSED" in printed
    written = figures(contest(), None, None)
    over_http = {"batch_per_second", "batch_ratio"}
    assert {target.key for target in TARGETS} - over_http <= written.keys()


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
