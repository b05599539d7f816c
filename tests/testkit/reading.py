"""Messages of learning systems, as their adapters read them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from credserv.records.observations import Observation
from credserv.sources.adapter import Message, Reading
from credserv.sources.adapters import ADAPTERS
from tests.testkit.shared import shared_path

DIALECTS = ("canvas", "moodle", "openedx", "caliper")


def read(dialect: str, message: Any, **options: Any) -> Reading:
    """message: a file of `payloads/DIALECT`, the bytes, or what is to be JSON."""
    return ADAPTERS[dialect].read(Message(as_bytes(dialect, message)), options)


def only(dialect: str, message: Any, **options: Any) -> Observation:
    (found,) = read(dialect, message, **options).observations
    return found


def as_bytes(dialect: str, message: Any) -> bytes:
    if isinstance(message, bytes):
        return message
    if isinstance(message, str):
        return shared_path(f"payloads/{dialect}/{message}").read_bytes()
    return json.dumps(message).encode()


def sample(dialect: str, name: str) -> Any:
    return copy.deepcopy(_parsed(shared_path(f"payloads/{dialect}/{name}")))


@cache
def _parsed(path: Path) -> Any:
    return json.loads(path.read_bytes())


def samples(dialect: str) -> list[str]:
    """Every file of the dialect that is a message."""
    return sorted(
        path.name for path in shared_path(f"payloads/{dialect}").iterdir() if path.suffix in (".json", ".txt")
    )


def people(observation: Observation) -> list[tuple[str, str]]:
    return [(one.kind.value, one.value) for one in observation.people]


def activities(observation: Observation) -> list[tuple[str, str]]:
    return [(one.kind.value, one.value) for one in observation.activities]


def said(observation: Observation) -> dict[str, Any]:
    """What it says of the result; what it does not say is not there."""
    names = (
        "raw",
        "min",
        "max",
        "scaled",
        "success",
        "completion",
        "level",
        "attempt",
        "asserted_by",
        "flags",
    )
    found = {name: getattr(observation, name) for name in names}
    return {name: value for name, value in found.items() if value not in (None, ())}


def without_each(document: Any) -> Iterator[tuple[str, Any]]:
    """The document without each of its members in turn, with the member's place."""
    for path in _paths(document):
        changed = copy.deepcopy(document)
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
        yield "/".join(str(key) for key in path), changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value if isinstance(value, Mapping) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from _paths(value[key], (*above, key))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value
