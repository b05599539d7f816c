"""Write entries for the log of a did:webvh of our own.

Source: did:webvh 1.0, sections "Create (Register)" and "Update (Rotate)".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import read_own_json
from credserv.proof.data_integrity.proofs import proof_options
from credserv.proof.keys.signer import Signer
from credserv.proof.webvh.entry import METHOD, PURPOSE, SUITE, entry_hash, scid_of
from credserv.proof.webvh.identifier import PREFIX, SCID


def placeholder(did_web: str) -> str:
    """Return the did:webvh of a did:web's place before its SCID is known."""
    return named_at(SCID, did_web)


def named_at(scid: str, did_web: str) -> str:
    """Return the did:webvh with this SCID at a did:web's place."""
    return f"{PREFIX}{scid}:{did_web.removeprefix('did:web:')}"


def first_entry(
    document: JsonObject, parameters: Mapping[str, Any], *, signer: Signer, now: datetime
) -> dict[str, Any]:
    """Create the first entry.

    Args:
        document: named by `placeholder`.
        parameters: without `method` and `scid`.
        signer: Ed25519, one of the first `updateKeys`.
    """
    preliminary = {
        "versionId": SCID,
        "versionTime": format_instant(now),
        "parameters": {"method": METHOD, "scid": SCID, **parameters},
        "state": dict(document),
    }
    scid = scid_of(preliminary, SCID)
    entry = read_own_json(to_json(preliminary).replace(SCID.encode(), scid.encode()))
    return _signed(entry, 1, scid, signer, now)


def next_entry(
    before: str, document: JsonObject, parameters: Mapping[str, Any], *, signer: Signer, now: datetime
) -> dict[str, Any]:
    """Create the next entry.

    Args:
        before: the previous versionId.
        parameters: only what changes.
        now: later than that of the previous entry.
    """
    entry = {"versionTime": format_instant(now), "parameters": dict(parameters), "state": dict(document)}
    return _signed(entry, int(before.partition("-")[0]) + 1, before, signer, now)


def _signed(entry: JsonObject, number: int, before: str, signer: Signer, now: datetime) -> dict[str, Any]:
    whole = {**entry, "versionId": f"{number}-{entry_hash(entry, before)}"}
    key = signer.public_key_multibase
    options = proof_options(SUITE, f"did:key:{key}#{key}", now, PURPOSE)
    ordered = {name: whole[name] for name in ("versionId", "versionTime", "parameters", "state")}
    return {**ordered, "proof": [SUITE.create_proof(ordered, options, signer)]}


def to_line(entry: JsonObject) -> bytes:
    """Return the entry as a line of the log."""
    return to_json(entry) + b"\n"
