"""Find the key that signed a token, only in the document of the party that must have signed it.

VC-JOSE-COSE 1.0, section 4. A `kid` is compared and never followed: with the name of the method, its
fragment, and the names of its JSON Web Key (attacks 17, 18, 27 and 28).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.addresses import is_https
from credserv.ground.errors import (
    ProofError,
    UnsupportedKeyError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.jwk import JoseKey, read_jwk, thumbprint
from credserv.proof.keys.verification_method import (
    OWN_KEYS,
    find_method,
    list_entries,
    refuse_former_name,
    subject_of,
)
from credserv.proof.tokens.jws import CERTIFICATES, Jws

_MAX_KEYS = 8
_ELSEWHERE = ("did:", "https://", "http://")


@dataclass(frozen=True)
class NamedKey:
    """A key and the absolute URL of its verification method."""

    method: str
    key: JoseKey


def resource_of(jws: Jws, controller: str) -> str:
    """Return what to resolve for the keys of `controller`: it, or the version of a did:webvh that the `kid`
    names.
    """
    named = (jws.kid or "").partition("#")[0]
    return named if subject_of(named) == controller else controller


def verify_by_key(document: JsonObject, jws: Jws, *, purpose: str, now: datetime) -> str:
    """Verify with a key of `document` that the header may mean, and return the name of its method.

    Raises as `find_keys`; InvalidSignatureError and MalformedProofError where none of those keys signed, and
    UnsupportedKeyError where the signer may be another key that cannot be read.
    """
    failures: list[ProofError] = []
    for named in find_keys(document, jws, purpose=purpose, now=now):
        try:
            jws.verify(named.key)
        except ProofError as error:
            failures.append(error)
        else:
            return named.method
    if not _names_key(document, jws):
        _require_readable(document, False, jws, purpose)
    raise next((error for error in failures if isinstance(error, UnsupportedProofError)), failures[0])


def find_keys(document: JsonObject, jws: Jws, *, purpose: str, now: datetime) -> tuple[NamedKey, ...]:
    """Return the keys of `document` that the header of `jws` may mean; at least one.

    Without a name these are all that go with its algorithm, as the controller has put each of them there.

    Raises:
        VerificationMethodError: no method fits, is listed for `purpose`, and is in force.
        UnsupportedProofError: the key that is meant may be of a kind that is not supported, or is not looked
            up.
    """
    entries = list_entries(document, purpose=purpose)
    by_name = _names_key(document, jws)
    names = [name for name, entry in entries.items() if not by_name or _is_meant(name, entry, jws)]
    if not names and by_name and _has_one_key(document, jws):
        by_name, names = False, list(entries)
    if "jwk" in jws.header or not by_name:
        names = [name for name in names if _fits(document, name, jws, purpose)]
    if not names:
        _require_known(document, by_name, jws, purpose)
        raise VerificationMethodError("the token could be signed with no key of its issuer")
    if len(names) > _MAX_KEYS:
        raise UnsupportedProofError(f"the token names none of the {len(names)} keys of its issuer")
    keys, failures = list[NamedKey](), list[VerificationMethodError]()
    for name in names:
        try:
            keys.append(NamedKey(name, _read_key(document, name, purpose=purpose, now=now)))
        except VerificationMethodError as error:
            failures.append(error)
    if not keys:
        raise failures[0]
    return tuple(keys)


def _names_key(document: JsonObject, jws: Jws) -> bool:
    """Return whether the header has a `kid` that is a key's; a DID alone can mean any of its keys."""
    return _name(jws) not in (None, document.get("id"))


def _name(jws: Jws) -> str | None:
    """Return the `kid` without a version, which `resource_of` has for whoever resolves."""
    return None if jws.kid is None else "".join((subject_of(jws.kid), *jws.kid.partition("#")[1:]))


def _has_one_key(document: JsonObject, jws: Jws) -> bool:
    """Return whether the `kid` can only mean the one key of a DID that is its own key.

    Issuers name that by their own words, such as its path in a key store. Only a name of somebody else's key
    cannot mean it.
    """
    did, kid = str(document.get("id")), _name(jws) or ""
    return did.startswith(OWN_KEYS) and (not kid.startswith(_ELSEWHERE) or kid.partition("#")[0] == did)


def _require_known(document: JsonObject, by_name: bool, jws: Jws, purpose: str) -> None:
    """Raises UnsupportedProofError where the key that is meant may be somewhere that is not looked at.

    That is in a certificate, at an address of its own (Open Badges 3.0, section 8.2.3), or in a form that is
    not read.
    """
    if not CERTIFICATES.isdisjoint(jws.header):
        raise UnsupportedProofError(
            "its key could only come out of its certificates (x5c), which prove none for its issuer and "
            "algorithm by a trust anchor that is given here"
        )
    kid, did = jws.kid or "", str(document.get("id"))
    if is_https(kid) and kid.partition("#")[0] != did and not did.startswith(OWN_KEYS):
        raise UnsupportedProofError(f"its key is named by an address that is not looked up: {kid[:120]!r}")
    refuse_former_name(did, kid, *list_entries(document, purpose=purpose))
    _require_readable(document, by_name, jws, purpose)


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
    if _name(jws) in (name, f"#{fragment}", fragment):
        return True
    jwk = entry.get("publicKeyJwk")
    own = [jwk.get("kid"), _thumbprint(jwk)] if isinstance(jwk, Mapping) else []
    return jws.kid in own or _name(jws) in [f"{subject_of(name)}#{kid}" for kid in own if kid]


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
