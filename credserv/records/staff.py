"""Console sign-in with an account at the organisation's identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.records.roles import Role


@dataclass(frozen=True)
class StaffLoginRecord:
    """An organisation's settings.

    Attributes:
        domains: Of the addresses that may come in; empty for any.
        groups_claim: The claim that lists an account's groups; "" if groups give no roles.
        group_roles: Which group gives which role.
        is_required: Whether the account is the only way in, except for links made on the server.
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

    Attributes:
        given_roles: Those of the member's roles that its groups gave and can take back.
    """

    id: str
    membership_id: str
    issuer: str
    subject: str
    given_roles: frozenset[Role]
    created_at: datetime
    last_used_at: datetime
