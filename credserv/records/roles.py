"""Roles in an organisation, and the one table of what each may do in its console.

The doors of the console name a permission; the table says which roles have it. `docs/administrator.md` and
the console show this table, and `tests/hostile/test_roles.py` tries it at every address.
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
    """What a door of the console may ask for; the value is what people read."""

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
# Who judges people has a role of its own, also beside whoever gives roles.
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
    Role.ANALYST: frozenset({Permission.FIGURES}),  # no row that is of one person
}
# What is left of a role in an organisation that was closed; owners may reopen it.
WHILE_CLOSED = frozenset(
    {Permission.LOOK, Permission.INSPECT, Permission.ORGANISATION, Permission.CASES, Permission.FIGURES}
)
# Whoever may give one of these could take the organisation over.
RULING = frozenset({Role.OWNER, Role.ADMINISTRATOR})


def allows(roles: Collection[Role], permission: Permission) -> bool:
    return any(permission in PERMISSIONS[role] for role in roles)


@dataclass(frozen=True)
class GrantRecord:
    """What an issuer may issue: achievement_key and unit None for any; until None for no end."""

    id: str
    achievement_key: str | None = None
    unit: str | None = None
    until: datetime | None = None

    def covers(self, achievement_key: str, unit: str | None, now: datetime) -> bool:
        """Whether it lets a badge of this achievement go to somebody in `unit`, now."""
        return (
            self.achievement_key in (None, achievement_key)
            and self.unit in (None, unit)
            and (self.until is None or now < self.until)
        )


@dataclass(frozen=True)
class ColleagueRecord:
    """A member with a role, as the console knows them. email: by which the organisation reaches them.

    only_looks: the organisation was closed. is_first: it is the installation's first.
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
        """Who has a grant issues by grants alone, unless a ruling role stands above it."""
        if not self.may(Permission.ISSUE):
            return False
        if self.roles & RULING or not self.grants:
            return True
        return any(grant.covers(achievement_key, unit, now) for grant in self.grants)
