"""Compact JWS, read strictly: anything two readers could understand differently is refused.

RFC 7515, RFC 8725 (best practices). Algorithm, type and every header member are judged before any key is
looked for, and keys come only from the issuer's own document: a header can name a key, never bring one
(attacks 25 to 35). The further rules of a JWT profile are in its `Profile`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import InputError, MalformedProofError, TooLargeError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import ALGORITHMS, RS256, JoseKey
from credserv.proof.keys.rsa_signer import RsaSigner
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.media_types import media_type, token_type

MAX_TOKEN_CHARS = 1_400_000  # the largest document we read, in base64url
_MAX_HEADER_CHARS = 16_384  # a chain of certificates is base64 twice over
_MAX_KID_CHARS = 1_024
_MAX_SIGNATURE_CHARS = 1_024
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# No signature by a private key: shared secrets and encryption (RFC 7518). Any other unknown name may be an
# algorithm that we do not support, so nothing is established, rather than wrong.
_NO_SIGNATURE = re.compile(r"none|hs[0-9]+.*|dir|a[0-9]+.*|rsa1_5|rsa-oaep.*|pbes2.*|ecdh.*", re.ASCII)
# Types of JWTs made for another purpose, which are no credentials (RFC 8725, section 3.11).
_OTHER_PURPOSES = frozenset(
    {"vc+jwt", "vp+jwt", "vc+sd-jwt", "vp+sd-jwt", "dc+sd-jwt", "kb+jwt", "kb+sd-jwt", "at+jwt", "dpop+jwt"}
    | {"openid4vci-proof+jwt", "oauth-authz-req+jwt", "secevent+jwt", "logout+jwt", "token-introspection+jwt"}
    | {"entity-statement+jwt", "statuslist+jwt", "jwt"}
)
_OTHER_CONTENTS = _OTHER_PURPOSES | {"vc", "vp"}
_TOKEN_TYPE = re.compile(r"[a-z0-9._+-]*(?:jwt|jws|jose|json)|[a-z0-9._-]+", re.ASCII)
_ALGORITHM = re.compile(r"[A-Za-z0-9+._-]{3,}", re.ASCII)
# Each would change what is signed or which key is used, or belongs to another format (RFC 7515, section 4.1;
# RFC 7516; RFC 7797).
_FORBIDDEN = ("b64", "zip", "enc", "jku", "x5u", "epk", "p2c", "p2s")
_REGISTERED = {"alg", "jwk", "kid", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", *_FORBIDDEN}
KEY_ADDRESSES = frozenset({"jku", "x5u"})
# Content types for JSON. They decide nothing (RFC 7515, section 4.1.10).
JSON_CONTENT = frozenset({None, "json", "ld+json"})
# Used where the operator gave anchors (`certified`); otherwise they neither add nor remove a key.
CERTIFICATES = frozenset({"x5c", "x5t", "x5t#S256"})


@dataclass(frozen=True)
class Profile:
    """One use of JWS. None in `types` and `content_types` allows the member to be absent.

    Attributes:
        members: the only header members allowed; None ignores others, as RFC 7515 requires.
        ignored: members refused elsewhere that are skipped here, and never followed.
    """

    name: str
    types: frozenset[str | None]
    algorithms: frozenset[str]
    content_types: frozenset[str | None] = frozenset({None})
    members: frozenset[str] | None = None
    allows_jwk: bool = False
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Jws:
    """A well-formed token. Nothing of it is proven before `verify`."""

    header: JsonObject
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        algorithm: str = self.header["alg"]
        return algorithm

    @property
    def kid(self) -> str | None:
        return self.header.get("kid")

    def verify(self, key: JoseKey) -> None:
        """Verify. Raises InvalidSignatureError; MalformedProofError if the header's algorithm is not the
        key's."""
        key.verify(self.algorithm, self.signature, self.signing_input)


def parse_jws(token: str, profile: Profile) -> Jws:
    """Parse a compact token.

    Raises:
        MalformedProofError: the token breaks a rule.
        UnsupportedProofError: the algorithm is merely unknown.
        InputError: the header is not strict JSON (the errors of strict_json).
    """
    header_part, payload_part, signature_part = split_compact(token)
    header = _parse_header(header_part)
    require_algorithm(header, profile)  # first: with another algorithm, nothing else can be judged
    _require_one_of("typ", header, profile.types, profile)
    _require_header(header, profile)
    if len(signature_part) > _MAX_SIGNATURE_CHARS or not signature_part:
        raise MalformedProofError("the signature is missing, or too long")
    return Jws(
        header,
        _decode(payload_part, "payload"),
        f"{header_part}.{payload_part}".encode("ascii"),
        _decode(signature_part, "signature"),
    )


def peek_header(token: str) -> JsonObject:
    """Return a token's header, unjudged, to find out what it claims to be. Raises as `parse_jws`."""
    return _parse_header(split_compact(token)[0])


def peek_type(token: str) -> object:
    """Return its `typ` as `token_type` spells it; "jwt" where it has none.

    Raises as `peek_header`.
    """
    typ = peek_header(token).get("typ", "jwt")
    return token_type(typ) if isinstance(typ, str) else typ


def payload_of(token: str) -> bytes:
    """Return a token's payload, unjudged. Raises MalformedProofError."""
    return _decode(split_compact(token)[1], "payload")


def split_compact(token: str) -> list[str]:
    if len(token) > MAX_TOKEN_CHARS:
        raise TooLargeError("a larger JWS than is read")
    parts = token.split(".", 3) if token.isascii() else []
    # A regular expression would take four times as long.
    if len(parts) != 3 or not parts[0] or token.encode().translate(None, _LETTERS) != b"..":
        raise MalformedProofError("not a JWS in its compact form")
    return parts


def sign_jws(payload: JsonObject, *, header: JsonObject, signer: Signer | RsaSigner) -> str:
    """Return the compact token. Its `alg` is always the key's, whatever `header` says.

    Raises SigningKeyError.
    """
    named = {"alg": algorithm_of(signer)}  # it comes first, and nothing in the header overrides it
    parts = [{**named, **header, **named}, payload]
    signing_input = ".".join(encode_base64url(to_json(part)) for part in parts)
    return f"{signing_input}.{encode_base64url(signer.sign(signing_input.encode('ascii')))}"


def algorithm_of(signer: Signer | RsaSigner) -> str:
    return RS256 if isinstance(signer, RsaSigner) else ALGORITHMS[signer.key_type]


@lru_cache(maxsize=256)
def _parse_header(part: str) -> JsonObject:
    """Parse a header. Recent ones are cached by their exact text: all tokens of one key have the same."""
    if len(part) > _MAX_HEADER_CHARS:
        raise TooLargeError(f"a JWS header of more than {_MAX_HEADER_CHARS} characters")
    return parse_json_object(_decode(part, "header"))


def _decode(part: str, name: str) -> bytes:
    try:
        return decode_base64url(part)
    except InputError as error:
        raise MalformedProofError(f"the {name} of the JWS is {error.detail}") from error


def require_algorithm(header: JsonObject, profile: Profile) -> None:
    """Refuse `none` in any spelling and every symmetric algorithm (attacks 25 and 26)."""
    algorithm = header.get("alg")
    if (
        not isinstance(algorithm, str)
        or not _ALGORITHM.fullmatch(algorithm)
        or _NO_SIGNATURE.fullmatch(algorithm.lower())
    ):
        raise MalformedProofError(f"not an algorithm for signatures: {str(algorithm)[:40]!r}")
    if algorithm not in profile.algorithms:
        raise UnsupportedProofError(
            f"{algorithm[:40]} is not among the algorithms of {profile.name} that are verified here"
        )


def _refuse_critical(named: object, header: JsonObject) -> NoReturn:
    """Raise UnsupportedProofError for extensions, none of which is known here, such as those of JAdES.

    Raises MalformedProofError for a `crit` that names none (RFC 7515, section 4.1.11).
    """
    names = named if isinstance(named, list) else []
    if not names or not all(isinstance(one, str) and one in header.keys() - _REGISTERED for one in names):
        raise MalformedProofError("a JWS header with crit is not accepted where it names no extension in it")
    raise UnsupportedProofError(f"its header has {names[0][:40]!r}, which whoever reads it has to know")


def _require_header(header: JsonObject, profile: Profile) -> None:
    for name in _FORBIDDEN:
        if name in header and name not in profile.ignored:
            raise MalformedProofError(f"a JWS header with {name} is not accepted")
    if "crit" in header:
        _refuse_critical(header["crit"], header)
    if "jwk" in header and not profile.allows_jwk:
        raise MalformedProofError(f"a key in the header proves nothing, and {profile.name} has none")
    others = header.keys() - {"x5c"} - (profile.members or header.keys())
    if others:
        other = min(others)
        raise MalformedProofError(f"{profile.name} has no header member {other[:40]!r}")
    _require_one_of("cty", header, profile.content_types, profile)
    kid = header.get("kid", "kid")
    if isinstance(kid, str) and len(kid) > _MAX_KID_CHARS and kid.startswith("did:"):
        raise UnsupportedProofError("its key is named by a DID that is longer than is read")  # post-quantum
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID_CHARS:
        raise MalformedProofError(f"kid is a string of at most {_MAX_KID_CHARS} characters")


def _require_one_of(name: str, header: JsonObject, allowed: frozenset[str | None], profile: Profile) -> None:
    """Require an exact match: a token made for one purpose is none for another (RFC 8725, section 3.11;
    attack 31)."""
    value = header.get(name)
    absent = name not in header
    if absent and None in allowed:
        return
    spell = token_type if name == "typ" else media_type
    if isinstance(value, str) and spell(value) in map(spell, filter(None, allowed)):
        return
    if isinstance(value, str):
        _require_known(name, value)
    said = "is missing" if absent else f"is {str(value)[:60]!r}"
    raise MalformedProofError(f"{name} {said}, which is not that of {profile.name}")


def _require_known(name: str, value: str) -> None:
    """Raises UnsupportedProofError: an unknown type may still be that of a credential."""
    named, known = token_type(value), _OTHER_PURPOSES
    if name == "cty":
        named, known = media_type(value), _OTHER_CONTENTS
    if _TOKEN_TYPE.fullmatch(named) and named not in known:
        raise UnsupportedProofError(f"tokens with the {name} {value[:60]!r} are not known here")
