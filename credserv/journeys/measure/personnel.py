"""Import an export of a personnel system: derive the job changes, as the API would report them.

Importing the same export again changes nothing. Where a later export differs about a day, it replaces what
was known; changes within its dates that it no longer contains are corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.changes import tell_change
from credserv.journeys.measure.facts import moment
from credserv.journeys.measure.spells import employ
from credserv.journeys.services import Services
from credserv.outcomes.moves import MoveKind, kind_of, position_at
from credserv.outcomes.personnel_files import PersonnelFile, State, changes_of
from credserv.records.employment import OWN, EmploymentReport, JobChange, Position
from credserv.records.people import MembershipRecord

Members = dict[str, MembershipRecord]


@dataclass(frozen=True)
class Found:
    """A change in an export.

    Attributes:
        effective: In the organisation's time zone.
        kind: The kind of move; None if it is none.
        is_new: Whether it was not known yet.
        is_seen: Whether the system keeps no dates, so that it counts from when it was seen.
        correction: Whether the export no longer contains it.
    """

    employee: str
    effective: datetime
    before: Position
    after: Position
    kind: MoveKind | None
    is_new: bool = True
    is_seen: bool = False
    correction: bool = False


@dataclass(frozen=True)
class Taken:
    """The outcome of an import.

    Attributes:
        unknown: Employee numbers that nobody here has.
    """

    found: tuple[Found, ...]
    unknown: tuple[str, ...]

    @property
    def new(self) -> tuple[Found, ...]:
        return tuple(one for one in self.found if one.is_new)


def look_at_personnel(services: Services, file: PersonnelFile, now: datetime) -> Taken:
    """Return what an import would do, without changing anything."""
    return _look(services, file, _members(services, file), now)


def _look(services: Services, file: PersonnelFile, members: Members, now: datetime) -> Taken:
    found = [one for number, member in members.items() for one in _found(services, file, number, member, now)]
    found.sort(key=lambda one: (one.employee, one.effective))
    return Taken(tuple(found), tuple(sorted(file.states.keys() - members.keys())))


def words_of(one: Found) -> str:
    """Describe a change for a reader."""
    if one.correction:
        return "taken back: the file has it no more"
    if one.kind is None:
        return "no move"
    return f"{one.kind.value}, seen today" if one.is_seen else one.kind.value


def take_personnel(services: Services, file: PersonnelFile, *, actor: str, now: datetime) -> Taken:
    """Import all of an export or nothing."""
    with services.store.transaction():
        members = _members(services, file)
        for number, member in members.items():
            _begin(services, member, file.states[number][0], actor, now)
        taken = _look(services, file, members, now)
        for one in taken.new:
            tell_change(
                services,
                one.employee,
                effective=one.effective,
                before=one.before,
                after=one.after,
                correction=one.correction,
                employer=OWN,
                level_order=file.order,
                source=file.system.value,
                actor=actor,
                now=now,
            )
    return taken


def _found(
    services: Services, file: PersonnelFile, number: str, member: MembershipRecord, now: datetime
) -> Iterator[Found]:
    rows = services.store.employment.changes(member.id)
    states = file.states[number]
    if states[-1].day is None:
        yield from _seen(services, member, states[-1], rows, now)
        return
    newest = {one.effective: one for one in rows}
    for change in changes_of(file, number):
        effective = moment(services, change.day)
        known = newest.get(effective)
        is_known = known is not None and (known.before, known.after) == (change.before, change.after)
        yield Found(number, effective, change.before, change.after, change.kind, is_new=not is_known)
    days = {moment(services, one.day) for one in states if one.day is not None}
    for effective, row in newest.items():
        is_gone = min(days) <= effective <= max(days) and effective not in days
        if is_gone and row.source == file.system.value and not row.correction:
            here = effective.astimezone(services.zone)
            yield Found(number, here, row.after, row.before, None, correction=True)


def _seen(
    services: Services,
    member: MembershipRecord,
    state: State,
    rows: tuple[JobChange, ...],
    now: datetime,
) -> Iterator[Found]:
    """Return the difference from what is known today, for a system without history."""
    before = position_at(services.store.employment.spells(member.id), rows, now, services.zone)
    if before is not None and (after := state.position.over(before)) != before:
        kind = kind_of(replace(before, level=None), replace(after, level=None))
        here = now.astimezone(services.zone)
        yield Found(state.employee, here, before, after, kind, is_seen=True)


def _begin(services: Services, member: MembershipRecord, first: State, actor: str, now: datetime) -> None:
    """Begin the employment of a person who has none here with their first row."""
    if first.day is not None and not services.store.employment.spells(member.id):
        told = EmploymentReport(started=moment(services, first.day), position=first.position)
        employ(services, member, told, actor, now)


def _members(services: Services, file: PersonnelFile) -> Members:
    """Return the members with known numbers."""
    found: Members = {}
    for number in sorted(file.states):
        try:
            found[number] = find_member(services, number)
        except NotFoundError:
            continue
    return found
