"""From a JSON document to its canonical bytes (RFC 8785, JSON Canonicalization Scheme), and to plain ones.

msgspec makes the canonical form of nearly every document, at a tenth of the time. What it would write
otherwise is left to rfc8785: names beyond ASCII, which RFC 8785 sorts by UTF-16 code units; numbers that
ECMAScript writes in another way, or not at all; and whatever is no plain JSON value.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import rfc8785

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject

_MAX_EXACT_INTEGER = 2**53 - 1
# In between, ECMAScript and msgspec both write a number without an exponent, by its shortest digits.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e16
_write: Callable[[object], bytes] = msgspec.json.Encoder().encode
_write_sorted: Callable[[object], bytes] = msgspec.json.Encoder(order="sorted").encode


def canonize_json(document: JsonObject) -> bytes:
    """Raises InputError for what has no canonical form that all readers agree on.

    That is: integers past 2^53, half surrogate pairs, NaN, and values that are no JSON.
    """
    plain = dict(document)
    try:
        text = _write_sorted(plain)  # first, for it ends where a value holds itself
        return text if _is_written_alike(plain) else rfc8785.dumps(plain)
    except (rfc8785.CanonicalizationError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"no canonical form as JSON: {error}") from error


def to_json(value: object) -> bytes:
    """Without spaces, members in the order they have. Raises InputError for what JSON cannot hold."""
    try:
        text = _write(value)
        if not _is_written_alike(value):
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError("not a value that JSON can hold") from error
    return text


def write_answer(value: object) -> bytes:
    """As `to_json`, of an answer of ours: with names in ASCII, and no numbers but small whole ones."""
    return _write(value)


def _is_written_alike(value: object) -> bool:
    """Whether msgspec and RFC 8785 write all of it alike. Raises TypeError for names that are no text."""
    level = [value]
    while level:
        names: list[str] = []
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                names += item
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif item is not None and type(item) is not str and not _is_number_alike(item):
                return False
        if not "".join(names).isascii():
            return False
        level = [item for item in below if type(item) is not str]
    return True


def _is_number_alike(value: object) -> bool:
    if isinstance(value, float):
        return not value.is_integer() and _LEAST_PLAIN <= abs(value) < _MOST_PLAIN
    return isinstance(value, int) and abs(value) <= _MAX_EXACT_INTEGER
