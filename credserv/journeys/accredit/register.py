"""The register: mentors in force who agreed to be listed, without addresses or ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.endorsing import Weight
from credserv.accreditation.standing import Standing
from credserv.journeys.accredit.suggestions import known_mentors
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.audits import AuditedCase
from credserv.records.consents import Purpose
from credserv.records.mentoring import MentoringKind

_ROUNDED_TO = 5


@dataclass(frozen=True)
class Entry:
    """A mentor in the register.

    Attributes:
        credential_id: The badge, whose page shows the details.
        sessions: Confirmed sessions, rounded to five.
        endorsements: Those that counted when they were given.
        audit: The last audit that drew this accreditation and has a result.
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
    """Return the register by name. A mentor who withdraws consent disappears from it at once."""
    agreed = services.store.consents.members_who_agreed(services.issuer.id, Purpose.REGISTER, now)
    listed = [
        (one, one.life, one.standing, one.member.name)
        for one in known_mentors(services, now)
        if one.member.id in agreed and one.life and one.standing and one.standing.in_force and one.member.name
    ]
    held = services.store.mentoring.held_by([one.member.id for one, *_ in listed])
    counted = _counted(services, [life.record.application_id for _, life, *_ in listed])
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
            endorsements=counted[life.record.application_id],
            audit=audits.get(life.credential_id),
        )
        for one, life, standing, name in listed
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.membership_id)))


def is_public(services: Services) -> bool:
    """Return whether everybody can see the register, or only members."""
    return services.store.mentor_offers.is_public()


def set_public(services: Services, public: bool, *, actor: str, now: datetime) -> None:
    """Set whether everybody can see the register."""
    with services.store.transaction():
        services.store.mentor_offers.set_public(public, now)
        line = AuditRecord(now, actor, Action.REGISTER_CHANGED, "mentors", {"is_public": public})
        services.store.audit.add(line)


def names_of(services: Services, membership_ids: Collection[str]) -> dict[str, str]:
    """Return the members' names, leaving out those the organisation no longer knows."""
    return {one.id: one.name or "" for one in services.store.roster.known(membership_ids)}


def round_to_five(count: int) -> int:
    """Round to the nearest multiple of five."""
    return (2 * count + _ROUNDED_TO) // (2 * _ROUNDED_TO) * _ROUNDED_TO


def _counted(services: Services, application_ids: Sequence[str]) -> Counter[str]:
    """Return how many endorsements counted when they were given, by application."""
    given = services.store.endorsements.of_applications(application_ids)
    return Counter(one.application_id for one in given if one.as_received == Weight.COUNTS.value)


def _last_audits(services: Services) -> dict[str, AuditedCase]:
    """Return the last audit with a result, by credential."""
    found = [one for one in services.store.audits.drawn() if one.decided_at is not None]
    return {one.credential_id: one for one in sorted(found, key=lambda one: str(one.decided_at))}
