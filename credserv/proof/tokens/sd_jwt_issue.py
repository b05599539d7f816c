"""Create a `vc+sd-jwt` or `vp+sd-jwt`, show parts of it, and bind it to its holder.

RFC 9901, sections 4 and 6; VC-JOSE-COSE 1.0, section 3.2.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.jwk import read_jwk
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.jwt_claims import to_date
from credserv.proof.tokens.sd_disclosures import ALGORITHM, ALWAYS_VISIBLE, DIGESTS, ELEMENT, parse_disclosure
from credserv.proof.tokens.sd_jwt import DEFAULT_HASH, KB_TYPE, Bound, digest, parse_sd_jwt, split_sd_jwt
from credserv.proof.tokens.sd_jwt_vc import is_sd_jwt_vc, parse_sd_jwt_vc
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import refuse_envelope

Path = tuple[str | int, ...]

_SALT_BYTES = 16  # RFC 9901, section 9.3
# A verifier needs these to find the key and to know what it reads, so they can never be withheld.
_NEVER_OURS = ALWAYS_VISIBLE | {"issuer", "holder", "type", "id"}


def sign_sd_jwt(
    credential: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    disclosable: Collection[Path] = (),
    holder_jwk: JsonObject | None = None,
    decoys: int = 0,
    kind: Kind = Kind.CREDENTIAL,
    envelope: JsonObject | None = None,
    salt: Callable[[], bytes] = lambda: secrets.token_bytes(_SALT_BYTES),
) -> str:
    """Return the SD-JWT with all its disclosures.

    Args:
        disclosable: paths of member names and list positions, such as ("credentialSubject", "name"); one
            inside another has its own disclosure.
        holder_jwk: the public key that can bind it.
        decoys: how many digests of nothing to add at the top, so that the number of digests reveals less.
        envelope: claims beside those of the document (`presentation_claims`).

    Raises:
        InputError: the document or a path is unfit.
        SigningKeyError: the key cannot sign.
        VerificationMethodError: holder_jwk is unfit.
    """
    refuse_envelope(credential)
    if _uses_reserved(credential):
        raise InputError("a member of the credential has a name that SD-JWT uses itself")
    claims, disclosures = _disclosing({**credential, **(envelope or {})}, disclosable, salt)
    if decoys:
        fakes = [digest(encode_base64url(salt()), claims) for _ in range(decoys)]
        claims[DIGESTS] = sorted([*claims.get(DIGESTS, []), *fakes])
    if holder_jwk is not None:
        read_jwk(holder_jwk)
        claims["cnf"] = {"jwk": dict(holder_jwk)}
    prefix = "vp" if kind is Kind.PRESENTATION else "vc"
    header = {"kid": verification_method, "typ": f"{prefix}+sd-jwt", "cty": prefix}
    return "~".join([sign_jws(claims, header=header, signer=signer), *disclosures, ""])


def sign_sd_jwt_vc(
    claims: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    disclosable: Collection[Path],
    holder_jwk: JsonObject,
    salt: Callable[[], bytes] = lambda: secrets.token_bytes(_SALT_BYTES),
) -> str:
    """Create an SD-JWT VC of the IETF as `sign_sd_jwt` does; its claims are about its subject (section
    3.2.2)."""
    if _uses_reserved(claims):
        raise InputError("a claim has a name that SD-JWT uses itself")
    read_jwk(holder_jwk)
    shown, disclosures = _disclosing({**claims, "cnf": {"jwk": dict(holder_jwk)}}, disclosable, salt)
    header = {"kid": verification_method, "typ": "dc+sd-jwt"}
    return "~".join([sign_jws(shown, header=header, signer=signer), *disclosures, ""])


def present_sd_jwt(sd_jwt: str, *, withhold: Collection[str] = ()) -> str:
    """Return the token without the disclosures of members named in `withhold` and those inside them.

    Raises as `parse_sd_jwt`, before and after.
    """
    issued, disclosures, _ = split_sd_jwt(sd_jwt)
    kept = [encoded for encoded in disclosures if parse_disclosure(encoded).name not in withhold]
    shown = "~".join([issued, *_reachable(_parse(sd_jwt).signed, kept), ""])
    _parse(shown)
    return shown


def bind_sd_jwt(sd_jwt: str, *, signer: Signer, binding: Binding, now: datetime) -> str:
    """Return the token with a key binding by the holder, for the reader that `binding` names.

    Raises as `parse_sd_jwt`, and InputError for a token already bound or an incomplete binding.
    """
    token = _parse(sd_jwt)
    if binding.audience is None or binding.nonce is None:
        raise InputError("a key binding names its reader and its occasion (RFC 9901, section 4.3)")
    if token.key_binding:
        raise InputError("the SD-JWT carries a key binding already")
    claims = {
        "iat": to_date(now),
        "aud": binding.audience,
        "nonce": binding.nonce,
        "sd_hash": digest(sd_jwt, token.signed),
    }
    return sd_jwt + sign_jws(claims, header={"typ": KB_TYPE}, signer=signer)


def _parse(sd_jwt: str) -> Bound:
    """Parse a vc+sd-jwt or an SD-JWT VC."""
    issued = sd_jwt.partition("~")[0]
    return parse_sd_jwt_vc(sd_jwt).opened if is_sd_jwt_vc(issued) else parse_sd_jwt(sd_jwt)


def _disclosing(
    document: JsonObject, disclosable: Collection[Path], salt: Callable[[], bytes]
) -> tuple[dict[str, Any], list[str]]:
    """Return the claims with digests in place of what can be withheld, and the disclosures."""
    claims: dict[str, Any] = copy.deepcopy(dict(document))
    # Decided here, so that every digest below uses it and the holder's side need not guess.
    claims[ALGORITHM] = DEFAULT_HASH
    disclosures: list[str] = []
    for path in sorted(set(disclosable), key=lambda path: (-len(path), [str(step) for step in path])):
        disclosures.append(_withhold(claims, path, encode_base64url(salt())))
    return claims, disclosures


def _withhold(claims: dict[str, Any], path: Path, salt: str) -> str:
    """Put a digest in place of what is at `path`; returns the disclosure."""
    if not path or path[0] in _NEVER_OURS:
        raise InputError(f"{path[0] if path else 'the whole'} cannot be withheld")
    parent, last = _parent(claims, path), path[-1]
    if isinstance(last, int):
        encoded = _encode(salt, parent[last])
        parent[last] = {ELEMENT: digest(encoded, claims)}
    else:
        encoded = _encode(salt, last, parent.pop(last))
        parent[DIGESTS] = sorted([*parent.get(DIGESTS, []), digest(encoded, claims)])
    return encoded


def _parent(claims: dict[str, Any], path: Path) -> Any:
    value: Any = claims
    for number, step in enumerate(path):
        is_there = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        )
        if not is_there:
            raise InputError(f"there is nothing at {'/'.join(map(str, path))[:200]} that could be withheld")
        if number < len(path) - 1:
            value = value[step]
    return value


def _encode(*parts: Any) -> str:
    return encode_base64url(to_json(list(parts)))


def _reachable(signed: JsonObject, kept: Sequence[str]) -> list[str]:
    """Drop disclosures whose digest is in one that was left out."""
    by_digest = {digest(encoded, signed): encoded for encoded in kept}
    reached: set[str] = set()
    waiting: list[Any] = [signed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and value in by_digest and value not in reached:
            reached.add(value)
            waiting.append(parse_disclosure(by_digest[value]).value)
        elif isinstance(value, (dict, list)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return [encoded for key, encoded in by_digest.items() if key in reached]


def _uses_reserved(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool({DIGESTS, ELEMENT, ALGORITHM} & value.keys()) or any(map(_uses_reserved, value.values()))
    return isinstance(value, list) and any(map(_uses_reserved, value))
