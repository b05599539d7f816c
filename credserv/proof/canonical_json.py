"""From a JSON document to its canonical bytes (RFC 8785, JSON Canonicalization Scheme).

Python's own writer makes the canonical form of nearly every document, at a sixth of the time. What it would
write otherwise is left to rfc8785: names beyond ASCII, which RFC 8785 sorts by UTF-16 code units; numbers
that ECMAScript writes in another way, or not at all; and whatever is no plain JSON value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import rfc8785

from credserv.errors import InputError
from credserv.store.records import JsonObject

_MAX_EXACT_INTEGER = 2**53 - 1
# In between, ECMAScript and Python both write a number without an exponent, by its shortest digits.
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e16
_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def canonize_json(document: JsonObject) -> bytes:
    """Raises InputError for what has no canonical form that all readers agree on.

    That is: integers past 2^53, half surrogate pairs, NaN, and values that are no JSON.
    """
    plain = dict(document)
    try:
        text = _write(plain)  # first, for it ends where a value holds itself
        return text.encode() if _is_written_alike(plain) else rfc8785.dumps(plain)
    except (rfc8785.CanonicalizationError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"no canonical form as JSON: {error}") from error


def _is_written_alike(document: Mapping[str, object]) -> bool:
    """Whether Python and RFC 8785 write all of it alike. Raises TypeError for names that are no text."""
    found: list[object] = [document]
    for value in found:  # grows while it is walked
        if type(value) is str:
            continue
        if isinstance(value, dict):
            if not "".join(value).isascii():
                return False
            found += value.values()
        elif isinstance(value, list):
            found += value
        elif value is not None and not _is_number_alike(value):
            return False
    return True


def _is_number_alike(value: object) -> bool:
    if isinstance(value, float):
        return not value.is_integer() and _LEAST_PLAIN <= abs(value) < _MOST_PLAIN
    return isinstance(value, int) and abs(value) <= _MAX_EXACT_INTEGER
