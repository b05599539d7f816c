"""The one JSON reader of every door: what two readers could understand differently is refused.

Refused: duplicate members, NaN and infinities (also spelt `1e999`), lone surrogates, NUL, a byte order
mark, bytes that are not UTF-8, depth and member counts past the limits. Source: RFC 8259 section 4 and
8.1, RFC 7493 (I-JSON) sections 2.1 to 2.3; attacks 32, 39 and 40.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

import jiter

from credserv.errors import MalformedJsonError, TooLargeError

JsonValue: TypeAlias = Any  # dict[str, JsonValue], list, str, int, float, bool or None

MAX_BYTES = 1_048_576
MAX_DEPTH = 32
MAX_MEMBERS = 20_000
_MAX_INTEGER_DIGITS = 400


def parse_json(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonValue:
    """Read one JSON text.

    Raises TooLargeError past `max_bytes` (bytes), `max_depth` (levels) or MAX_MEMBERS (members and
    elements together); MalformedJsonError for everything else that is refused.
    """
    if len(raw) > max_bytes:
        raise TooLargeError(f"the JSON is {len(raw)} bytes long; at most {max_bytes} are read")
    try:
        value: JsonValue = jiter.from_json(
            raw, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys"
        )
    except ValueError as error:
        message = str(error)
        if "recursion" in message:
            raise TooLargeError(f"the JSON is nested deeper than {max_depth} levels") from error
        raise MalformedJsonError(f"not acceptable as JSON: {message[:200]}") from error
    _check_limits(value, max_depth)
    return value


def parse_json_object(raw: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, JsonValue]:
    """As `parse_json`, and raises MalformedJsonError unless the text is an object."""
    value = parse_json(raw, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise MalformedJsonError("a JSON object is expected")
    return value


def _check_limits(value: JsonValue, max_depth: int) -> None:
    """Walk level by level, so that depth costs no stack. A level is one array or object inside another."""
    level: list[JsonValue] = [value]
    depth = members = 0
    while level:
        depth += 1
        if depth > max_depth and any(isinstance(item, (dict, list)) for item in level):
            raise TooLargeError(f"the JSON is nested deeper than {max_depth} levels")
        below: list[JsonValue] = []
        for item in level:
            below.extend(_inside(item))
        members += len(below)
        if members > MAX_MEMBERS:
            raise TooLargeError(f"the JSON has more than {MAX_MEMBERS} members")
        level = below


def _inside(item: JsonValue) -> Iterable[JsonValue]:
    """The values one level below `item`; nothing for a plain value, which is checked."""
    if isinstance(item, dict):
        for key in item:
            _check_text(key)
        return item.values()
    if isinstance(item, list):
        return item
    if isinstance(item, str):
        _check_text(item)
    else:
        _check_number(item)
    return ()


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedJsonError("a string holds the character NUL")


def _check_number(item: JsonValue) -> None:
    """`1e999` is read as infinity: it stands for no number that can be kept."""
    too_large = isinstance(item, float) and not math.isfinite(item)
    if too_large or (isinstance(item, int) and item.bit_length() > 4 * _MAX_INTEGER_DIGITS):
        raise MalformedJsonError("a number is too large to be read exactly")
