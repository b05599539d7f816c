"""Which accounts at the organisation's provider open its console, and which roles their groups give.

If an account is required, no mailed or handed-over link and no passkey opens the console: a person whom the
provider blocks cannot come in. The only exception is a link that `credserv console-link` prints on the
server.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import is_email, normalise_email
from credserv.journeys.admit.directory import settle_roles
from credserv.journeys.admit.oidc import provider_of
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.roles import Role
from credserv.records.staff import StaffLoginRecord

_MAX_ENTRIES = 200
_MAX_CHARS = 200


def staff_login(services: Services) -> StaffLoginRecord | None:
    """Return the settings; None if no account opens the console."""
    return services.store.staff.login()


def require_staff_login(services: Services) -> StaffLoginRecord:
    """Return the settings.

    Raises:
        NotFoundError: No account opens the console.
    """
    found = staff_login(services)
    if found is None:
        raise NotFoundError("colleagues of this organisation sign in by a mailed link or a passkey")
    return found


def staff_issuers(services: Services) -> frozenset[str]:
    """Return the issuers whose accounts can open the console: OpenID Connect, SAML, or both."""
    found = (provider_of(services), services.store.saml_providers.get())
    return frozenset(one.issuer for one in found if one is not None)


def requires_account(services: Services) -> bool:
    """Return whether colleagues can sign in only by account."""
    found = staff_login(services)
    return found is not None and found.is_required


def parse_domains(texts: Iterable[str]) -> tuple[str, ...]:
    """Return domains in their normal form.

    Raises:
        InputError: A text is not a domain.
    """
    found = [text.strip().removeprefix("@") for text in texts if text.strip()]
    wrong = [text for text in found if not is_email(f"somebody@{text}")]
    if wrong or len(found) > _MAX_ENTRIES:
        raise InputError("a domain is what stands behind the @ of an address, such as example.org")
    return tuple(dict.fromkeys(domain_of(f"somebody@{text}") for text in found))


def parse_group_roles(lines: Iterable[str]) -> tuple[tuple[str, Role], ...]:
    """Parse lines like `group = role`. A group may give several roles.

    Raises:
        InputError: A line is not valid, or there are too many.
    """
    found = []
    for line in filter(None, (line.strip() for line in lines)):
        group, _, role = (part.strip() for part in line.rpartition("="))
        if not group or len(group) > _MAX_CHARS or role not in set(Role):
            raise InputError(f"write each line as group = role, with one of the roles {', '.join(Role)}")
        found.append((group, Role(role)))
    if len(found) > _MAX_ENTRIES:
        raise InputError(f"at most {_MAX_ENTRIES} lines of groups and roles")
    return tuple(dict.fromkeys(found))


def set_staff_login(
    services: Services, wanted: StaffLoginRecord, *, actor: str, now: datetime, kept: str | None = None
) -> None:
    """Replace the settings. If an account becomes required, everybody is signed out.

    Args:
        kept: The hash of the session that stays.

    Raises:
        InputError: There is no provider, groups are given without their claim, or an account is required
            while no owner has one.
    """
    issuers, store = staff_issuers(services), services.store
    if not issuers:
        raise InputError("name your provider first: its accounts are what colleagues sign in with")
    claim = wanted.groups_claim
    if claim != claim.strip() or len(claim) > _MAX_CHARS or (wanted.group_roles and not claim):
        raise InputError("name the claim of the token that lists the groups, such as groups")
    before = staff_login(services)
    was_required = before is not None and before.is_required
    if wanted.is_required and not was_required and not _an_owner_has_account(services, issuers, now):
        raise InputError(
            "before accounts are required, an owner signs in with one: connect yours under My account"
        )
    with store.transaction():
        named = {group for said in (before, wanted) if said is not None for group, _ in said.group_roles}
        store.staff.set_login(wanted)
        users = frozenset(user for group in store.directory.groups_called(named) for user in group.members)
        settle_roles(services, users, actor=actor, now=now)
        if wanted.is_required and not was_required:
            store.links.forget_console()
            store.access.end_console_sessions(but=kept)
        detail = {"is_required": wanted.is_required, "groups": len(wanted.group_roles)}
        store.audit.add(
            AuditRecord(now, actor, Action.STAFF_LOGIN_SET, services.store.organisation_id, detail)
        )


def end_staff_login(services: Services, *, actor: str, now: datetime) -> None:
    """Stop console sign-in by account. Roles from groups stay until somebody changes them.

    Raises:
        NotFoundError: No account opens the console.
    """
    with services.store.transaction():
        if not services.store.staff.end_login():
            raise NotFoundError("no account opens this console")
        line = AuditRecord(now, actor, Action.STAFF_LOGIN_ENDED, services.store.organisation_id)
        services.store.audit.add(line)


def domain_of(email: str) -> str:
    """Return the domain of an e-mail address."""
    return normalise_email(email).rpartition("@")[2]


def _an_owner_has_account(services: Services, issuers: frozenset[str], now: datetime) -> bool:
    store = services.store
    owners = [one for one in store.colleagues.list(services.today(now)) if Role.OWNER in one.roles]
    accounts = [account for one in owners for account in store.staff.accounts_of(one.membership_id)]
    return any(account.issuer in issuers for account in accounts)
