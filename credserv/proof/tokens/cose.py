"""COSE_Sign1 around a credential or presentation: `vc+cose` and `vp+cose` (VC-JOSE-COSE 1.0, section 3.3).

RFC 9052, sections 3 and 4.2 to 4.4; RFC 9360 (x5chain); RFC 9596 (typ). Read as strictly as a JWS and then
treated as one: the header's members have the same names there, and the payload is the same JSON. Everything
about the signature must be in the protected header. Outside it there may only be the name of the key and its
certificates, whose own signatures prove them (RFC 9360, section 2).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import InputError, MalformedProofError, UnsupportedProofError
from credserv.ground.strict_json import parse_json_object
from credserv.openbadges.structure import types_of
from credserv.proof.tokens.cbor import NEGATIVE, TEXT, decode_cbor, encode_bytes
from credserv.proof.tokens.jws import MAX_TOKEN_CHARS, Jws
from credserv.proof.tokens.media_types import media_type, token_type
from credserv.proof.tokens.token import Kind
from credserv.proof.tokens.vc_jwt import CREDENTIAL, PRESENTATION, JwtToken, require_claims_form

SPEC = "VC-JOSE-COSE 1.0, 3.3"
TYPES = {Kind.CREDENTIAL: "application/vc+cose", Kind.PRESENTATION: "application/vp+cose"}
CONTENT_TYPES = {Kind.CREDENTIAL: "application/vc", Kind.PRESENTATION: "application/vp"}
_CONTENTS = {Kind.CREDENTIAL: CREDENTIAL.content_types, Kind.PRESENTATION: PRESENTATION.content_types}
ALG, CRIT, CTY, KID, TYP, X5CHAIN = 1, 2, 3, 4, 16, 33
ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -8: "EdDSA", -19: "Ed25519", -47: "ES256K"}
# Signatures with which nothing can be established: ESP256, PS256 to PS512, and below -45 HSS-LMS, ML-DSA, RSA
# and whatever else is registered. The others are for keys, digests and shared secrets (IANA).
_UNKNOWN_ALGORITHMS = frozenset({-9, -37, -38, -39})
_LAST_OTHER = -45
TAG = b"\xd2"  # 18, COSE_Sign1
_BEGINNINGS = (b"\x84", TAG + b"\x84")  # an array of four, tagged or not
_MAX_KID_BYTES = 1_024
_BASE64 = re.compile(r"[A-Za-z0-9+/]+", re.ASCII).fullmatch
_TO_URL = str.maketrans("+/", "-_")


class CoseToken(JwtToken):
    """See JwtToken."""

    @property
    def mechanism(self) -> str:
        return f"{SPEC}; {self.jws.header['typ']}, {self.jws.algorithm}"


@dataclass(frozen=True)
class _Sign1:
    """A COSE_Sign1 as read.

    Attributes:
        header: the protected header, with `kid` and `x5chain` from outside it.
        protected: as it was signed.
    """

    header: Mapping[int, object]
    protected: bytes
    payload: bytes
    signature: bytes


def find_cose(raw: bytes) -> bytes | None:
    """Return the COSE_Sign1 in a file, raw or as base64 text; None if there is none."""
    if raw.startswith(_BEGINNINGS):
        return raw
    try:
        data = read_base64(raw.strip().decode("ascii"))
    except (InputError, UnicodeDecodeError):
        return None
    return data if data.startswith(_BEGINNINGS) else None


def read_base64(text: str) -> bytes:
    """Decode base64 (RFC 4648, section 4), padded or not, as in W3C's vectors. Raises InputError."""
    bare = text.rstrip("=")
    padding = len(text) - len(bare)
    if len(text) > MAX_TOKEN_CHARS or not _BASE64(bare) or (padding and (padding > 2 or len(text) % 4)):
        raise InputError("not base64, or longer than is read")
    return decode_base64url(bare.translate(_TO_URL))


def kind_of(data: bytes) -> Kind:
    """Return the kind its header states.

    Raises MalformedProofError for neither a credential nor a presentation.
    """
    sign1 = _read(data)
    for kind in Kind:
        if _is_typed(sign1, kind):
            return kind
    typ = sign1.header.get(TYP)
    raise MalformedProofError(f"typ is {str(typ)[:60]!r}, which is neither vc+cose nor vp+cose")


def parse_cose(data: bytes, kind: Kind) -> CoseToken:
    """Parse a COSE_Sign1. Raises MalformedProofError, UnsupportedProofError, and the errors of
    strict_json."""
    sign1 = _read(data)
    header: dict[str, object] = {"alg": _algorithm(sign1.header), "typ": _typ(sign1, kind)}
    header |= _kid(sign1.header)
    header |= _certificates(sign1.header)
    claims = parse_json_object(sign1.payload)
    require_claims_form(claims)
    signed = signed_bytes(sign1.protected, sign1.payload)
    return CoseToken(kind, Jws(header, sign1.payload, signed, sign1.signature), claims)


def signed_bytes(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of a COSE_Sign1 without external data (RFC 9052, section 4.4)."""
    return b"\x84\x6aSignature1" + encode_bytes(protected) + b"\x40" + encode_bytes(payload)


def _read(data: bytes) -> _Sign1:
    if len(data) > MAX_TOKEN_CHARS:
        raise MalformedProofError("a COSE_Sign1 that is larger than is read")
    try:
        parts = decode_cbor(data.removeprefix(TAG))
    except InputError as error:
        raise MalformedProofError(f"no COSE_Sign1: {error.detail}") from error
    match parts:
        case [bytes(protected), dict(beside), bytes(payload), bytes(signature)]:
            pass
        case _:
            raise MalformedProofError("no COSE_Sign1: it is not headers, payload and signature")
    return _Sign1(_header(protected, beside), protected, payload, signature)


def _header(protected: bytes, beside: Mapping[int, object]) -> dict[int, object]:
    try:
        header = decode_cbor(protected, frozenset({NEGATIVE, TEXT})) if protected else {}
    except InputError as error:
        raise MalformedProofError(f"the header of the COSE_Sign1: {error.detail}") from error
    if not isinstance(header, dict) or beside.keys() - {KID, X5CHAIN} or header.keys() & beside.keys():
        raise MalformedProofError(
            "only the name of the key and its certificates may stand outside of what is signed, and once"
        )
    others = header.keys() - {ALG, CRIT, CTY, KID, TYP, X5CHAIN}
    if CRIT in header and not _all_in(header[CRIT], others):
        raise MalformedProofError("a COSE header with crit is not accepted where it names no extension in it")
    if others:
        raise UnsupportedProofError(f"a COSE header with the label {min(others)} is not read here")
    return {**header, **beside}


def _all_in(labels: object, others: Set[int]) -> bool:
    return isinstance(labels, list) and labels != [] and all(label in list(others) for label in labels)


def _algorithm(header: Mapping[int, object]) -> str:
    number = header.get(ALG)
    if isinstance(number, int) and number in ALGORITHMS:
        return ALGORITHMS[number]
    if isinstance(number, int) and (number in _UNKNOWN_ALGORITHMS or number < _LAST_OTHER):
        raise UnsupportedProofError(f"the COSE algorithm {number} is not among those read here")
    raise MalformedProofError(f"not an algorithm for signatures: {str(number)[:40]!r}")


def _typ(sign1: _Sign1, kind: Kind) -> str:
    """Return the `typ` of this kind: a credential is not a presentation (attack 31)."""
    if not _is_typed(sign1, kind):
        raise MalformedProofError(f"typ is {str(sign1.header.get(TYP))[:60]!r}, not {TYPES[kind]}")
    content = sign1.header.get(CTY)
    if CTY in sign1.header and not (isinstance(content, str) and media_type(content) in _CONTENTS[kind]):
        raise MalformedProofError(f"the content type is {str(content)[:60]!r}, which is not that of a {kind}")
    return TYPES[kind]


def _is_typed(sign1: _Sign1, kind: Kind) -> bool:
    """Return whether `typ` is that of the kind.

    It should be there and need not (section 3.3.1); the document tells then.
    """
    typ = sign1.header.get(TYP)
    if TYP not in sign1.header:
        return kind is _kind_of_document(sign1.payload)
    return isinstance(typ, str) and token_type(typ) == token_type(TYPES[kind])


def _kind_of_document(payload: bytes) -> Kind:
    try:
        types = types_of(parse_json_object(payload))
    except InputError:  # reported where it is read
        types = frozenset()
    return Kind.PRESENTATION if "VerifiablePresentation" in types else Kind.CREDENTIAL


def _kid(header: Mapping[int, object]) -> dict[str, str]:
    kid = header.get(KID)
    if kid is None:
        return {}
    if not isinstance(kid, bytes) or not 0 < len(kid) <= _MAX_KID_BYTES:
        raise MalformedProofError(f"kid is a byte string of at most {_MAX_KID_BYTES} bytes")
    try:
        return {"kid": kid.decode()}
    except UnicodeDecodeError as error:
        raise UnsupportedProofError("kid is no text, by which a key of an issuer could be found") from error


def _certificates(header: Mapping[int, object]) -> dict[str, list[str]]:
    """Return the certificates as in `x5c`; COSE has one bare, several in an array (RFC 9360, section 2)."""
    chain = header.get(X5CHAIN)
    if chain is None:
        return {}
    several = chain if isinstance(chain, list) and len(chain) > 1 else [chain]
    certificates = [item for item in several if isinstance(item, bytes)]
    if len(certificates) != len(several):
        raise MalformedProofError("x5chain is one certificate, or an array of several")
    return {"x5c": [base64.b64encode(item).decode() for item in certificates]}
