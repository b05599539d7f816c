"""The people who work in an organisation's console: invite them, change roles and grants, remove them.

Each function checks what the acting colleague may do. The console's views have checked it before, by the same
table (records/roles.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import ForbiddenError, InputError
from credserv.ground.names import cut, is_email
from credserv.journeys.admit.access import sessions_of
from credserv.journeys.admit.given_roles import write_roles
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.admit.sign_in import colleague_of, create_colleague_link
from credserv.journeys.admit.staff_login import requires_account
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.roles import RULING, ColleagueRecord, Permission, Role

_MAX_TEXT_CHARS = 200


@dataclass(frozen=True)
class GrantWish:
    """What an issuer may issue. "" and None stand for any achievement, any unit and no end."""

    achievement_key: str = ""
    unit: str = ""
    until: datetime | None = None

    def is_empty(self) -> bool:
        return not self.achievement_key and not self.unit and self.until is None


@dataclass(frozen=True)
class Invited:
    """The outcome of an invitation.

    Attributes:
        link: To hand over if no letter is sent; shown once.
        by_account: Colleagues sign in by account, so no link opens the console.
        asked: The letter; it may have gone already, so that no second one goes.
    """

    colleague: ColleagueRecord
    link: str | None = None
    by_account: bool = False
    asked: Asked | None = None


def actor_of(colleague: ColleagueRecord) -> str:
    """Return the colleague's name in the audit trail."""
    return f"person:{colleague.person_id}"


def all_colleagues(services: Services, now: datetime) -> Sequence[ColleagueRecord]:
    """Return everybody with a role."""
    return services.store.colleagues.list(services.today(now))


def invite(
    services: Services,
    actor: ColleagueRecord,
    *,
    email: str,
    name: str,
    role: Role,
    grant: GrantWish,
    now: datetime,
) -> Invited:
    """Give somebody a role and a way to sign in.

    Raises:
        ForbiddenError: The acting colleague may not give this role.
        InputError: The address is not valid, they are a colleague already, or they have left.
        NotFoundError: The grant names an unknown achievement.
    """
    email, name = email.strip(), name.strip()
    if not is_email(email):
        raise InputError("enter one e-mail address, such as name@example.org")
    _require(actor, {role}, Permission.COLLEAGUES)
    store = services.store
    with store.transaction():
        member = store.members.add(Recipient(email=email, name=cut(name, _MAX_TEXT_CHARS) or None), now)
        today = services.today(now)
        if store.colleagues.get(member.id, today) is not None:
            raise InputError("they are a colleague already: change their role on their page")
        if member.ends_on is not None and member.ends_on < today:
            raise InputError(f"their last day was {member.ends_on}: change it on their page first")
        store.colleagues.set_roles(member.id, {role}, today)
        line = AuditRecord(now, actor_of(actor), Action.COLLEAGUE_INVITED, member.id, {"role": role.value})
        store.audit.add(line)
        if role is Role.ISSUER and not grant.is_empty():
            add_grant(services, actor, member.id, grant, now)
        colleague = colleague_of(services, member.id, now)
        if requires_account(services):
            return Invited(colleague, by_account=True)
        if services.mail_enabled:
            asked = request_letter(services, LinkPurpose.INVITATION, email, now)
            return Invited(colleague, asked=asked)
    return Invited(colleague, hand_over_link(services, actor, member.id, now))


def hand_over_link(services: Services, actor: ColleagueRecord, membership_id: str, now: datetime) -> str:
    """Create a console link for a colleague who cannot get letters: no mail server is configured, or they
    never signed in by their own address.

    Raises:
        ForbiddenError: The acting colleague may not do this.
        InputError: The colleague signs in by account or gets their link by mail.
        NotFoundError: There is no such colleague.
    """
    colleague = colleague_of(services, membership_id, now)
    _require(actor, colleague.roles, Permission.COLLEAGUES)
    if requires_account(services):
        raise InputError("colleagues of this organisation sign in with their accounts alone")
    if services.mail_enabled and services.store.people.proved(colleague.person_id):
        raise InputError("they sign in by a link that is mailed to their own address")
    with services.store.transaction():
        line = AuditRecord(now, actor_of(actor), Action.COLLEAGUE_LINK_CREATED, membership_id)
        services.store.audit.add(line)
        return create_colleague_link(services, colleague, now)


def change_roles(
    services: Services, actor: ColleagueRecord, membership_id: str, roles: Collection[Role], now: datetime
) -> None:
    """Replace a colleague's roles. Without a role they are no longer a colleague and are signed out.

    Raises:
        ForbiddenError: The acting colleague may not do this.
        NotFoundError: There is no such member.
        ConflictError: They are the last owner.
    """
    wanted = frozenset(roles)
    before = colleague_of(services, membership_id, now)
    _require(actor, before.roles ^ wanted, Permission.COLLEAGUES)
    with services.store.transaction():
        write_roles(services, membership_id, wanted, actor=actor_of(actor), now=now)
        if not wanted:
            _shut_out(services, before.person_id)


def console_sessions_of(services: Services, person_id: str, now: datetime) -> Sequence[SessionRecord]:
    """Return a colleague's sessions in this console. Their wallet sessions are private."""
    found = sessions_of(services, person_id, now)
    return [one for one in found if one.kind is SessionKind.ADMINISTRATOR]


def sign_out(services: Services, actor: ColleagueRecord, membership_id: str, now: datetime) -> None:
    """Sign a colleague out of this console everywhere; links handed over to them end, too.

    Raises:
        ForbiddenError: The acting colleague may not do this.
        NotFoundError: There is no such colleague.
    """
    colleague = colleague_of(services, membership_id, now)
    _require(actor, colleague.roles, Permission.COLLEAGUES)
    with services.store.transaction():
        _shut_out(services, colleague.person_id)
        line = AuditRecord(now, actor_of(actor), Action.COLLEAGUE_SIGNED_OUT, membership_id)
        services.store.audit.add(line)


def add_grant(
    services: Services, actor: ColleagueRecord, membership_id: str, grant: GrantWish, now: datetime
) -> None:
    """Add a grant. From then on the colleague can issue only within their grants.

    Raises:
        ForbiddenError: The acting colleague may not do this.
        InputError: The grant limits nothing, names no known achievement, or its last day has passed.
        NotFoundError: There is no such colleague.
    """
    _require(actor, (), Permission.COLLEAGUES)
    if grant.is_empty():
        raise InputError("say what the grant is for: an achievement, a unit or a last day")
    if grant.achievement_key and services.store.achievements.newest(grant.achievement_key) is None:
        raise InputError(f"there is no achievement {grant.achievement_key[:100]}")
    if grant.until is not None and grant.until <= now:
        raise InputError("the last day of a grant has to be in the future")
    with services.store.transaction():
        grant_id = services.store.colleagues.add_grant(
            membership_id,
            achievement_key=grant.achievement_key or None,
            unit=cut(grant.unit.strip(), _MAX_TEXT_CHARS) or None,
            until=grant.until,
        )
        line = AuditRecord(now, actor_of(actor), Action.GRANT_GIVEN, membership_id, {"grant": grant_id})
        services.store.audit.add(line)


def end_grant(
    services: Services, actor: ColleagueRecord, membership_id: str, grant_id: str, now: datetime
) -> None:
    """End a grant.

    Raises:
        ForbiddenError: The acting colleague may not do this.
        NotFoundError: There is no such colleague or grant.
    """
    _require(actor, (), Permission.COLLEAGUES)
    with services.store.transaction():
        services.store.colleagues.end_grant(membership_id, grant_id, now)
        line = AuditRecord(now, actor_of(actor), Action.GRANT_ENDED, membership_id, {"grant": grant_id})
        services.store.audit.add(line)


def require_grant(
    services: Services, actor: ColleagueRecord, achievement_key: str, email: str, now: datetime
) -> None:
    """Check that a colleague may issue this achievement to the member with this address.

    Raises:
        ForbiddenError: Their grants do not cover it.
    """
    member = services.store.members.find_by_email(email)
    if not actor.may_issue(achievement_key, member.unit if member else None, now):
        raise ForbiddenError(
            "your grants do not cover this badge for this person: ask an administrator for one, or to note "
            "the person's unit"
        )


def _shut_out(services: Services, person_id: str) -> None:
    """End a person's sessions in this console, and the links that were handed over to them.

    Otherwise somebody who stole one gets in again with their next role.
    """
    services.store.access.end_console_sessions(of=person_id)
    services.store.links.forget_console(of=person_id)


def _require(actor: ColleagueRecord, roles: Collection[Role], permission: Permission) -> None:
    if not actor.may(permission):
        raise ForbiddenError("your role does not cover this: ask an owner or administrator")
    if RULING & frozenset(roles) and not actor.may(Permission.ORGANISATION):
        raise ForbiddenError("only an owner can add, change or remove owners and administrators")
