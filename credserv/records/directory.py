"""People and groups as an organisation's directory reports them (SCIM 2.0, RFC 7643)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject
from credserv.records.roles import Role


@dataclass(frozen=True)
class DirectoryUserWish:
    """What the directory says of a person.

    Attributes:
        email: By which the organisation reaches them; None for somebody who cannot be a member yet.
        said: Everything it said, to return it as it was.
    """

    user_name: str
    external_id: str | None
    is_active: bool
    name: str | None
    email: str | None
    said: JsonObject


@dataclass(frozen=True)
class DirectoryUserRecord:
    """A user.

    Attributes:
        membership_id: None without an address.
        given_roles: Those of the member's roles that groups of the directory gave and can take back.
    """

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
    """What the directory says of a group.

    Attributes:
        members: Ids of users of the directory.
    """

    name: str
    external_id: str | None
    members: frozenset[str]


@dataclass(frozen=True)
class DirectoryGroupRecord:
    """A group.

    Attributes:
        members: Ids of users of the directory.
    """

    id: str
    name: str
    external_id: str | None
    members: frozenset[str]
    created_at: datetime
    changed_at: datetime
