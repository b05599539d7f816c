"""Employments: from when to when somebody works for whom, as the personnel system reports it.

Everything can be repeated. A new statement is stored next to the one it replaces, because last quarter's
figures used what was known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, Fault, NotFoundError, SchemaFaultsError
from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.facts import change_facts, last_day, own_or
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.employment import OWN, EmploymentReport, Spell
from credserv.records.people import MembershipRecord

_ID_BYTES = 16


def employ(
    services: Services, member: MembershipRecord, told: EmploymentReport, actor: str, now: datetime
) -> None:
    """Record an employment.

    Raises:
        SchemaFaultsError: The manager is not known.
        ConflictError: Employments overlap.
    """
    employer = own_or(services, told.employer)
    spells = _spells(services, member.id, employer)
    wanted = Spell(
        id=random_token(_ID_BYTES),
        membership_id=member.id,
        employer=employer,
        started=told.started,
        position=told.position,
        recorded_at=now,
        ended=told.ended,
        ended_recorded_at=None if told.ended is None else now,
        language=told.language,
        group=told.group,
        manager_id=None if told.manager is None else _manager(services, told.manager),
    )
    known = _meant(spells, wanted)
    _require_apart(services, [one for one in spells if one is not known], wanted)
    if known is not None and wanted.ended is None and known.started == wanted.started:
        wanted = replace(wanted, ended=known.ended, ended_recorded_at=known.ended_recorded_at)
    if known is None:
        services.store.employment.add_spell(wanted)
    elif not _says_the_same(known, wanted):
        _restate(services, known, wanted, now)
    else:
        return
    if employer == OWN and all(one.started <= wanted.started for one in spells):
        change_facts(
            services,
            member,
            actor,
            now,
            unit=told.position.department,
            site=told.position.site,
            language=told.language,
            starts_on=services.today(told.started),
            ends_on=None if wanted.ended is None else last_day(services, wanted.ended),
        )


def tell_leaving(
    services: Services, reference: str, ended: datetime, *, employer: str = OWN, actor: str, now: datetime
) -> Spell:
    """Record that somebody left.

    Args:
        reference: Employee number or e-mail address.
        ended: From when they are gone.
        employer: OWN for the organisation itself.

    Raises:
        NotFoundError: Nobody is known by the reference, or they were not employed there.
    """
    store = services.store
    with store.transaction():
        member = find_member(services, reference)
        spells = _spells(services, member.id, employer)
        if known := next((one for one in spells if one.ended == ended), None):
            return known
        begun = [one for one in spells if one.started <= ended]
        if not begun:
            raise NotFoundError("they were not employed there before that day")
        last = begun[-1]
        if last.ended is None:
            store.employment.end_spell(last.id, ended, now)
        else:
            _restate(services, last, replace(last, ended=ended, ended_recorded_at=now), now)
        if last.employer == OWN and last is spells[-1]:
            change_facts(services, member, actor, now, ends_on=last_day(services, ended))
            if ended <= now and (did := store.member_dids.retire(member.id, now)):
                # After leaving, a person signs nothing more in its name (ADR 28).
                store.audit.add(AuditRecord(now, actor, Action.MEMBER_DID_RETIRED, member.id, {"did": did}))
    return replace(last, ended=ended, ended_recorded_at=now)


def _meant(spells: Sequence[Spell], wanted: Spell) -> Spell | None:
    """Return the employment that is meant: the one that began then, or the one that has not
    ended, whose start it corrects.
    """
    same = next((one for one in spells if one.started == wanted.started), None)
    return same or next((one for one in spells if one.ended is None and wanted.ended is None), None)


def _require_apart(services: Services, others: Sequence[Spell], wanted: Spell) -> None:
    """Require employments that do not overlap.

    Leaving and returning on one day means never having been away.
    """
    for one in others:
        before = one.ended is not None and services.today(one.ended) <= services.today(wanted.started)
        later = wanted.ended is not None and wanted.ended <= one.started
        if not before and not later:
            raise ConflictError(
                "they were employed there at that time already: tell their leaving first, or the day on "
                "which that time began"
            )


def _says_the_same(known: Spell, wanted: Spell) -> bool:
    return replace(wanted, id=known.id, recorded_at=known.recorded_at, ended_recorded_at=None) == replace(
        known, ended_recorded_at=None
    )


def _restate(services: Services, known: Spell, wanted: Spell, now: datetime) -> None:
    wanted = replace(wanted, id=random_token(_ID_BYTES), recorded_at=now)
    services.store.employment.supersede(known.id, wanted)


def _spells(services: Services, membership_id: str, employer: str) -> list[Spell]:
    employer = own_or(services, employer)
    return [one for one in services.store.employment.spells(membership_id) if one.employer == employer]


def _manager(services: Services, reference: str) -> str:
    try:
        return find_member(services, reference).id
    except NotFoundError as error:
        fault = Fault("/employment/manager", "nobody here is known by this employee number or address")
        raise SchemaFaultsError("the manager is not known here", faults=(fault,)) from error
