"""People and groups as an organisation's directory tells them (SCIM 2.0, RFC 7643)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject
from credserv.records.roles import Role


@dataclass(frozen=True)
class DirectoryUserWish:
    """What the directory says of somebody. email: by which the organisation reaches them; None for nobody
    who could be one of its people yet. said: the whole of what it said, as it is told again."""

    user_name: str
    external_id: str | None
    is_active: bool
    name: str | None
    email: str | None
    said: JsonObject


@dataclass(frozen=True)
class DirectoryUserRecord:
    """membership_id: None for one without an address. given_roles: those of the member's roles that groups
    of the directory gave, and take again."""

    id: str
    membership_id: str | None
    user_name: str
    external_id: str | None
    is_active: bool
    said: JsonObject
    given_roles: frozenset[Role]
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class DirectoryGroupWish:
    """What the directory says of a group. members: ids of users of the directory."""

    name: str
    external_id: str | None
    members: frozenset[str]


@dataclass(frozen=True)
class DirectoryGroupRecord:
    """members: ids of users of the directory."""

    id: str
    name: str
    external_id: str | None
    members: frozenset[str]
    created_at: datetime
    changed_at: datetime
