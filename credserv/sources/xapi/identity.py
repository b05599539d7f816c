"""Recognise a repeated statement: by its id, or one derived from what identifies it.

Moodle's plug-in sends no ids (and resends a failed batch with other boundaries), so the id is a version 5
UUID over actor, verb, object, timestamp and result. Names and descriptions are not included: a person who
marries between two deliveries has completed the course once.
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
# 2.3.1: what a record store adds or may rewrite is not part of what was said.
_NOT_COMPARED = ("id", "stored", "authority", "version", "attachments")


def statement_id(statement: Mapping[str, Any]) -> str:
    """Return the id in lower case, as UUIDs are compared."""
    found = statement.get("id")
    if isinstance(found, str) and types.is_uuid(found):
        return found.lower()
    return str(uuid.uuid5(_NAMESPACE, _canonical(_what_is_said(statement)).decode()))


def statement_digest(statement: Mapping[str, Any]) -> str:
    """Return a SHA-256 that tells a repeated statement from another one with its id (2.3.1)."""
    said = {name: value for name, value in statement.items() if name not in _NOT_COMPARED}
    said["timestamp"] = _instant(statement)
    return hashlib.sha256(_canonical(said)).hexdigest()


def actor_key(actor: object) -> str | None:
    """Return what identifies an agent or an identified group, whatever else is said of it."""
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
    """Return only its identifiers; all of it without any (an anonymous group, a sub-statement)."""
    if not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in names if name in value} or value


def _instant(statement: Mapping[str, Any]) -> object:
    """Return the time in one spelling: `+00:00` and `Z` are equal."""
    found = statement.get("timestamp")
    read = types.read_timestamp(found) if isinstance(found, str) else None
    return found if read is None else read.isoformat()


def _canonical(value: dict[str, Any]) -> bytes:
    plain = _plain(value)
    return canonize_json(plain if isinstance(plain, dict) else {})


def _plain(value: object) -> object:
    """Return the value with one spelling for each number: 90 and 90.0 are equal."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _MAX_EXACT:
        return str(value)
    return value
