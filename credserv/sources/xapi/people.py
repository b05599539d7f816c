"""Whom a statement is about: the names of an agent; nobody where they are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from credserv.ground.names import cut, one_line
from credserv.records.observations import PersonKind, PersonReference
from credserv.sources.xapi import data_types as types

_MAX_NAME_CHARS = 200
# Brightspace Data Streams: the actor of an award gave it; the recipient is in an extension.
_RECIPIENT = "issueduserid"
_AWARD = "awardid"
_MAX_DEPTH = 3


def people_of(agent: object, *, account_kind: PersonKind | None = None) -> tuple[PersonReference, ...]:
    """Return the names of one agent; none for a group, whatever it is called.

    Args:
        account_kind: what the administrator says this source's account names are; Moodle sends user ids or
            usernames, by a setting of its own.
    """
    if not isinstance(agent, Mapping) or agent.get("objectType", "Agent") not in ("Agent", ["Agent"]):
        return ()
    return tuple(_names(agent, account_kind))


def _names(agent: Mapping[str, Any], account_kind: PersonKind | None) -> Iterator[PersonReference]:
    mbox, sha1, openid, account = (agent.get(k) for k in ("mbox", "mbox_sha1sum", "openid", "account"))
    if isinstance(mbox, str) and types.is_mailto(mbox):
        yield PersonReference(PersonKind.EMAIL, mbox.removeprefix("mailto:"))
    if isinstance(sha1, str) and types.is_sha1(sha1):
        yield PersonReference(PersonKind.MBOX_SHA1SUM, sha1.lower())
    if isinstance(openid, str) and types.is_iri(openid):
        yield PersonReference(PersonKind.OPENID, openid)
    if isinstance(account, Mapping):
        home, name = account.get("homePage"), account.get("name")
        if isinstance(name, str) and name.strip() and isinstance(home, str) and types.is_iri(home):
            yield PersonReference(PersonKind.ACCOUNT, name, home)
            if account_kind is not None:
                yield PersonReference(account_kind, name)


def name_of(agent: object) -> str | None:
    """Return the person's name, for letters and the console."""
    name = agent.get("name") if isinstance(agent, Mapping) else None
    return cut(one_line(name).strip(), _MAX_NAME_CHARS) or None if isinstance(name, str) else None


def find_recipient(statement: Mapping[str, Any]) -> PersonReference | None:
    """Return the recipient of a Brightspace award; None where only the actor is named."""
    found = _extension(statement, _RECIPIENT)
    return None if found is None else PersonReference(PersonKind.LMS_ID, found)


def find_award(statement: Mapping[str, Any]) -> str | None:
    """Return Brightspace's id of the badge; the statement's object is this one award of it."""
    return _extension(statement, _AWARD)


def _extension(statement: Mapping[str, Any], wanted: str) -> str | None:
    """Return as text an extension whose IRI ends in this word, or a member of that name in one."""
    context, result, thing = (_object(statement.get(name)) for name in ("context", "result", "object"))
    level = [
        _object(place.get("extensions")) for place in (context, result, _object(thing.get("definition")))
    ]
    for _ in range(_MAX_DEPTH):
        below: list[Mapping[str, Any]] = []
        for name, value in ((name, value) for one in level for name, value in one.items()):
            if _word(name) == wanted and _is_identifier(value):
                return str(value)
            below += [value] if isinstance(value, Mapping) else []
        level = below
    return None


def _word(name: str) -> str:
    """Return the last word of an IRI: `issuedUserId`, `issued-user-id` and `issued_user_id` are equal."""
    last = name.replace("#", "/").replace(":", "/").rstrip("/").rpartition("/")[2]
    return last.replace("-", "").replace("_", "").lower()


def _is_identifier(value: object) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (
        isinstance(value, int) and not isinstance(value, bool)
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
