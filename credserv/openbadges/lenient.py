"""Read members of strangers' documents, whatever their type, without errors.

A member of an unexpected type is treated as absent; nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from credserv.ground.json_types import JsonObject


def read_list(value: object) -> list[Any]:
    """Return the entries of a list; a single value as one entry; nothing as none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def read_objects(value: object) -> list[JsonObject]:
    return [item for item in read_list(value) if type(item) is dict or isinstance(item, Mapping)]


def first_object(value: object) -> JsonObject:
    """Return the one object, or `{}`. Of several, always the same one, whatever their order.

    A signature over RDF does not cover that order, so anyone who passes a document on could choose.
    """
    found = read_objects(value)
    if len(found) > 1:
        return min(found, key=_written)
    return found[0] if found else {}


def read_text(value: object) -> str:
    """Return a string, a number as text, or one of a text in several languages; "" for anything else.

    Of several languages English, else the first by tag: their order is not signed either.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        if isinstance(value.get("@value"), str):
            return str(value["@value"]).strip()
        said = [(tag, text) for tag, text in value.items() if isinstance(text, str)]
        return min(said, key=_by_language)[1].strip() if said else ""
    if isinstance(value, list) and value and all(_is_in_language(item) for item in value):
        return str(min(((item["@language"], item["@value"]) for item in value), key=_by_language)[1]).strip()
    return ""


def _is_in_language(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("@value"), str)
        and isinstance(item.get("@language"), str)
    )


def _by_language(said: tuple[str, str]) -> tuple[bool, str, str]:
    tag = said[0].lower()
    return tag.partition("-")[0] != "en", tag, said[1]


def _written(item: JsonObject) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def read_identifier(value: object) -> str:
    """Return an id given as a string or as an object with `id`."""
    if isinstance(value, str):
        return value.strip()
    found = first_object(value).get("id")
    return found.strip() if isinstance(found, str) else ""
