"""Whether a signature is in its issuer's log, by the proof in an archive, without asking anybody.

It never changes a verdict. A stolen key shows in what is *not* in the log, and an archive made before there
was a log, or a moment after the signature, contains no proof.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.exchange.archive import digest
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import CredservError, InputError, ProofError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.merkle import includes, leaf_hash
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.openbadges.structure import issuer_of
from credserv.proof.tokens.log_head import read_log_head
from credserv.records.issuance_log import LogEntry

IN_THE_LOG, NOT_CHECKED, FAILS = "in-the-log", "not-checked", "proof-fails"


def judge_logged(services: Services, told: JsonObject, content: bytes, now: datetime) -> JsonObject:
    """Return `state`, and where it is in the log, since when and under which head.

    Args:
        services: Without a network.
    """
    try:
        entry, leaf = _read_entry(told)
        head = read_log_head(str(told["head"]["signed"]), resolve_did=services.resolvers.resolve_did, now=now)
        path = [bytes.fromhex(one) for one in told["path"]]
        holds = includes(leaf, int(told["position"]), head.size, path, bytes.fromhex(head.root))
        ours = entry.sha256 == digest(content) and head.issuer == issuer_of(parse_json_object(content))
    except UnavailableError as error:
        return {"state": NOT_CHECKED, "detail": error.detail}
    except (InputError, ProofError, KeyError, TypeError, ValueError, AttributeError) as error:
        detail = error.detail if isinstance(error, CredservError) else "it cannot be read"
        return {"state": FAILS, "detail": detail}
    if not holds or not ours:
        return {"state": FAILS, "detail": "it is the proof of something else"}
    signed_at, made_at = format_instant(entry.signed_at), format_instant(head.made_at)
    return {
        "state": IN_THE_LOG,
        "signed_at": signed_at,
        "log": head.log,
        "size": head.size,
        "made_at": made_at,
    }


def _read_entry(told: Any) -> tuple[LogEntry, bytes]:
    said = told["entry"]
    entry = LogEntry("", str(said["sha256"]), str(said["key"]), parse_instant(str(said["signed_at"])))
    return entry, leaf_hash(entry.leaf())
