"""OpenID4VP 1.0, the verifier's messages: the request a wallet fetches, and the response it posts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from credserv.exchange.dcql import JWT_VC, LDP_VC, SD_JWT_VC, Query, write_query
from credserv.ground.canonical_json import to_json
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object

REQUEST_TYPE = "oauth-authz-req+jwt"  # in its header (section 5)
DID_PREFIX, REDIRECT_PREFIX = "decentralized_identifier:", "redirect_uri:"  # section 5.9.3
ENCRYPTIONS = ("A128GCM", "A256GCM")
_AUDIENCE = "https://self-issued.me/v2"  # for a wallet whose metadata is unknown (section 5.8)
_SCHEME = "openid4vp://"
_ALGORITHMS = ["EdDSA", "ES256", "ES384"]
_FORMATS = {
    LDP_VC: {
        "proof_type_values": ["DataIntegrityProof", "Ed25519Signature2020"],
        "cryptosuite_values": [
            *("eddsa-rdfc-2022", "ecdsa-rdfc-2019", "ecdsa-sd-2023", "eddsa-jcs-2022", "ecdsa-jcs-2019"),
        ],
    },
    JWT_VC: {"alg_values": [*_ALGORITHMS, "RS256"]},
    SD_JWT_VC: {"sd-jwt_alg_values": _ALGORITHMS, "kb-jwt_alg_values": _ALGORITHMS},
}
_MAX_SHOWN = 20
_ERROR = re.compile(r"[a-z_]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Ask:
    """One request. `key` is the public JWK to encrypt the response to; None for a response in clear."""

    client_id: str
    client_name: str
    response_uri: str
    nonce: str
    state: str
    query: Query
    key: JsonObject | None = None


@dataclass(frozen=True)
class Response:
    """A response. `shown`: presentations by the id of their query; `error`: from a wallet that shows
    nothing, else ""."""

    state: str
    shown: Mapping[str, Sequence[str | JsonObject]]
    error: str = ""


def request_parameters(ask: Ask) -> dict[str, Any]:
    """Return the authorization request (section 5.1)."""
    metadata: dict[str, Any] = {"client_name": ask.client_name, "vp_formats_supported": _FORMATS}
    if ask.key is not None:
        metadata |= {"jwks": {"keys": [dict(ask.key)]}}
        metadata |= {"encrypted_response_enc_values_supported": list(ENCRYPTIONS)}
    return {
        "response_type": "vp_token",
        "response_mode": "direct_post" if ask.key is None else "direct_post.jwt",
        "client_id": ask.client_id,
        "response_uri": ask.response_uri,
        "nonce": ask.nonce,
        "state": ask.state,
        "dcql_query": write_query(ask.query),
        "client_metadata": metadata,
    }


def request_claims(ask: Ask, *, issued_at: datetime, ends_at: datetime, wallet_nonce: str = "") -> JsonObject:
    """Return the claims to sign, without `iss`: the client_id says who asks (section 5).

    Args:
        wallet_nonce: what the wallet sent with its POST; "" for nothing (section 5.10).
    """
    times = {"iat": int(issued_at.timestamp()), "exp": int(ends_at.timestamp())}
    said = {"wallet_nonce": wallet_nonce} if wallet_nonce else {}
    return {"aud": _AUDIENCE, **times, **request_parameters(ask), **said}


def link_to_request(client_id: str, request_uri: str) -> str:
    """Return what opens a wallet app; the signed request is at `request_uri`."""
    return (
        _SCHEME
        + "?"
        + urlencode({"client_id": client_id, "request_uri": request_uri, "request_uri_method": "post"})
    )


def link_with_request(ask: Ask) -> str:
    """Return a link with the whole request, unsigned: it proves only where the response goes."""
    return (
        _SCHEME
        + "?"
        + urlencode(
            {
                name: value if isinstance(value, str) else to_json(value).decode()
                for name, value in request_parameters(ask).items()
            }
        )
    )


def read_response(fields: Mapping[str, Any]) -> Response:
    """Read a response from its form, encrypted or not (sections 8.1 to 8.3). Raises InputError."""
    state, error = fields.get("state", ""), fields.get("error", "")
    if not isinstance(state, str) or not isinstance(error, str):
        raise InputError("state and error are texts")
    if error:
        return Response(state, {}, error if _ERROR.fullmatch(error) else "unknown_error")
    token = fields.get("vp_token")
    if isinstance(token, str):
        token = parse_json_object(token.encode())
    if not isinstance(token, Mapping) or not token:
        raise InputError("vp_token is an object: the id of each query, with a list of presentations")
    shown: dict[str, Sequence[str | JsonObject]] = {}
    for query_id, listed in token.items():
        if not isinstance(listed, list) or not 0 < len(listed) <= _MAX_SHOWN:
            raise InputError(f"vp_token has a list of 1 to {_MAX_SHOWN} presentations for each query")
        if not all(isinstance(one, str | Mapping) and one for one in listed):
            raise InputError("a presentation is a text or an object")
        shown[query_id] = listed
    if sum(map(len, shown.values())) > _MAX_SHOWN:
        raise InputError(f"at most {_MAX_SHOWN} presentations are looked at")
    return Response(state, shown)


def require_asked(query: Query, response: Response) -> None:
    """Require that exactly what was asked for is shown (section 6.4). Raises InputError."""
    for query_id, listed in response.shown.items():
        asked = query.find(query_id)
        if asked is None:
            raise InputError(f"vp_token answers {query_id[:64]!r}, which was not asked")
        if len(listed) > 1 and not asked.multiple:
            raise InputError(f"several presentations for {query_id}, where one was asked for")
        if any(isinstance(one, str) is (asked.format == LDP_VC) for one in listed):
            raise InputError(f"what is shown for {query_id} is no {asked.format}")
        if any(isinstance(one, str) and ("~" in one) is not (asked.format == SD_JWT_VC) for one in listed):
            raise InputError(f"what is shown for {query_id} is no {asked.format}")
    if not query.is_answered_by(response.shown):
        raise InputError("something that was asked for is not shown")
