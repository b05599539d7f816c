"""The names of did:webvh: which log belongs to whom, where it is, and which version is requested.

Source: did:webvh 1.0, sections "Method-Specific Identifier", "The DID to HTTPS Transformation" and "Reading
did:webvh DID URLs".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError, UnsupportedProofError
from credserv.proof.keys.verification_method import did_web_url

PREFIX = "did:webvh:"
SCID = "{SCID}"  # placeholder until the SCID is known
_SCID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII).fullmatch  # a SHA-256 multihash in base58btc
_PORT = re.compile(r"[^:%]+%3A[1-9][0-9]{0,4}(?::.*)?", re.ASCII).fullmatch


@dataclass(frozen=True)
class Wanted:
    """What a DID URL without fragment requests.

    Attributes:
        query: `versionId`, `versionTime` or `versionNumber` and its value; None for the newest version.
    """

    did: str
    scid: str
    query: tuple[str, str] | None = None


@lru_cache(maxsize=1024)
def read_did(url: str) -> Wanted:
    """Read a DID URL. Raises InputError if it is no did:webvh, UnsupportedProofError for any other query."""
    did, asks, query = url.partition("?")
    scid, _, place = did.removeprefix(PREFIX).partition(":")
    if not did.startswith(PREFIX) or not _SCID(scid) or not place:
        raise InputError(f"not a did:webvh with its SCID and host: {did[:120]!r}")
    if not asks:
        return Wanted(did, scid)
    asked = parse_qsl(query, keep_blank_values=True)
    if len(asked) != 1 or asked[0][0] not in ("versionId", "versionTime", "versionNumber"):
        raise UnsupportedProofError(f"a DID URL that asks for more than one version: {query[:120]!r}")
    name, value = asked[0]
    if name == "versionTime":
        parse_instant(value)
    return Wanted(did, scid, (name, value))


def web_did(did: str) -> str:
    """Return the did:web of the same place; any other identifier unchanged."""
    return f"did:web:{did.split(':', 3)[-1]}" if did.startswith(PREFIX) else did


def log_url(did: str) -> str:
    """Return the address of the log.

    Raises:
        InputError: no resolver could follow it.
        UnsupportedProofError: a port, or an internationalised or percent-encoded name, which are not
            supported.
    """
    read_did(did)
    place = web_did(did).removeprefix("did:web:")
    if not place.isascii() or _PORT(place):
        raise UnsupportedProofError(f"a did:webvh with a port or beyond ASCII is not followed: {did[:99]!r}")
    return did_web_url(f"did:web:{place}") + "l"


def witness_url(did: str) -> str:
    """Return the address of the witness proofs. Raises as `log_url`."""
    return log_url(did).removesuffix("did.jsonl") + "did-witness.json"
