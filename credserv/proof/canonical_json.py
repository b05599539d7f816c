"""From a JSON document to its canonical bytes (RFC 8785, JSON Canonicalization Scheme)."""

from __future__ import annotations

import rfc8785

from credserv.errors import InputError
from credserv.store.records import JsonObject


def canonize_json(document: JsonObject) -> bytes:
    """Raises InputError for what has no canonical form that all readers agree on.

    That is: integers past 2^53, half surrogate pairs, NaN, and values that are no JSON.
    """
    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise InputError(f"no canonical form as JSON: {error}") from error
