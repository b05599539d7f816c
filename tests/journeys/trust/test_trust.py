"""Who an issuer is: in which list, as whom, or in none; by the lists of whoever asks, and of nobody else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import InputError
from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, Question, check
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.trust import refresh as trust_lists
from credserv.records.trust import TrustedIssuerRecord
from credserv.trust.trust_list import TrustedFile, parse_trusted_issuers
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry

ALICE = issuer(1)
REGISTRY = "https://lists.example/registry.json"
YEAR = {"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z"}
OURS = "https://lists.example/ours.json"


@pytest.fixture
def hosts() -> Hosts:
    return Hosts(
        {
            STATUS_URL: signed_list(ALICE, **YEAR),
            REGISTRY: {"registry": {ALICE.did: {"name": "Alice’s School", "url": "https://alice.example"}}},
            OURS: {"issuers": [{"id": ALICE.did, "name": "Alice gGmbH"}]},
        }
    )


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts, starters=False)


def asked(service: Service, organisation: str = "", **changed: Any) -> Checked:
    document = json.dumps(ALICE.sign(badge(ALICE, **changed))).encode()
    question = Question(organisation=organisation)
    return check(service.services, data=document, url=None, now=service.clock.now, question=question)


def trust(service: Service, name: str, organisation: str = "", **dates: Any) -> None:
    entry = TrustedIssuerRecord(ALICE.did, name, **dates)
    trust_lists.add_issuer(service.services, organisation, entry, actor="test", now=service.clock.now)


def subscribe(service: Service, name: str, url: str, organisation: str = "") -> str:
    known, _ = trust_lists.subscribe(
        service.services, organisation, name=name, url=url, actor="test", now=service.clock.now
    )
    return known.id


def refresh(service: Service, list_id: str) -> str:
    return trust_lists.refresh(service.services, list_id, actor="worker", now=service.clock.now)


def told(found: Checked) -> tuple[Verdict, Outcome, str, dict[str, Any]]:
    made = found.result.check("issuer_trusted")
    assert made is not None
    assert not made.required
    return found.verdict, made.outcome, made.code, dict(made.data)


def test_in_no_list_is_authentic_and_unknown(service: Service) -> None:
    found = asked(service)
    assert told(found) == (Verdict.ISSUER_UNKNOWN, Outcome.UNKNOWN, "issuer-unknown", {})
    assert "no list of trusted issuers is kept here" in found.result.policy[0].reason
    assert found.issuer.startswith("the holder of the key")

    trust_lists.add_issuer(
        service.services,
        "",
        TrustedIssuerRecord("did:web:b.example", "B"),
        actor="test",
        now=service.clock.now,
    )
    found = asked(service)
    assert told(found)[2] == "issuer-unknown"
    assert "it is not in the list of trusted issuers" in found.result.policy[0].reason


def test_in_a_list_as_whom_the_list_says(service: Service) -> None:
    trust(service, "Alice College")
    found = asked(service)

    data = {"list": "Trusted by Example Academy", "as": "Alice College"}
    assert told(found) == (Verdict.VERIFIED, Outcome.PASSED, "", data)
    assert found.issuer == "Alice College"
    reason = "Its issuer is in the list “Trusted by Example Academy” as “Alice College”."
    assert found.result.policy[0].reason == reason
    report = build_report(found, now=service.clock.now)
    assert report["issuer"]["name"] == "Alice College"
    assert report["policy"][0]["data"] == data
    assert report["sentence"].endswith("The issuer is called so in the list “Trusted by Example Academy”.")


def test_all_lists_that_have_it_are_told_its_own_first(service: Service) -> None:
    for name, url in (("Registry", REGISTRY), ("Ours", OURS)):
        subscribe(service, name, url)
        service.clock.advance(minutes=1)
    trust(service, "Alice College")

    verdict, _, _, data = told(found := asked(service))
    assert verdict is Verdict.VERIFIED
    assert found.issuer == "Alice College"
    assert [(data[f"list{n}"], data[f"as{n}"]) for n in ("", "_2", "_3")] == [
        ("Trusted by Example Academy", "Alice College"),
        ("Registry", "Alice’s School"),
        ("Ours", "Alice gGmbH"),
    ]
    assert data["refreshed_2"] == "2026-03-14T09:26:53Z"
    assert found.result.policy[0].reason.endswith("as “Alice College”, and in 2 more.")


def test_attack_118_the_lists_of_one_organisation_are_not_those_of_another(service: Service) -> None:
    trust(service, "Alice as acme knows her", "acme")
    trust_lists.add_issuer(
        service.services,
        "other",
        TrustedIssuerRecord("did:web:b.example", "B"),
        actor="test",
        now=service.clock.now,
    )
    assert asked(service, "acme").issuer == "Alice as acme knows her"
    assert asked(service, "acme").verdict is Verdict.VERIFIED
    assert asked(service).verdict is asked(service, "other").verdict is Verdict.ISSUER_UNKNOWN
    for organisation in ("nobody", "Acme", "acme ", "../acme", "x" * 100_000):
        with pytest.raises(InputError, match="keeps lists of trusted issuers here"):
            asked(service, organisation)


def test_an_organisation_is_forgotten_with_its_last_list(service: Service) -> None:
    trust(service, "Alice", "acme")
    trust_lists.remove_issuer(service.services, "acme", ALICE.did, actor="test", now=service.clock.now)
    with pytest.raises(InputError):
        asked(service, "acme")


def test_an_entry_counts_within_its_dates(service: Service) -> None:
    now, hour = service.clock.now, timedelta(hours=1)
    trust(service, "Alice", valid_from=now, valid_until=now + hour)
    assert asked(service).verdict is Verdict.VERIFIED
    service.clock.advance(hours=1)
    assert asked(service).verdict is Verdict.ISSUER_UNKNOWN
    service.clock.advance(hours=-1, microseconds=-1)
    assert asked(service).verdict is Verdict.ISSUER_UNKNOWN


def test_an_entry_makes_no_failed_credential_good(service: Service, hosts: Hosts) -> None:
    trust(service, "Alice")
    hosts.pages[STATUS_URL] = signed_list(ALICE, 94567, **YEAR)
    revoked = asked(service, credentialStatus=status_entry())
    assert revoked.verdict is Verdict.NOT_VERIFIED
    assert asked(service, validUntil="2026-01-02T00:00:00Z").verdict is Verdict.NOT_VERIFIED

    document = ALICE.sign(badge(ALICE))
    forged = json.dumps({**document, "name": "changed"}).encode()
    found = check(service.services, data=forged, url=None, now=service.clock.now)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert found.result.check("issuer_trusted") is None  # not even asked
    assert found.issuer == ""


def test_the_issuer_of_this_service_is_known_to_everyone(tmp_path: Path) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path)
    record = service.services.store.credentials.get(service.issue())
    assert record is not None
    trust(service, "Alice", "acme")
    for organisation in ("", "acme"):
        found = check(
            service.services,
            data=record.signed,
            url=None,
            now=service.clock.now,
            question=Question(organisation=organisation),
        )
        assert found.verdict is Verdict.VERIFIED
        assert found.issuer == "Example Academy"


def test_a_file_of_trusted_issuers_counts_besides_the_lists(service: Service) -> None:
    issuers = parse_trusted_issuers(f"id,name\n{ALICE.did},Alice of the file\n".encode()).issuers
    file = TrustedFile("partners.csv", {one.issuer: one for one in issuers})
    with_file = replace(service, services=replace(service.services, trusted_files=(file,)))
    assert told(asked(with_file))[3] == {"list": "partners.csv", "as": "Alice of the file"}


# --- lists that are fetched -----------------------------------------------------------------------


def test_a_list_that_cannot_be_refreshed_counts_for_a_time_and_says_so(
    service: Service, hosts: Hosts
) -> None:
    list_id = subscribe(service, "Registry", REGISTRY)
    assert asked(service).result.policy[0].reason.endswith("in the list “Registry” as “Alice’s School”.")
    del hosts.pages[REGISTRY]
    service.clock.advance(days=7)
    assert refresh(service, list_id) == "the host did not answer in time"
    found = asked(service)
    assert found.verdict is Verdict.VERIFIED
    since = "that list could not be refreshed since 2026-03-14 09:26 UTC."
    assert found.result.policy[0].reason.endswith(since)

    service.clock.advance(seconds=1)
    found = asked(service)
    data = {"list": "Registry", "refreshed": "2026-03-14T09:26:53Z"}
    assert told(found) == (Verdict.ISSUER_UNKNOWN, Outcome.UNKNOWN, "trusted-list-outdated", data)
    assert "“Registry” could not be refreshed since 2026-03-14 09:26 UTC" in found.result.policy[0].reason
    trust(service, "Alice")  # another list that has it is enough
    assert asked(service).verdict is Verdict.VERIFIED


def test_a_list_counts_again_once_it_could_be_refreshed(service: Service) -> None:
    list_id = subscribe(service, "Registry", REGISTRY)
    service.clock.advance(days=30)
    assert asked(service).verdict is Verdict.ISSUER_UNKNOWN
    assert refresh(service, list_id) == ""
    assert asked(service).verdict is Verdict.VERIFIED


def test_whoever_left_the_list_is_in_none(service: Service, hosts: Hosts) -> None:
    list_id = subscribe(service, "Registry", REGISTRY)
    hosts.pages[REGISTRY] = {"registry": {"did:web:b.example": {"name": "B"}}}
    assert refresh(service, list_id) == ""

    assert told(asked(service))[:3] == (Verdict.ISSUER_UNKNOWN, Outcome.UNKNOWN, "issuer-unknown")
    (changed,) = [
        line for line in service.services.store.audit.of_subject(list_id) if line.action.endswith("changed")
    ]
    assert (changed.actor, changed.detail["added"], changed.detail["removed"]) == ("worker", 1, 1)
    refresh(service, list_id)
    assert len(service.services.store.audit.of_subject(list_id)) == 2  # nothing changed, nothing said


def test_names_that_look_alike_stand_beside_the_list_that_gives_them(service: Service) -> None:
    trust(service, "Наrvard")  # two Cyrillic letters
    made = asked(service).result.check("issuer_trusted")
    assert made is not None
    assert made.reason == "Its issuer is in the list “Trusted by Example Academy” as “Наrvard”."


def test_over_http_the_organisation_is_named(service: Service) -> None:
    trust(service, "Alice", "acme")
    credential = ALICE.sign(badge(ALICE))
    client = service.client()
    known = client.post("/api/v1/verify", json={"credential": credential, "organisation": "acme"}).json
    assert (known["verdict"], known["issuer"]["name"]) == ("verified", "Alice")
    assert client.post("/api/v1/verify", json={"credential": credential}).json["verdict"] == (
        "verified_issuer_unknown"
    )
    one = {"credential": credential, "organisation": "nobody"}
    said = "no organisation nobody keeps lists of trusted issuers here"
    answer = client.post("/api/v1/verify", json=one)
    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (
        400,
        "unknown-organisation",
        said,
    )
    (report,) = client.post("/api/v1/verify/batch", json={"items": [one]}).json["items"]
    assert (report["verdict"], report["error"]["code"]) == ("could_not_be_checked", "unknown-organisation")
    assert report["error"]["detail"] == said
    assert report["sentence"].endswith(f"N{said[1:]}.")


def test_the_form_of_a_list_is_published(service: Service) -> None:
    answer = service.client().get("/schemas/trusted-issuers.json")
    carried = default_schemas_dir() / "credserv" / "trusted-issuers.json"
    assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")
    assert answer.data == carried.read_bytes()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["$id"] == "/schemas/trusted-issuers.json"
