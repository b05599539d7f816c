"""The addresses from which an issuer's hosted assertions may be served. Open Badges 2.0, VerificationObject.

Without this rule anyone could serve an assertion that names somebody else's badge. `startsWith` and
`allowedOrigins` come from the profile as its own host serves it; without either, the scope is the origin of
the profile's `id`.
"""

from __future__ import annotations

from credserv.ground.addresses import split_address
from credserv.ground.errors import ProofError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.openbadges.v2.assertion import verification_of


def require_scope(address: str, badge: str, *, issuer: JsonObject, issuer_id: str) -> None:
    """Require that assertion and badge class are the issuer's to serve. Raises ProofError.

    Args:
        address: of the assertion.
        badge: of its badge class; "" where the assertion contains it.
    """
    policy = verification_of(issuer)
    if isinstance(issuer.get("verification"), str):
        raise UnsupportedProofError("its issuer keeps its rules for verification in another place")
    starts = _texts(policy, "startsWith")
    origins = _texts(policy, "allowedOrigins")
    if starts is None and origins is None:
        allowed = _same_origin(address, issuer_id)
    else:
        allowed = starts is None or any(_starts_with(address, start) for start in starts)
        allowed = allowed and (origins is None or _is_among(address, origins))
    if not allowed:
        raise ProofError("it is not served from where its issuer lets its assertions be served")
    hosts = [*(origins or ()), *(_host(start) for start in starts or ())]
    if badge and not _same_origin(badge, issuer_id) and not _is_among(badge, hosts):
        raise ProofError("its badge class is served by another host than its issuer's")


def _texts(policy: JsonObject, name: str) -> list[str] | None:
    return [item for item in listed(policy[name]) if isinstance(item, str)] if name in policy else None


def _starts_with(address: str, start: str) -> bool:
    """Match a prefix with its whole host: `https://a.example` is no prefix of `https://a.example.evil/`."""
    return address.startswith(start) and _same_origin(address, start)


def _is_among(address: str, origins: list[str]) -> bool:
    """Match an origin. The specification has host names there; some issuers write the whole origin."""
    parts = split_address(address)
    own = {parts.hostname or "", parts.netloc.lower(), f"{parts.scheme}://{parts.netloc}".lower()}
    return any(origin.lower().rstrip("/") in own for origin in origins if origin)


def _same_origin(one: str, other: str) -> bool:
    return _origin(one) == _origin(other) != ("", "")


def _origin(address: str) -> tuple[str, str]:
    """Return the origin; http counts as https, over which it is fetched."""
    parts = split_address(address)
    scheme = "https" if parts.scheme == "http" else parts.scheme
    return scheme, parts.netloc.lower().removesuffix(":443" if scheme == "https" else "")


def _host(address: str) -> str:
    return split_address(address).netloc
