"""Statements with attachments (part three, 1.5.2): multipart/mixed, the statements first, then raw data.

Attachments are checked against the statements and then dropped: we keep what somebody achieved, not other
people's files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from credserv.ground.errors import Fault, InputError
from credserv.ground.reading import pointer

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_MAX_PARTS = 100
_SHA2 = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


def is_multipart(content_type: str) -> bool:
    return content_type.strip().lower().startswith("multipart/mixed")


def read_parts(body: bytes, content_type: str) -> tuple[bytes, frozenset[str]]:
    """Return the JSON of the statements, and the hashes that name the data beside it.

    Raises InputError for parts that violate the standard.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise InputError("multipart/mixed needs a boundary")
    parts = _split(body, (found[1] or found[2]).encode("latin-1", "replace"))
    headers, statements = parts[0]
    if not headers.get("content-type", "").lower().startswith("application/json"):
        raise InputError("the first part holds the statements, with Content-Type: application/json")
    return statements, frozenset(_hash_of(*part) for part in parts[1:])


def find_missing(statements: Sequence[Any], hashes: frozenset[str]) -> tuple[Fault, ...]:
    """Return attachments neither included nor at an address, and data no statement mentions."""
    named: set[str] = set()
    faults: list[Fault] = []
    for index, statement in enumerate(statements):
        for number, attachment in enumerate(_attachments(statement)):
            sha2 = attachment.get("sha2")
            named.add(str(sha2).lower())
            if "fileUrl" not in attachment and str(sha2).lower() not in hashes:
                place = pointer("", index, "attachments", number)
                faults.append(Fault(place, "is neither sent along nor at a fileUrl"))
    return (*faults, *(Fault("", f"no statement speaks of the data {one}") for one in sorted(hashes - named)))


def _attachments(statement: Any) -> list[Mapping[str, Any]]:
    """Return the attachments of a statement and its sub-statement."""
    if not isinstance(statement, Mapping):
        return []
    found = statement.get("attachments")
    own = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    thing = statement.get("object")
    is_within = isinstance(thing, Mapping) and thing.get("objectType") == "SubStatement"
    return own + (_attachments(thing) if is_within else [])


def _split(body: bytes, boundary: bytes) -> list[tuple[Mapping[str, str], bytes]]:
    """Split at the boundary, which begins a line; the last one ends in two dashes (RFC 2046, 5.1.1)."""
    delimiter = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(delimiter, _MAX_PARTS + 1)
    if len(pieces) < 3 or len(pieces) > _MAX_PARTS + 1 or not pieces[-1].startswith(b"--"):
        raise InputError(f"the parts do not end where the boundary says, or are more than {_MAX_PARTS}")
    parts: list[tuple[Mapping[str, str], bytes]] = []
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank:
            raise InputError("a part without its blank line")
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        parts.append(({name.strip().lower(): value.strip() for name, _, value in pairs}, content))
    return parts


def _hash_of(headers: Mapping[str, str], content: bytes) -> str:
    named = headers.get("x-experience-api-hash", "").lower()
    if headers.get("content-transfer-encoding", "").lower() != "binary" or not named:
        raise InputError("each further part has X-Experience-API-Hash, and Content-Transfer-Encoding: binary")
    algorithm = _SHA2.get(len(named))
    if algorithm is None or hashlib.new(algorithm, content).hexdigest() != named:
        raise InputError("the data of a part has not the hash that it is named by")
    return named
