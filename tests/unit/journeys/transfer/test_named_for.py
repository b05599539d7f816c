"""Whom a credential names, against what a person has proved."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.journeys.transfer.named_for import NamedFor, named_for, told_subjects
from credserv.records.people import ProvedIdentifierRecord, ProvedKind

NOW = datetime(2026, 3, 14, tzinfo=UTC)
YOU, ELSE, NOBODY = NamedFor


def proved(value: str, kind: ProvedKind = ProvedKind.EMAIL, **more: Any) -> ProvedIdentifierRecord:
    return ProvedIdentifierRecord("1", "p", kind, value, NOW, "a test", **more)


def hashed(address: str, salt: str = "s") -> dict[str, Any]:
    digest = hashlib.sha256((address + salt).encode()).hexdigest()
    return {"identityType": "emailAddress", "hashed": True, "identityHash": f"sha256${digest}", "salt": salt}


PAT, DID = proved("pat@example.org"), proved("did:key:z6Mk", ProvedKind.DID)


@pytest.mark.parametrize(
    ("subject", "known", "expected"),
    [
        ({"identifier": [hashed("pat@example.org")]}, [PAT], YOU),
        ({"identifier": [hashed("Pat@Example.org")]}, [PAT], ELSE),  # as it is written, or in small letters
        ({"identifier": [hashed("sam@example.org")]}, [PAT], ELSE),
        ({"identifier": [hashed("sam@example.org"), hashed("pat@example.org")]}, [PAT], YOU),
        ({"identifier": [hashed("pat@example.org")]}, [proved("pat@example.org", ended_at=NOW)], ELSE),
        ({"identifier": [hashed("pat@example.org")]}, [], ELSE),
        ({"id": "did:key:z6Mk"}, [PAT, DID], YOU),
        ({"id": "did:key:z6Mk"}, [PAT], ELSE),
        ({"id": "mailto:pat@example.org"}, [PAT], YOU),
        ({"id": "did:key:z6Mk"}, [proved("did:key:z6Mk", ProvedKind.OIDC)], ELSE),
        ({"type": "AchievementSubject"}, [PAT], NOBODY),
        ({"identifier": [{"identityType": "name"}]}, [PAT], NOBODY),
    ],
)
def test_attack_w12_only_what_the_person_proved_makes_it_theirs(
    subject: dict[str, Any], known: list[ProvedIdentifierRecord], expected: NamedFor
) -> None:
    assert named_for(told_subjects({"credentialSubject": subject}), known) is expected


def test_attack_w12_of_several_subjects_each_has_to_be_the_person() -> None:
    subjects = [{"identifier": [hashed("pat@example.org")]}, {"id": "did:key:z6Else"}]
    assert named_for(told_subjects({"credentialSubject": subjects}), [PAT]) is ELSE
