"""Watch a signature log of any issuer: is its head theirs, does it continue an earlier head, and do its
entries produce the signed root?
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import InputError, ProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.merkle import continues, leaf_hash, root_of_leaves
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.proof.tokens.log_head import SignedHead, read_log_head

_ENTRY = ("key", "sha256", "signed_at")


@dataclass(frozen=True)
class Watched:
    """The outcome.

    Attributes:
        fault: What is wrong with the log; "" for nothing.
        head: The head as published now, to keep.
    """

    head: SignedHead
    kept: SignedHead | None
    fault: str
    document: JsonObject


def watch_log(services: Services, url: str, kept: JsonObject | None, now: datetime) -> Watched:
    """Compare the log at an issuer's URL with an earlier head.

    Args:
        url: The issuer's service.
        kept: What an earlier call returned as `document`.

    Raises:
        InputError: The answers cannot be used.
        ProofError: The issuer did not sign the head.
        UnavailableError: The log cannot be fetched now.
    """
    log = f"{url.rstrip('/')}/log"
    before = None if kept is None else read_head(services, kept, now)
    document = _get(services, f"{log}/head")
    head = read_head(services, document, now)
    return Watched(head, before, _fault(services, log, before, head), document)


def read_head(services: Services, told: JsonObject, now: datetime) -> SignedHead:
    """Return a verified head.

    Raises:
        InputError: It is not a head.
        UnavailableError: The issuer's keys cannot be fetched now.
    """
    token = told.get("signed")
    if not isinstance(token, str):
        raise InputError("this is no head of a log: its member `signed` is missing")
    return read_log_head(token, resolve_did=services.resolvers.resolve_did, now=now)


def is_in_log(services: Services, url: str, content: bytes, head: SignedHead) -> bool:
    """Return whether these exact bytes were signed, under a head of the log at an issuer's URL.

    All entries are read and have to produce the head's root, so a negative answer is proven too.

    Raises:
        ProofError: The entries do not fit the head.
        InputError: The answers cannot be used.
        UnavailableError: The log cannot be fetched now.
    """
    wanted, found = hashlib.sha256(content).hexdigest(), False
    leaves: list[bytes] = []
    while len(leaves) < head.size:
        start = len(leaves)
        told = _get(services, f"{url.rstrip('/')}/log/entries?start={start}&end={head.size}").get("entries")
        if not isinstance(told, list) or not told or not all(isinstance(one, dict) for one in told):
            raise ProofError("the log does not give all the entries that its head speaks of")
        for entry in told[: head.size - start]:  # entries beyond the head prove nothing
            leaves.append(leaf_hash(canonize_json({name: entry.get(name) for name in _ENTRY})))
            found = found or entry.get("sha256") == wanted
    if root_of_leaves(leaves).hex() != head.root:
        raise ProofError("the entries of the log are not those that its head was signed over")
    return found


def _fault(services: Services, log: str, before: SignedHead | None, head: SignedHead) -> str:
    if before is None:
        return ""
    if (before.issuer, before.log) != (head.issuer, head.log):
        return f"it is another log than the one of before, which was {before.log} of {before.issuer}"
    if head.size < before.size:
        return f"it has {head.size} entries, and had {before.size}: what was in it was taken out"
    told = _get(services, f"{log}/consistency?first={before.size}&second={head.size}")
    path = _hashes(told.get("path"))
    roots = bytes.fromhex(before.root), bytes.fromhex(head.root)
    if not continues(before.size, roots[0], head.size, roots[1], path):
        return "it does not go on from the head of before: entries were changed, taken out or slipped in"
    return ""


def _get(services: Services, url: str) -> JsonObject:
    return parse_json_object(services.resolvers.fetch.get(url).spoken_by_host())


def _hashes(told: Any) -> list[bytes]:
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise InputError("the path is a list of hashes in hex")
    try:
        return [bytes.fromhex(one) for one in told]
    except ValueError as error:
        raise InputError("the path is a list of hashes in hex") from error
