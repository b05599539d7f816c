"""JSON Pointers (RFC 6901) into a credential, and the part of it that they select.

Source: Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.10 to 3.4.13.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import pointer_tokens

MAX_POINTERS = 256
_MAX_CHARS = 1_000
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_ABSENT = object()


class _List(dict[int, Any]):
    """Some elements of a list, by index."""


def select(document: JsonObject, pointers: Sequence[str]) -> dict[str, Any] | None:
    """Return what the pointers name, with the @context and the id and type of everything around it; None for
    no pointer.

    Raises SchemaFaultsError for a pointer that is malformed or leads nowhere, and without an @context.
    """
    if len(pointers) > MAX_POINTERS:
        raise _fault(f"more than {MAX_POINTERS} pointers")
    if "@context" not in document:
        raise _fault("the document has no @context, so nothing of it is signed")
    if not pointers:
        return None
    selected = _begin(document)
    for pointer in pointers:
        steps = _steps(pointer)
        if not steps:
            return copy.deepcopy(dict(document))
        _select(document, selected, steps, pointer)
    shown: dict[str, Any] = _closed(selected)
    return {"@context": copy.deepcopy(document["@context"]), **shown}


def _steps(pointer: str) -> list[str]:
    if len(pointer) > _MAX_CHARS or not _POINTER.fullmatch(pointer):
        raise _fault(f"not a JSON Pointer (RFC 6901): {pointer[:80]!r}")
    return pointer_tokens(pointer)


def _select(document: Any, selected: Any, steps: Sequence[str], pointer: str) -> None:
    """Add to `selected` what the steps lead to."""
    value: Any = document
    for step in steps:
        value, last = _go(value, step, pointer)
    for step in steps[:-1]:
        document, key = _go(document, step, pointer)
        if key not in selected:
            selected[key] = _List() if isinstance(document, list) else _begin(document)
        selected = selected[key]
        if not isinstance(selected, (dict, _List)):
            return  # already selected as a whole
    selected[last] = _Whole(value)


class _Whole:
    """A value that was itself selected."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _go(document: Any, step: str, pointer: str) -> tuple[Any, Any]:
    """Return the value one step further, and its key."""
    found = _ABSENT
    if isinstance(document, Mapping) and step != "@context":
        found = document.get(step, _ABSENT)
    elif isinstance(document, list) and _INDEX.fullmatch(step) and int(step) < len(document):
        return document[int(step)], int(step)
    if found is _ABSENT:
        raise _fault(f"there is nothing at {pointer[:80]!r}")
    return found, step


def _begin(value: Any) -> dict[str, Any]:
    """Return what a part always shows about itself if anything inside it is shown."""
    if not isinstance(value, Mapping):
        return {}
    return {name: _Whole(value[name]) for name in ("id", "type") if name in value}


def _closed(selected: Any) -> Any:
    if isinstance(selected, _Whole):
        return copy.deepcopy(selected.value)
    if isinstance(selected, _List):
        return [_closed(selected[place]) for place in sorted(selected)]
    return {name: _closed(member) for name, member in selected.items()}


def _fault(message: str) -> SchemaFaultsError:
    return SchemaFaultsError(message, faults=[Fault("", message)])
