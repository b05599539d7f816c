"""What a directory may state about users and groups.

Only the needed attributes of RFC 7643 are supported. Others are ignored and not stored, so that nothing
unused is kept about anybody.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    CaseExact,
    ComplexAttribute,
    Context,
    Email,
    GroupMembership,
    Mutability,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    Uniqueness,
)
from scim2_models import Group as CoreGroup
from scim2_models import User as CoreUser

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.names import is_email
from credserv.records.directory import (
    DirectoryGroupRecord,
    DirectoryGroupWish,
    DirectoryUserRecord,
    DirectoryUserWish,
)

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    # Entra ID removes members like this, and writes to an address that does not exist yet.
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
_MAX_CHARS = 300
_MAX_ADDRESSES = 20


class Name(ComplexAttribute):
    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class User(Resource[Any]):
    __schema__ = CoreUser.__schema__

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class Member(ComplexAttribute):
    """A member, without the name the group has for them: the user has it."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    __schema__ = CoreGroup.__schema__

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None


def wish_of(user: User) -> DirectoryUserWish:
    """Return the wish. Raises InputError for a value that is too long."""
    said = user.model_dump(scim_ctx=Context.DEFAULT)
    for ours in ("id", "meta", "groups"):
        said.pop(ours, None)
    said["schemas"] = [str(User.__schema__)]
    name, emails = _name(user), user.emails or []
    texts = [user.user_name, user.external_id, name, *(one.value for one in emails)]
    if len(emails) > _MAX_ADDRESSES or any(len(text) > _MAX_CHARS for text in texts if text):
        raise InputError(f"at most {_MAX_CHARS} characters each, and {_MAX_ADDRESSES} addresses")
    return DirectoryUserWish(
        user_name=user.user_name or "",
        external_id=user.external_id,
        is_active=user.active is not False,
        name=name,
        email=_address(user),
        said=said,
    )


def shown_user(record: DirectoryUserRecord, groups: list[tuple[str, str, str | None]], base: str) -> User:
    """Return a user as shown. `base` is the address above everything of the directory."""
    listed = [
        {"value": group_id, "display": name, "$ref": f"{base}/Groups/{group_id}"}
        for group_id, name, _ in groups
    ]
    ours = {"id": record.id, "meta": _meta("User", record, base), **({"groups": listed} if listed else {})}
    return User.model_validate({**record.said, **ours}, scim_policy=POLICY)


def shown_group(record: DirectoryGroupRecord, base: str) -> Group:
    members = [
        {"value": one, "type": "User", "$ref": f"{base}/Users/{one}"} for one in sorted(record.members)
    ]
    return Group.model_validate(
        {
            "schemas": [str(Group.__schema__)],
            "id": record.id,
            "displayName": record.name,
            "meta": _meta("Group", record, base),
            **({"externalId": record.external_id} if record.external_id else {}),
            **({"members": members} if members else {}),
        }
    )


def wish_of_group(group: Group) -> DirectoryGroupWish:
    """Return the wish. Raises InputError for a value that is too long."""
    name = group.display_name or ""
    if len(name) > _MAX_CHARS or len(group.external_id or "") > _MAX_CHARS:
        raise InputError(f"at most {_MAX_CHARS} characters each")
    members = [one.value for one in group.members or []]
    return DirectoryGroupWish(name, group.external_id, frozenset(one for one in members if one is not None))


def _name(user: User) -> str | None:
    if user.display_name or user.name is None:
        return user.display_name
    parts = (user.name.given_name, user.name.family_name)
    return user.name.formatted or " ".join(part for part in parts if part) or None


def _address(user: User) -> str | None:
    """Return the primary address, else the first; else the user name, which often is one."""
    listed = sorted(user.emails or [], key=lambda one: not one.primary)
    texts = [*(one.value for one in listed), user.user_name]
    return next((text for text in texts if text and is_email(text)), None)


def _meta(kind: str, record: DirectoryUserRecord | DirectoryGroupRecord, base: str) -> dict[str, str]:
    return {
        "resourceType": kind,
        "created": format_instant(record.created_at),
        "lastModified": format_instant(record.changed_at),
        "location": f"{base}/{kind}s/{record.id}",
    }
