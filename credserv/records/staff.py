"""How the colleagues of an organisation come into its console by an account at its identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.records.roles import Role


@dataclass(frozen=True)
class StaffLoginRecord:
    """domains: of the addresses that may come in; none for any. groups_claim: which claim names an account's
    groups; "" where groups give no roles. group_roles: which group gives which role.

    is_required: the account is the only way in, but for links that are made on the server.
    """

    domains: tuple[str, ...] = ()
    groups_claim: str = ""
    group_roles: tuple[tuple[str, Role], ...] = ()
    is_required: bool = False

    def roles_of(self, groups: frozenset[str]) -> frozenset[Role]:
        return frozenset(role for group, role in self.group_roles if group in groups)


@dataclass(frozen=True)
class StaffAccountRecord:
    """An account that opens the console as a member, and nothing of the person's own.

    given_roles: those of the member's roles that its groups gave, and take again.
    """

    id: str
    membership_id: str
    issuer: str
    subject: str
    given_roles: frozenset[Role]
    created_at: datetime
    last_used_at: datetime
