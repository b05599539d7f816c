"""Reading what may be anything: members of documents of strangers, in any kind, never an error.

A member of an unexpected kind reads as absent; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.json_types import JsonObject


def read_list(value: object) -> list[Any]:
    """The entries of a list; of a single value, that one; of nothing, none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def read_objects(value: object) -> list[JsonObject]:
    return [item for item in read_list(value) if isinstance(item, Mapping)]


def first_object(value: object) -> JsonObject:
    return next(iter(read_objects(value)), {})


def read_text(value: object) -> str:
    """A string, a number as text, or the first entry of a language map; anything else is empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        if isinstance(value.get("@value"), str):
            return str(value["@value"]).strip()
        return next((text.strip() for text in value.values() if isinstance(text, str)), "")
    return ""


def read_identifier(value: object) -> str:
    """An id given as a string or as an object with `id`."""
    if isinstance(value, str):
        return value.strip()
    found = first_object(value).get("id")
    return found.strip() if isinstance(found, str) else ""
