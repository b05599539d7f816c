"""The parts of Caliper: envelopes, events, and the entities they describe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.sources.adapter import Message
from credserv.sources.members import read_documents

_VERSION = re.compile(r"https?://purl\.imsglobal\.org/ctx/caliper/v1p[12](?:/.*)?", re.ASCII)


def is_envelope(part: JsonObject) -> bool:
    return "data" in part and bool({"sensor", "dataVersion", "sendTime"} & set(part))


def is_event(part: JsonObject) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind.endswith("Event") and ("action" in part or "actor" in part)


def require_envelope(part: JsonObject) -> None:
    if not isinstance(part["data"], list) or not all(isinstance(item, Mapping) for item in part["data"]):
        raise InputError("the `data` of an envelope is a list of events and entities")
    if not _VERSION.fullmatch(str(part.get("dataVersion"))):
        raise InputError(
            "the `dataVersion` of an envelope is http://purl.imsglobal.org/ctx/caliper/v1p1 or …/v1p2"
        )


def names_another_version(message: Message) -> bool:
    try:
        parts = read_documents(message)
    except InputError:
        return False
    versions = [part.get("dataVersion") for _, part in parts if is_envelope(part)]
    return any(isinstance(version, str) and not _VERSION.fullmatch(version) for version in versions)


def describe(items: list[Any]) -> dict[str, JsonObject]:
    """Return every entity described anywhere in the message, by IRI.

    Those of the envelope come first, then the most detailed: an attempt is described where it began, and only
    named where it is graded.
    """
    found: dict[str, JsonObject] = {}
    level: list[Any] = items
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                identifier = item.get("id")
                if isinstance(identifier, str) and len(item) > len(found.get(identifier, ())):
                    found[identifier] = item
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return found
