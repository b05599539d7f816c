"""The register: mentors in force who agreed to stand in it. No addresses, and no ratings, ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.standing import Standing
from credserv.journeys.accredit.suggestions import known_mentors
from credserv.journeys.services import Services
from credserv.records.mentoring import MentoringKind

_ROUNDED_TO = 5


@dataclass(frozen=True)
class Entry:
    """credential_id: of the badge, whose page shows the rest. sessions: rounded to five."""

    membership_id: str
    name: str
    unit: str
    competencies: tuple[str, ...]
    level: int
    languages: tuple[str, ...]
    kinds: tuple[MentoringKind, ...]
    standing: Standing
    credential_id: str
    programme: str
    sessions: int


def register(services: Services, now: datetime) -> tuple[Entry, ...]:
    """By name."""
    listed = [
        one
        for one in known_mentors(services, now)
        if one.offer.is_listed and one.standing is not None and one.standing.in_force and one.member.name
    ]
    held = services.store.mentoring.held_by([one.member.id for one in listed])
    entries = [
        Entry(
            membership_id=one.member.id,
            name=one.member.name or "",
            unit=one.member.unit or "",
            competencies=one.competencies,
            level=one.life.record.level,
            languages=one.offer.languages,
            kinds=one.offer.kinds,
            standing=one.standing,
            credential_id=one.life.credential_id,
            programme=one.life.record.programme_key,
            sessions=round_to_five(held.get(one.member.id, 0)),
        )
        for one in listed
        if one.life is not None and one.standing is not None
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.membership_id)))


def round_to_five(count: int) -> int:
    return (2 * count + _ROUNDED_TO) // (2 * _ROUNDED_TO) * _ROUNDED_TO
