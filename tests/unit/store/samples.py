"""Values that the store's tests keep and find again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from credserv.records.achievements import AchievementKind, AchievementVersion, ImageRecord
from credserv.records.credentials import CredentialRecord, IssueOrder, Recipient
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.store.store import Store
from tests.testkit import lots

PNG = b"\x89PNG, as far as the store is concerned"


def image(content: bytes = PNG) -> ImageRecord:
    return ImageRecord(hashlib.sha256(content).hexdigest(), "image/png", content)


def version(now: datetime, key: str = "mentor-foundation", number: int = 1) -> AchievementVersion:
    return AchievementVersion(
        key=key,
        version=number,
        kind=AchievementKind.MENTOR_ACCREDITATION,
        achievement={
            "id": f"https://badges.example/achievements/{key}/versions/{number}",
            "name": "Mentor ✓",
        },
        source_sha256=hashlib.sha256(f"{key} {number}".encode()).hexdigest(),
        created_at=now,
        png_sha256=image().sha256,
        validity_days=365,
    )


def order(
    now: datetime,
    *,
    key: str | None = None,
    scope: str = "hook:academy",
    email: str | None = "ann@example.org",
    did: str | None = None,
    name: str | None = "Ann Example",
    sha256: str = "0" * 64,
) -> IssueOrder:
    return IssueOrder(
        scope=scope,
        idempotency_key=secrets.token_hex(8) if key is None else key,
        order_sha256=sha256,
        achievement_key="mentor-foundation",
        achievement_version=1,
        recipient=Recipient(email=email, did=did, name=name),
        awarded_at=now,
        results=(
            {"type": ["Result"], "value": "87", "achievedLevel": "https://badges.example/x#proficient"},
        ),
        evidence=({"id": "https://badges.example/e", "name": "Beobachtung: geübt"},),
    )


def event(now: datetime, event_id: str = "evt_1", body: bytes = b'{"a":1}') -> EventRecord:
    return EventRecord(
        source="academy",
        event_id=event_id,
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        received_at=now,
        state=EventState.RECEIVED,
    )


def source(now: datetime, name: str = "academy") -> SourceRecord:
    return SourceRecord(
        name=name,
        dialect="generic",
        secrets=("whsec_new", "whsec_old"),
        mapping={"rules": [{"event": "course.completed", "achievement": "mentor-foundation"}]},
        created_at=now,
    )


def held(store: Store, person_id: str) -> tuple[CredentialRecord, ...]:
    """What a person has of the store's organisation, newest first."""
    found = store.holdings.of_person(person_id)
    return tuple(record for slug, record in found if slug == store.organisation_id)


def reserve(store: Store, wanted: IssueOrder, now: datetime) -> CredentialRecord:
    return lots.reserve(store, wanted, now)[0]


def issue(store: Store, now: datetime, wanted: IssueOrder | None = None) -> CredentialRecord:
    """An ACTIVE credential."""
    record = reserve(store, wanted or order(now), now)
    return lots.keep(store, record.id, b'{"signed":true}', now)
