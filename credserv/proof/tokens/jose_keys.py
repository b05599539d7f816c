"""Find the key that signed a token, only in the document of the party that must have signed it.

VC-JOSE-COSE 1.0, section 4. A `kid` is compared and never followed: with the name of the method, its
fragment, and the names of its JSON Web Key (attacks 17, 18, 27 and 28).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import UnsupportedKeyError, UnsupportedProofError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.jwk import JoseKey, read_jwk, thumbprint
from credserv.proof.keys.verification_method import find_method, list_entries
from credserv.proof.tokens.jws import CERTIFICATES, Jws


@dataclass(frozen=True)
class NamedKey:
    """A key and the absolute URL of its verification method."""

    method: str
    key: JoseKey


def find_key(document: JsonObject, jws: Jws, *, purpose: str, now: datetime) -> NamedKey:
    """Return the key of `document` that the header of `jws` names; without a name, the only one possible.

    Raises:
        VerificationMethodError: not exactly one method fits, is listed for `purpose`, and is in force.
        UnsupportedProofError: the key that is meant may be of a kind that is not supported.
    """
    by_name = jws.kid not in (None, document.get("id"))  # a DID alone can name any of its keys
    names = [
        name
        for name, entry in list_entries(document, purpose=purpose).items()
        if not by_name or _is_meant(name, entry, jws)
    ]
    if "jwk" in jws.header or not by_name:
        names = [name for name in names if _fits(document, name, jws, purpose)]
    if len(names) != 1:
        if not names and not CERTIFICATES.isdisjoint(jws.header):
            raise UnsupportedProofError(
                "its key could only come out of its certificates (x5c), which prove none for its issuer and "
                "algorithm by a trust anchor that is given here"
            )
        if not names:
            _require_readable(document, by_name, jws, purpose)
        said = "no key" if not names else f"{len(names)} keys"
        raise VerificationMethodError(f"the token could be signed with {said} of its issuer")
    return NamedKey(names[0], _read_key(document, names[0], purpose=purpose, now=now))


def _require_readable(document: JsonObject, by_name: bool, jws: Jws, purpose: str) -> None:
    """Raises UnsupportedKeyError where the key that is meant may be of an unsupported kind."""
    for name, entry in list_entries(document, purpose=purpose).items():
        if by_name and not _is_meant(name, entry, jws):
            continue
        try:
            find_method(document, name, purpose=purpose)
        except UnsupportedKeyError:
            raise
        except VerificationMethodError:
            continue


def _is_meant(name: str, entry: JsonObject, jws: Jws) -> bool:
    """Return whether the `kid` is a name of this method."""
    fragment = name.partition("#")[2]
    if jws.kid in (name, f"#{fragment}", fragment):
        return True
    jwk = entry.get("publicKeyJwk")
    return isinstance(jwk, Mapping) and jws.kid in (jwk.get("kid"), _thumbprint(jwk))


def _thumbprint(jwk: JsonObject) -> str | None:
    try:
        read_jwk(jwk)
    except VerificationMethodError:
        return None
    return thumbprint(jwk)


def _fits(document: JsonObject, name: str, jws: Jws, purpose: str) -> bool:
    """Return whether a method fits.

    A key in the header proves nothing, but can tell which of the issuer's is meant.
    """
    try:
        key = _read_key(document, name, purpose=purpose, now=None)
    except VerificationMethodError:
        return False
    if "jwk" in jws.header and not _is_same(key, read_jwk(jws.header["jwk"])):
        return False
    return jws.algorithm in key.algorithms


def _is_same(one: JoseKey, other: JoseKey) -> bool:
    return (one.key_type, one.public_key) == (other.key_type, other.public_key)


def _read_key(document: JsonObject, name: str, *, purpose: str, now: datetime | None) -> JoseKey:
    method = find_method(document, name, purpose=purpose)
    for end in (method.expires, method.revoked):
        if now is not None and end is not None and end <= now:
            raise VerificationMethodError("the verification method was revoked, or has expired")
    return method.key
