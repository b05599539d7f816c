"""Dates that cannot be read, wherever one stands (attack 83): never as if there were none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.award.in_bulk.rows import read_rows
from credserv.sources.csv_values import Forms
from tests.testkit.browsing import OWNER, Person
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.service import Service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, verifier

ALICE = issuer(1)
# As systems write no day, and no end: in some time zone they lie beyond what can be counted.
NO_DAYS = ("0001-01-01", "9999-12-31")
ZONES = ("Asia/Tokyo", "America/Los_Angeles", "UTC")
TEXTS = (
    "", "yesterday", "2026-03-14", "2026-03-14T09:00", "2026-02-30T09:00:00Z", "2026-03-14T25:00:00Z",
    "2026-03-14 09:00:00Z", "14.03.2026", "1773478800", "0000-00-00T00:00:00Z", "2026-03-14T09:00:00Z\n",
    "2026-03-14T09:00:00\n", "2026-03-14T09:00:00+0100",
    "\uff12\uff10\uff12\uff16-03-14T09:00:00Z", "P1Y", "null",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (*TEXTS, "2026-03-14T09:00:00", True, [], {}, [1773478800], "NaN", 1e400)


def _verdict_of(hosts: Hosts, secured: Any) -> tuple[Verdict, set[str]]:
    result = verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result
    return result.verdict, {check.name for check in result.checks if check.outcome is Outcome.FAILED}


@pytest.mark.parametrize("member", ["validFrom", "validUntil"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_credential(member: str, text: str) -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    verdict, failed = _verdict_of(hosts, ALICE.sign(badge(ALICE) | {member: text}))
    assert verdict is Verdict.NOT_VERIFIED
    assert failed & {"validity", "structure", "data_model"}, failed


@pytest.mark.parametrize("member", ["created", "expires"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_proof(member: str, text: str) -> None:
    document = badge(ALICE)
    secured = document | {"proof": ALICE.prove(document, **{member: text})}
    verdict, failed = _verdict_of(Hosts({STATUS_URL: signed_list(ALICE)}), secured)
    assert verdict is Verdict.NOT_VERIFIED
    assert "proof" in failed


@pytest.mark.parametrize("member", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", OTHERS, ids=repr)
def test_attack_83_a_date_of_a_token(member: str, value: Any) -> None:
    by = token_issuer()
    verdict, failed = _verdict_of(Hosts({}), by.forge(by.header(), by.badge() | {member: value}))
    assert verdict is Verdict.NOT_VERIFIED
    assert "proof" in failed or "parse" in failed, failed


@pytest.mark.parametrize("member", ["validFrom", "validUntil"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_status_list(member: str, text: str) -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE, **{member: text})})
    verdict, failed = _verdict_of(hosts, ALICE.sign(badge(ALICE)))
    assert verdict is Verdict.NOT_CHECKED, "a list that cannot be read makes no badge false"
    assert failed == set()


# What lacks its zone is in UTC (VCDM 2.0, "Representing Time"; VC Data Integrity 1.0, 2.1), to the instant.
NO_ZONE = {"validFrom": "2026-03-14T09:00:00", "validUntil": "2026-03-14T10:00:00.000"}
END = datetime(2026, 3, 14, 10, tzinfo=UTC)
JUST_BEFORE = END - timedelta(microseconds=1)


def _failed(secured: Any, now: datetime) -> set[str]:
    result = verifier().verify_secured(secured, now=now, resolvers=Hosts().resolvers).result
    return {check.name for check in result.checks if check.outcome is not Outcome.PASSED and check.required}


def test_attack_83_a_credential_whose_dates_lack_a_zone_ends_in_utc() -> None:
    by = token_issuer()
    dated = badge(ALICE) | NO_ZONE
    del dated["credentialStatus"]
    for secured in (ALICE.sign(dated), by.forge(by.header(), by.badge() | NO_ZONE)):
        assert "validity" not in _failed(secured, JUST_BEFORE)
        assert _failed(secured, END) >= {"validity"}
        assert _failed(secured, datetime(2026, 3, 14, 8, 58, tzinfo=UTC)) >= {"validity"}


def test_attack_83_a_proof_whose_dates_lack_a_zone_ends_in_utc() -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    dates = {"created": "2026-03-14T09:00:00.123456", "expires": "2026-03-14T10:00:00"}
    secured = document | {"proof": ALICE.prove(document, **dates)}
    assert "proof" not in _failed(secured, JUST_BEFORE)
    assert _failed(secured, END) >= {"proof"}
    assert _failed(secured, datetime(2026, 3, 14, 8, 58, tzinfo=UTC)) >= {"proof"}
    assert _failed({**secured, "proof": secured["proof"] | {"expires": "2026-03-14T11:00:00"}}, NOW) >= {
        "proof"
    }


def test_attack_83_a_status_list_whose_dates_lack_a_zone() -> None:
    for until, verdict in (
        ("2026-03-14T09:26:54", Verdict.ISSUER_UNKNOWN),
        ("2026-03-14T09:26:53", Verdict.NOT_CHECKED),
    ):
        hosts = Hosts({STATUS_URL: signed_list(ALICE, validUntil=until)})
        assert _verdict_of(hosts, ALICE.sign(badge(ALICE))) == (verdict, set())


def _in_zone(service: Service, zone: str) -> Person:
    service.services.store.organisation.set_calendar(time_zone=zone, first_weekday=0)
    return Person(service).sign_in_to_console()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", NO_DAYS)
def test_attack_83_a_day_that_a_call_states(sqlite_service: Service, zone: str, day: str) -> None:
    service = sqlite_service
    _in_zone(service, zone)
    headers = service.api_headers()
    told = {"started": "2025-01-01", "ended": "2026-01-01"}
    calls: list[tuple[str, str, dict[str, Any]]] = []
    for name in told:
        for said in (day, f"{day}T00:00:00+14:00", f"{day}T23:59:59-12:00"):
            member = {"email": "p@firm.example", "employment": told | {name: said}}
            calls.append(("PUT", "/members/p1", member))
    for name in ("starts_on", "ends_on"):
        days = {"starts_on": "2026-01-01", "ends_on": "2026-06-01", name: day}
        cohort = {"name": "spring", "competency": "feedback", "minutes": 30, "learners": [{"person": "p1"}]}
        calls.append(("POST", "/cohorts", cohort | days))
    calls.append(("POST", "/outcomes/facts", {"kind": "target", "due_on": day}))
    for method, path, body in calls:
        answer = service.client().open(f"/api/v1{path}", method=method, json=body, headers=headers)
        assert 400 <= answer.status_code < 500, (path, body, answer.text)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", NO_DAYS)
def test_attack_83_a_day_typed_into_a_form(sqlite_service: Service, zone: str, day: str) -> None:
    service = sqlite_service
    owner = _in_zone(service, zone)
    member = service.services.store.members.find_by_email(OWNER.email)
    assert member is not None
    page = f"/console/colleagues/{member.id}"
    assert owner.submit(f"{page}/grants", on=page, until=day, unit="North").status_code == 400
    (known,) = service.services.store.members.identifiers(member.id)
    page = f"/console/people/{member.id}"
    ended = owner.submit(f"{page}/addresses/end", on=page, identifier=known.id, as_of=day)
    assert ended.status_code == 400
    assert service.services.store.members.identifiers(member.id) == (known,)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [*NO_DAYS, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_attack_83_a_day_in_a_file_is_a_fault_of_its_row(zone: str, day: str) -> None:
    """Of several, the others go on."""
    rows = [
        f"mentor-foundation,{name}@example.org,{said}" for name, said in (("a", day), ("b", "2026-01-01"))
    ]
    file = "\n".join(["achievement,email,awarded_at", *rows]).encode()
    wrong, good = read_rows(file, achievement=None, zone=ZoneInfo(zone), now=NOW).rows
    assert (len(wrong.faults), good.faults) == (1, ())
    found = Forms(None, None, ZoneInfo(zone)).instant(day[:19])
    assert found is None or found.astimezone(UTC)
