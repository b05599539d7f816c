"""Roles in an organisation, and the one table of what each may do in its console.

The console's views name a permission, and the table says which roles have it. `docs/administrator.md` and the
console show this table, and `tests/hostile/test_roles.py` tries it at every URL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    ISSUER = "issuer"
    ASSESSOR = "assessor"
    AUDITOR = "auditor"
    DECIDER = "decider"
    PROGRAMME_OWNER = "programme-owner"
    ANALYST = "analyst"


class Permission(StrEnum):
    """What a view of the console may require; the value is shown to people."""

    LOOK = "See credentials and achievements"
    ISSUE = "Issue badges and hand over claim links"
    CHANGE_STATUS = "Revoke, suspend and restore badges"
    ASSESS = "Record what they observed of people"
    CASES = "See programmes, applications and accreditations"
    PROGRAMMES = "Load programmes, name founders, begin audits"
    DECIDE = "Decide about accreditations and appeals"
    AUDIT = "Record what they found in accreditations that were drawn"
    FIGURES = "See figures of groups, of nobody by name"
    DEFINE = "Load achievements and new versions of them"
    INSPECT = "See people, roles, sources, trusted issuers, API keys and the audit trail"
    CONNECT = "Connect sources and change what they award"
    TRUST = "Choose which issuers are trusted"
    KEYS = "Make and end API keys"
    MEMBERS = "Edit facts of employment, end addresses"
    COLLEAGUES = "Invite colleagues, change their roles and grants"
    ORGANISATION = "Make owners and administrators, rename, close or reopen the organisation"
    INSTALLATION = "Make, rename, close and reopen other organisations (in the first organisation's console)"


_LOOK = frozenset({Permission.LOOK})
_CASES = _LOOK | {Permission.CASES}
# Those who judge people have a role of their own, separate from those who give roles.
_JUDGING = frozenset({Permission.ASSESS, Permission.DECIDE, Permission.AUDIT})
_ALL = frozenset(Permission) - _JUDGING

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _ALL,
    Role.ADMINISTRATOR: _ALL - {Permission.ORGANISATION, Permission.INSTALLATION},
    Role.ISSUER: _LOOK | {Permission.ISSUE},
    Role.ASSESSOR: _CASES | {Permission.ASSESS},
    Role.AUDITOR: _CASES | {Permission.INSPECT, Permission.AUDIT},
    Role.DECIDER: _CASES | {Permission.DECIDE},
    Role.PROGRAMME_OWNER: _CASES | {Permission.PROGRAMMES, Permission.FIGURES},
    Role.ANALYST: frozenset({Permission.FIGURES}),  # no row about a single person
}
# What remains of a role in a closed organisation; owners may reopen it.
WHILE_CLOSED = frozenset(
    {Permission.LOOK, Permission.INSPECT, Permission.ORGANISATION, Permission.CASES, Permission.FIGURES}
)
# Whoever may give one of these could take over the organisation.
RULING = frozenset({Role.OWNER, Role.ADMINISTRATOR})


def allows(roles: Collection[Role], permission: Permission) -> bool:
    """Return whether one of the roles has the permission."""
    return any(permission in PERMISSIONS[role] for role in roles)


@dataclass(frozen=True)
class GrantRecord:
    """What an issuer may issue.

    Attributes:
        achievement_key: None for any.
        unit: None for any.
        until: None for no end.
    """

    id: str
    achievement_key: str | None = None
    unit: str | None = None
    until: datetime | None = None

    def covers(self, achievement_key: str, unit: str | None, now: datetime) -> bool:
        """Return whether it allows a badge of this achievement for somebody in `unit` now."""
        return (
            self.achievement_key in (None, achievement_key)
            and self.unit in (None, unit)
            and (self.until is None or now < self.until)
        )


@dataclass(frozen=True)
class ColleagueRecord:
    """A member with a role, as the console knows them.

    Attributes:
        email: By which the organisation reaches them.
        only_looks: Whether the organisation is closed.
        is_first: Whether it is the installation's first.
    """

    membership_id: str
    person_id: str
    name: str | None
    email: str | None
    roles: frozenset[Role]
    grants: tuple[GrantRecord, ...] = ()
    only_looks: bool = False
    is_first: bool = False

    def may(self, permission: Permission) -> bool:
        if self.only_looks and permission not in WHILE_CLOSED:
            return False
        if permission is Permission.INSTALLATION and not self.is_first:
            return False
        return allows(self.roles, permission)

    def may_issue(self, achievement_key: str, unit: str | None, now: datetime) -> bool:
        """Return whether they may issue.

        Those with a grant can issue only within grants, unless a ruling role overrides that.
        """
        if not self.may(Permission.ISSUE):
            return False
        if self.roles & RULING or not self.grants:
            return True
        return any(grant.covers(achievement_key, unit, now) for grant in self.grants)
