"""Members of an organisation: employment data, and addresses that are no longer theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from credserv.ground.encoding import parse_day
from credserv.ground.errors import Fault, ForbiddenError, InputError, NotFoundError, SchemaFaultsError
from credserv.journeys.admit.colleagues import actor_of
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.paging import Page, Place
from credserv.records.people import (
    AssertedIdentifierRecord,
    MemberFacts,
    MembershipRecord,
    RosterRecord,
)
from credserv.records.roles import RULING, ColleagueRecord, Permission

_MAX_TEXT_CHARS = 200
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)  # BCP 47, shape only


@dataclass(frozen=True)
class Member:
    """A member with their awards.

    Attributes:
        awards: The ids of credentials ordered for them, with their achievements' keys, newest first.
    """

    record: MembershipRecord
    identifiers: tuple[AssertedIdentifierRecord, ...]
    awards: tuple[tuple[str, str], ...]
    colleague: ColleagueRecord | None


def find_members(services: Services, text: str, *, limit: int, after: Place | None) -> Page[RosterRecord]:
    """Search members by words of name and address; "" finds all."""
    return services.store.roster.search(text, limit=limit, after=after)


def member_of_id(services: Services, membership_id: str, now: datetime) -> Member:
    """Return a member.

    Raises:
        NotFoundError: There is no such member.
    """
    store = services.store
    record = store.roster.get(membership_id)
    if record is None:
        raise NotFoundError("there is no such person")
    return Member(
        record=record,
        identifiers=store.members.identifiers(membership_id),
        awards=store.roster.awards(membership_id),
        colleague=store.colleagues.get(membership_id, services.today(now)),
    )


def all_units(services: Services) -> tuple[str, ...]:
    """Return the names of all units."""
    return services.store.roster.units()


def parse_facts(fields: Mapping[str, str]) -> MemberFacts:
    """Parse the form fields name, unit, site, language, starts_on, ends_on.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the fields.
    """
    faults: list[Fault] = []
    texts = {name: fields.get(name, "").strip() for name in ("name", "unit", "site", "language")}
    faults += [
        Fault(f"/{name}", f"at most {_MAX_TEXT_CHARS} characters")
        for name, text in texts.items()
        if len(text) > _MAX_TEXT_CHARS
    ]
    if texts["language"] and not _LANGUAGE.fullmatch(texts["language"]):
        faults.append(Fault("/language", "a language code, such as en or de-AT"))
    starts_on, ends_on = (_day(fields, name, faults) for name in ("starts_on", "ends_on"))
    if starts_on and ends_on and ends_on < starts_on:
        faults.append(Fault("/ends_on", "the last day is not before the first"))
    if faults:
        raise SchemaFaultsError("some of it cannot be used", faults=tuple(faults))
    known = {name: text or None for name, text in texts.items()}
    return MemberFacts(**known, starts_on=starts_on, ends_on=ends_on)


def change_facts(
    services: Services, actor: ColleagueRecord, membership_id: str, facts: MemberFacts, now: datetime
) -> None:
    """Change a member's employment data. Roles and grants end with the last day.

    Raises:
        NotFoundError: There is no such member.
        ForbiddenError: Only an owner may change the last day of owners and administrators.
        ConflictError: They are the last owner.
    """
    store = services.store
    before = store.roster.get(membership_id)
    ruling = store.colleagues.written_roles(membership_id) & RULING
    changes_end = before is not None and before.ends_on != facts.ends_on
    if ruling and changes_end and not actor.may(Permission.ORGANISATION):
        raise ForbiddenError("only an owner can change the last day of owners and administrators")
    with store.colleagues.keeping_an_owner(services.today(now)):
        store.roster.change_facts(membership_id, facts)
        store.audit.add(AuditRecord(now, actor_of(actor), Action.MEMBER_CHANGED, membership_id))


def end_address(
    services: Services,
    actor: ColleagueRecord,
    membership_id: str,
    identifier_id: str,
    day: str,
    now: datetime,
) -> None:
    """End a member's address as of the start of a day, in the organisation's time zone.

    Args:
        day: Like `2026-03-01`; today or earlier.

    Raises:
        InputError: The day is missing, not valid or in the future.
        NotFoundError: The member has no such address.
    """
    chosen = read_day(day)
    if chosen is None:
        raise InputError("choose the day from which the address is not theirs any more")
    as_of = datetime.combine(chosen, time(), ZoneInfo(services.issuer.time_zone))
    if as_of > now:
        raise InputError("the day is in the future: end the address when it has come")
    store = services.store
    if identifier_id not in {known.id for known in store.members.identifiers(membership_id)}:
        raise NotFoundError("there is no such address of this person")
    with store.transaction():
        store.members.end_identifier(identifier_id, as_of, now)
        detail = {"identifier": identifier_id, "as_of": chosen.isoformat()}
        store.audit.add(AuditRecord(now, actor_of(actor), Action.MEMBER_ADDRESS_ENDED, membership_id, detail))


def read_day(text: str) -> date | None:
    """Parse a day like `2026-03-01`; None for an empty text.

    Raises:
        InputError: It is not a day.
    """
    try:
        return parse_day(text.strip()) if text.strip() else None
    except InputError as error:
        raise InputError("enter a day, such as 2026-03-01") from error


def _day(fields: Mapping[str, str], name: str, faults: list[Fault]) -> date | None:
    try:
        return read_day(fields.get(name, ""))
    except InputError as error:
        faults.append(Fault(f"/{name}", error.detail))
        return None
