"""The only JSON reader: it refuses what two readers could understand differently.

Refused: duplicate members, NaN and infinities (also spelt `1e999`), lone surrogates, NUL, a byte order mark,
bytes that are not UTF-8, depth and member counts over the limits. Source: RFC 8259 section 4 and 8.1, RFC
7493 (I-JSON) sections 2.1 to 2.3; attacks 32, 39 and 40.
"""

from __future__ import annotations

import codecs
import math
from decimal import Decimal
from typing import Any, TypeAlias

import jiter

from credserv.ground.errors import MalformedJsonError, TooLargeError

JsonValue: TypeAlias = Any  # dict[str, JsonValue], list, str, int, float, bool or None

MAX_BYTES = 1_048_576
MAX_DEPTH = 32
MAX_MEMBERS = 20_000
_MAX_INTEGER_DIGITS = 400
_MAX_EXPONENT = 307


def parse_json(
    raw: bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_members: int = MAX_MEMBERS,
    exact: bool = False,
) -> JsonValue:
    """Read one JSON text.

    Args:
        exact: read fractions as Decimal, digit by digit, where a score is compared and kept as sent.

    Raises:
        TooLargeError: over `max_bytes` (bytes), `max_depth` (levels) or `max_members` (members and elements
            together).
        MalformedJsonError: anything else that is refused.
    """
    if len(raw) > max_bytes:
        raise TooLargeError(f"the JSON is {len(raw)} bytes long; at most {max_bytes} are read")
    try:
        value: JsonValue = jiter.from_json(
            raw,
            catch_duplicate_keys=True,
            allow_inf_nan=False,
            cache_mode="keys",
            float_mode="decimal" if exact else "float",
        )
    except ValueError as error:
        message = str(error)
        if "recursion" in message:
            raise TooLargeError(f"the JSON is nested deeper than {max_depth} levels") from error
        raise MalformedJsonError(f"not acceptable as JSON: {message[:200]}") from error
    _require_limits(value, max_depth, max_members)
    if b"\\u0000" in raw:  # a raw one was refused above
        _require_texts(value)
    return value


def to_utf8(raw: bytes) -> bytes:
    """Return a file written by Windows without byte order mark, and in UTF-8 where that says UTF-16.

    For files that people bring, never for signed content. Raises MalformedJsonError.
    """
    if not raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-16").encode()
    except UnicodeError as error:
        raise MalformedJsonError("the byte order mark says UTF-16, and this is none") from error


def parse_json_object(
    raw: bytes, *, max_bytes: int = MAX_BYTES, max_members: int = MAX_MEMBERS
) -> dict[str, JsonValue]:
    """Read as `parse_json`; also raises MalformedJsonError unless the text is an object."""
    value = parse_json(raw, max_bytes=max_bytes, max_members=max_members)
    if not isinstance(value, dict):
        raise MalformedJsonError("a JSON object is expected")
    return value


def read_own_json(raw: bytes) -> dict[str, JsonValue]:
    """Read an object that we wrote and nobody else could change: nothing is refused."""
    value: dict[str, JsonValue] = jiter.from_json(raw, cache_mode="keys")
    return value


def _require_limits(value: JsonValue, max_depth: int, max_members: int) -> None:
    """Walk level by level, so that depth needs no stack. A level is one array or object inside another."""
    level: list[JsonValue] = [value]
    depth = members = 0
    while level:
        depth += 1
        below: list[JsonValue] = []
        for item in level:  # without texts, which are most values and contain nothing
            if type(item) is dict:
                below += item.values()
            elif type(item) is list:
                below += item
            else:
                _require_number(item)
                continue
            if depth > max_depth:
                raise TooLargeError(f"the JSON is nested deeper than {max_depth} levels")
        members += len(below)
        if members > max_members:
            raise TooLargeError(f"the JSON has more than {max_members} members")
        level = [item for item in below if type(item) is not str]


def _require_texts(value: JsonValue) -> None:
    found: list[JsonValue] = [value]
    for item in found:  # grows during the walk
        if isinstance(item, dict):
            found += item
            found += item.values()
        elif isinstance(item, list):
            found += item
        elif isinstance(item, str) and "\x00" in item:
            raise MalformedJsonError("a string holds the character NUL")


def _require_number(item: JsonValue) -> None:
    """Refuse `1e999`, which is read as infinity and stands for no number that can be stored."""
    # 1e308 is about the largest float; the same bound for both.
    too_large = isinstance(item, Decimal) and abs(item.adjusted()) > _MAX_EXPONENT
    too_large = too_large or (isinstance(item, float) and not math.isfinite(item))
    if too_large or (isinstance(item, int) and item.bit_length() > 4 * _MAX_INTEGER_DIGITS):
        raise MalformedJsonError("a number is too large to be read exactly")
