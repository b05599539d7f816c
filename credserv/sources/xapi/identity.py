"""Which statement is the same when it comes again: its id, or one made of what makes it the same.

Moodle's plug-in sends no ids at all (and sends a failed batch again, cut otherwise), so the id is a UUID of
version 5 over actor, verb, object, timestamp and result. Names and descriptions are no part of it: a person
who marries between two attempts to send has completed the course once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.sources.xapi import data_types as types
from credserv.sources.xapi.actors import IDENTIFIERS

_NAMESPACE = uuid.UUID("5f2d9a52-6f0b-5d3c-9a55-3f6f6f0f7c11")
_MAX_EXACT = 2**53 - 1
# 2.3.1: what a record store adds or may write otherwise is no part of what was said.
_NOT_COMPARED = ("id", "stored", "authority", "version", "attachments")


def statement_id(statement: Mapping[str, Any]) -> str:
    """In lower case, as UUIDs are compared."""
    found = statement.get("id")
    if isinstance(found, str) and types.is_uuid(found):
        return found.lower()
    return str(uuid.uuid5(_NAMESPACE, _canonical(_what_is_said(statement)).decode()))


def statement_digest(statement: Mapping[str, Any]) -> str:
    """SHA-256 by which a statement that is sent again is told from another under its id (2.3.1)."""
    said = {name: value for name, value in statement.items() if name not in _NOT_COMPARED}
    said["timestamp"] = _instant(statement)
    return hashlib.sha256(_canonical(said)).hexdigest()


def actor_key(actor: object) -> str | None:
    """By what an agent or an identified group is looked for, whatever else is said of it."""
    if not isinstance(actor, Mapping):
        return None
    name = next((one for one in IDENTIFIERS if one in actor), None)
    value = actor.get(name) if name is not None else None
    if isinstance(value, Mapping):
        return f"account {value.get('homePage')} {value.get('name')}"
    return None if value is None else f"{name} {value}"


def _what_is_said(statement: Mapping[str, Any]) -> dict[str, Any]:
    actor, verb, thing = (statement.get(name) for name in ("actor", "verb", "object"))
    return {
        "actor": _identified(actor, IDENTIFIERS),
        "verb": verb.get("id") if isinstance(verb, Mapping) else verb,
        "object": _identified(thing, ("id",)),
        "timestamp": _instant(statement),
        "result": statement.get("result"),
    }


def _identified(value: object, names: tuple[str, ...]) -> object:
    """Its identifiers alone, all of it where it has none (an anonymous group, a statement within)."""
    if not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in names if name in value} or value


def _instant(statement: Mapping[str, Any]) -> object:
    """However it is spelt: `+00:00` and `Z` are one time."""
    found = statement.get("timestamp")
    read = types.read_timestamp(found) if isinstance(found, str) else None
    return found if read is None else read.isoformat()


def _canonical(value: dict[str, Any]) -> bytes:
    plain = _plain(value)
    return canonize_json(plain if isinstance(plain, dict) else {})


def _plain(value: object) -> object:
    """With numbers that have one spelling: 90 and 90.0 are one."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _MAX_EXACT:
        return str(value)
    return value
