"""JSON Pointer (RFC 6901) with one extension: `*` stands for each element of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from credserv.ground.reading import pointer as append
from credserv.ground.reading import pointer_tokens

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def is_pointer(text: str) -> bool:
    """Return whether it is one: empty for the whole, else beginning with `/`, with `~` only as `~0` or
    `~1`."""
    return text == "" or (text.startswith("/") and re.search(r"~(?![01])", text) is None)


def resolve_pointer(document: Any, pointer: str) -> Any:
    """Return the value there; None without one."""
    found = document
    for token in pointer_tokens(pointer):
        found = _step(found, token)
    return found


def unfold(document: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yield each part that the pointer names, with its own pointer. A `*` matches list elements only."""
    parts: list[tuple[str, Any]] = [("", document)]
    for name in pointer_tokens(pointer):
        if name == "*":
            parts = [
                (append(place, index), item)
                for place, part in parts
                if isinstance(part, list)
                for index, item in enumerate(part)
            ]
        else:
            steps = ((append(place, name), _step(part, name)) for place, part in parts)
            parts = [(place, part) for place, part in steps if part is not None]
    yield from parts


def _step(value: Any, token: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(token)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return None
