"""What credentials of one shape share and where they differ, how long one is valid, what is awarded once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, DeclinedError, InputError
from credserv.issuing.copying import badge_claims
from credserv.issuing.document import period
from credserv.issuing.living import is_living, refresh_service, require_ordinary
from credserv.issuing.recipe import AWARDED_BEFORE, Issued, award_key
from credserv.issuing.template import (
    BoundedMemory,
    proof_begin,
    secured_text,
    shape_of,
    slot_values,
    with_slots,
)
from credserv.records.achievements import AchievementKind, AchievementVersion, AwardRule
from credserv.records.credentials import (
    LIVING_SCOPE,
    CredentialRecord,
    CredentialState,
    IssueOrder,
    Recipient,
)

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
URL = "https://badges.example"
ORDER = IssueOrder("api", "key-1", "0" * 64, "mentor", 2, Recipient("Pat@Example.org", "did:key:z6Mk"), NOW)
RECORD = CredentialRecord(
    "c1", ORDER, "i1", "p1", "salt", NOW + timedelta(hours=1), "l1", 7, CredentialState.PENDING
)
VERSION = AchievementVersion("mentor", 2, AchievementKind.COMPETENCY_MASTERY, {}, "", NOW, "")


def of_order(**changes: Any) -> CredentialRecord:
    return replace(RECORD, order=replace(ORDER, **changes))


def test_what_is_kept_is_made_once_and_the_longest_unused_goes_first() -> None:
    memory: BoundedMemory[str] = BoundedMemory(2)
    made: list[str] = []

    def get(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key.upper()

        return memory.get((key,), make)

    assert [get(key) for key in ("a", "b", "a", "c", "a", "c", "b")] == ["A", "B", "A", "C", "A", "C", "B"]
    assert made == ["a", "b", "c", "b"]


def test_credentials_of_one_shape_say_the_same_in_the_same_places() -> None:
    same = of_order(recipient=Recipient("other@example.org", "did:key:z6Mx"), idempotency_key="key-2")
    assert shape_of(same) == shape_of(RECORD)
    others = [
        of_order(achievement_key="other"),
        of_order(achievement_version=3),
        of_order(recipient=Recipient("pat@example.org")),
        of_order(recipient=Recipient(did="did:key:z6Mk")),
        of_order(results=({"type": ["Result"], "value": "1"},)),
        of_order(results=({"type": ["Result"], "achievedLevel": "urn:1"},)),
        of_order(results=({"type": ["Result"], "achievedLevel": "urn:2"},)),
    ]
    assert len({shape_of(one) for one in (RECORD, *others)}) == 1 + len(others)
    values = [of_order(results=({"type": ["Result"], "value": value},)) for value in ("1", "2")]
    assert len({shape_of(one) for one in values}) == 1


def test_the_slots_of_a_document_are_filled_with_what_its_row_says() -> None:
    results = tuple({"value": str(number)} for number in range(23))
    row = of_order(results=(*results, {"achievedLevel": "urn:1"}))
    values = slot_values(row, public_url=URL, valid=(NOW, NOW + timedelta(days=1)))
    assert values["id"] == f"{URL}/credentials/c1"
    assert values["list"] == f"{URL}/status/l1"
    assert values["status"] == f"{URL}/status/l1#7"
    assert (values["index"], values["salt"], values["did"]) == ("7", "salt", "did:key:z6Mk")
    assert (values["valid_from"], values["valid_until"]) == ("2026-03-14T09:26:53Z", "2026-03-15T09:26:53Z")
    told = {name.removeprefix("value_"): value for name, value in values.items() if "value_" in name}
    assert list(told.values()) == [*(str(number) for number in range(23)), ""]
    assert all(name.isalpha() for name in told), "names of slots have letters alone"
    document = {
        "credentialSubject": {
            "id": "x",
            "identifier": [{"hashed": True, "identityHash": "", "salt": ""}],
            "result": [*results, {"achievedLevel": "urn:1"}],
        },
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "validUntil": "",
    }
    text = json.dumps(with_slots(document))
    assert all(name in text for name in (*values, "awarded") if name != f"value_{list(told)[-1]}")
    assert with_slots(document)["credentialSubject"]["result"][-1] == {"achievedLevel": "urn:1"}


def test_what_a_row_lacks_leaves_its_slots_empty() -> None:
    nobody = of_order(recipient=Recipient(did="did:key:z6Mk"))
    values = slot_values(nobody, public_url=URL, valid=(NOW, None))
    assert (values["identity_hash"], values["valid_until"]) == ("", "")
    assert (
        slot_values(of_order(recipient=Recipient("a@b.example")), public_url=URL, valid=(NOW, None))["did"]
        == ""
    )
    least = {"credentialSubject": {"type": []}, "credentialStatus": {}}
    assert set(with_slots(least)["credentialSubject"]) == {"type"}
    assert "validUntil" not in with_slots(least)


def test_a_name_of_an_address_is_hashed_as_it_is_compared() -> None:
    hashes = {
        slot_values(of_order(recipient=Recipient(email)), public_url=URL, valid=(NOW, None))["identity_hash"]
        for email in ("Pat@Example.org", "Pat@EXAMPLE.ORG")
    }
    assert len(hashes) == 1


def test_a_proof_comes_last_in_a_document() -> None:
    begin = proof_begin({"type": "DataIntegrityProof"})
    assert json.loads(secured_text('{"id":"x"}', begin, "z123")) == {
        "id": "x",
        "proof": {"type": "DataIntegrityProof", "proofValue": "z123"},
    }


@pytest.mark.parametrize(
    ("days", "awarded_before", "begins_with", "lasts"),
    [
        (None, timedelta(days=9), "issue", None),
        (1, timedelta(hours=1), "issue", timedelta(days=1)),
        (1, timedelta(days=1), "award", timedelta(days=1)),
        (1, timedelta(days=9), "award", timedelta(days=1)),
    ],
)
def test_a_credential_is_valid_from_its_issuing_unless_it_ended_before(
    days: int | None, awarded_before: timedelta, begins_with: str, lasts: timedelta | None
) -> None:
    awarded = NOW - awarded_before
    record = replace(of_order(awarded_at=awarded), issued_at=NOW)
    begins, ends = period(replace(VERSION, validity_days=days), record)
    assert begins == {"issue": NOW, "award": awarded}[begins_with]
    assert ends == (None if lasts is None else awarded + lasts)


@pytest.mark.parametrize(
    ("rule", "levels", "key"),
    [
        (AwardRule.ONCE, [], "once"),
        (AwardRule.PER_VALIDITY, ["https://a.example#gold"], "once"),
        (AwardRule.PER_EVENT, ["https://a.example#gold"], None),
        (AwardRule.PER_LEVEL, [], "level"),
        (AwardRule.PER_LEVEL, ["https://a.example/v1#gold"], "level #gold"),
        (AwardRule.PER_LEVEL, ["https://a.example/v2#gold"], "level #gold"),
        (AwardRule.PER_LEVEL, ["urn:b#silver", "urn:b#gold", "urn:b#gold"], "level #gold #silver"),
    ],
)
def test_what_is_awarded_once(rule: AwardRule, levels: list[str], key: str | None) -> None:
    results = [{"value": "7"}, *({"achievedLevel": level} for level in levels)]
    assert award_key(rule, results) == key


def test_what_became_of_an_order_is_its_credential_or_its_error() -> None:
    assert Issued(RECORD).require() is RECORD
    with pytest.raises(ConflictError, match="decided before"):
        Issued().require()
    error = InputError("no such thing")
    with pytest.raises(InputError, match="no such thing") as raised:
        Issued(error=error).require()
    assert raised.value is not error, "several may be told of one error, each of their own"
    with pytest.raises(ZeroDivisionError):
        Issued(error=ZeroDivisionError()).require()
    with pytest.raises(DeclinedError):
        Issued(RECORD, error=DeclinedError("no")).require()
    assert (Issued(RECORD, is_repeat=True).note, Issued(RECORD).note) == (AWARDED_BEFORE, "")


def test_an_accreditation_is_not_taken_back_like_a_badge() -> None:
    living = replace(ORDER, scope=LIVING_SCOPE)
    assert (is_living(living), is_living(ORDER)) == (True, False)
    require_ordinary(ORDER)
    with pytest.raises(ConflictError, match="under Decisions"):
        require_ordinary(living)
    assert refresh_service(URL, "c1") == {
        "id": f"{URL}/credentials/c1/refresh",
        "type": "1EdTechCredentialRefresh",
    }


def test_the_claims_of_a_badge_are_what_it_says_and_no_more() -> None:
    least = {"issuer": {"name": "Firm"}, "credentialSubject": {"achievement": {"name": "Mentor"}}}
    assert badge_claims(least) == {"issuer_name": "Firm", "achievement": {"name": "Mentor"}}
    most = {
        **least,
        "name": "Mentor",
        "description": "x",
        "awardedDate": "2026",
        "evidence": [],
        "other": 1,
        "credentialSubject": {"identifier": [], "achievement": {}, "result": [], "other": 1},
    }
    assert set(badge_claims(most)) == {
        *("issuer_name", "name", "description", "awardedDate", "evidence"),
        *("identifier", "achievement", "result"),
    }
