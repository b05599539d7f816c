"""Data about members that comes with reports of their employment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.employment import OWN
from credserv.records.people import MemberFacts, MembershipRecord
from credserv.records.roles import RULING

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def moment(services: Services, told: date | datetime) -> datetime:
    """Return an instant; a day begins in the organisation's time zone."""
    if isinstance(told, datetime):
        return told
    return datetime.combine(told, time(), services.zone)


def after(services: Services, told: date | datetime) -> datetime:
    """Return from when somebody is gone; the last day still belongs to the employment."""
    return told if isinstance(told, datetime) else moment(services, told + _DAY)


def own_or(services: Services, employer: str) -> str:
    """Return the employer; the organisation's own name means itself."""
    named = employer.strip()
    return OWN if named.casefold() in (OWN, services.issuer.name.casefold()) else named


def last_day(services: Services, ended: datetime) -> date:
    """Return the last day of an employment that ended at this instant."""
    return services.today(ended - _INSTANT)


def change_facts(
    services: Services, member: MembershipRecord, actor: str, now: datetime, **said: str | date | None
) -> None:
    """Change a member's data.

    Only owners can set the last day of owners, in the console, so that a program cannot lock them out.
    """
    store = services.store
    if "ends_on" in said and store.colleagues.written_roles(member.id) & RULING:
        said = {name: value for name, value in said.items() if name != "ends_on"}
    told = vars(member) | said
    facts = MemberFacts(**{name: told[name] for name in MemberFacts.__dataclass_fields__})
    if all(getattr(member, name) == value for name, value in said.items()):
        return
    store.roster.change_facts(member.id, facts)
    store.audit.add(AuditRecord(now, actor, Action.MEMBER_CHANGED, member.id))
