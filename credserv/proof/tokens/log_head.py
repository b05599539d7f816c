"""The signed head of a log of signatures: its number of entries and its root (RFC 6962, 3.5, as a JWS)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.jws import Profile, parse_jws, sign_jws
from credserv.proof.tokens.token import Circumstances
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS, verify_by

TYPE = "credserv-log-head+jws"
_PROFILE = Profile("a head of a log", frozenset({TYPE}), W3C_ALGORITHMS)
_HASH = re.compile(r"[0-9a-f]{64}")
_MEMBERS = {"iss", "log", "size", "root", "made_at"}


@dataclass(frozen=True)
class SignedHead:
    """A signed head. `root` is hex; `issuer` owns the log, and its key signed the head."""

    issuer: str
    log: str
    size: int
    root: str
    made_at: datetime


def sign_log_head(
    *,
    size: int,
    root: str,
    made_at: datetime,
    issuer: str,
    log: str,
    signer: Signer,
    verification_method: str,
) -> str:
    """Sign a head. `log` is its address. Raises SigningKeyError."""
    payload = {"iss": issuer, "log": log, "size": size, "root": root, "made_at": format_instant(made_at)}
    return sign_jws(payload, header={"kid": verification_method, "typ": TYPE}, signer=signer)


def read_log_head(token: str, *, resolve_did: Callable[[str], JsonObject], now: datetime) -> SignedHead:
    """Verify a head.

    Raises:
        ProofError: the issuer that it names did not sign it.
        UnavailableError: the issuer's keys could not be fetched.
        InputError: it is malformed.
    """
    jws = parse_jws(token, _PROFILE)
    told = parse_json_object(jws.payload)
    size, root, issuer = told.get("size"), told.get("root"), told.get("iss")
    if told.keys() != _MEMBERS or not isinstance(size, int) or size < 1:
        raise MalformedProofError("this is no head of a log")
    if not isinstance(root, str) or not _HASH.fullmatch(root) or not isinstance(issuer, str):
        raise MalformedProofError("this is no head of a log")
    verify_by(jws, issuer, Circumstances(resolve_did=resolve_did, now=now))
    return SignedHead(issuer, str(told["log"]), size, root, parse_instant(str(told["made_at"])))
