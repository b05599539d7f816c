"""The register: mentors in force who agreed to stand in it. No addresses, and no ratings, ever."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.endorsing import Weight
from credserv.accreditation.standing import Standing
from credserv.journeys.accredit.suggestions import known_mentors
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.audits import AuditedCase
from credserv.records.lives import Life
from credserv.records.mentoring import MentoringKind

_ROUNDED_TO = 5


@dataclass(frozen=True)
class Entry:
    """credential_id: of the badge, whose page shows the rest. sessions: confirmed ones, rounded to five.

    endorsements: that counted when they were given. audit: of the last that drew it, with a result.
    """

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
    endorsements: int
    audit: AuditedCase | None


def register(services: Services, now: datetime) -> tuple[Entry, ...]:
    """By name."""
    listed = [
        (one, one.life, one.standing, one.member.name)
        for one in known_mentors(services, now)
        if one.offer.is_listed and one.life and one.standing and one.standing.in_force and one.member.name
    ]
    held = services.store.mentoring.held_by([one.member.id for one, *_ in listed])
    audits = _last_audits(services)
    entries = [
        Entry(
            membership_id=one.member.id,
            name=name,
            unit=one.member.unit or "",
            competencies=one.competencies,
            level=life.record.level,
            languages=one.offer.languages,
            kinds=one.offer.kinds,
            standing=standing,
            credential_id=life.credential_id,
            programme=life.record.programme_key,
            sessions=round_to_five(held.get(one.member.id, 0)),
            endorsements=_counted(services, life, now),
            audit=audits.get(life.credential_id),
        )
        for one, life, standing, name in listed
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.membership_id)))


def is_public(services: Services) -> bool:
    """Whether everybody sees the register, or members of the organisation alone."""
    return services.store.mentor_offers.is_public()


def set_public(services: Services, public: bool, *, actor: str, now: datetime) -> None:
    with services.store.transaction():
        services.store.mentor_offers.set_public(public, now)
        line = AuditRecord(now, actor, Action.REGISTER_CHANGED, "mentors", {"is_public": public})
        services.store.audit.add(line)


def names_of(services: Services, membership_ids: Collection[str]) -> dict[str, str]:
    """How the organisation calls them; without those whom it does not know any more."""
    known = {one: services.store.roster.get(one) for one in membership_ids}
    return {one: member.name or "" for one, member in known.items() if member is not None}


def round_to_five(count: int) -> int:
    return (2 * count + _ROUNDED_TO) // (2 * _ROUNDED_TO) * _ROUNDED_TO


def _counted(services: Services, life: Life, now: datetime) -> int:
    given = services.store.endorsements.of_application(life.record.application_id, now)
    return sum(one.as_received == Weight.COUNTS.value for one in given)


def _last_audits(services: Services) -> dict[str, AuditedCase]:
    """By credential, the last that came to something."""
    found = [one for one in services.store.audits.drawn() if one.decided_at is not None]
    return {one.credential_id: one for one in sorted(found, key=lambda one: str(one.decided_at))}
