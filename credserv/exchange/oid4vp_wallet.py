"""OpenID4VP 1.0, the wallet's messages: a verifier's request, read strictly, and the response.

A request that can be read in two ways is refused, because holders agree to what they see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from credserv.exchange.dcql import Query, read_query
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, one_line
from credserv.ground.strict_json import parse_json_object

_SCHEMES = frozenset({"openid4vp", "haip", "haip-vp", "https", "http"})
_MAX_LINK_CHARS = 16_384
_JSON_PARAMETERS = ("dcql_query", "client_metadata")
_MODES = ("direct_post", "direct_post.jwt")
_NONCE = re.compile(r"[A-Za-z0-9._~-]{1,512}", re.ASCII)
_AUDIENCES = ("https://self-issued.me/v2",)
_MAX_NAME_CHARS = 200
_MAX_TEXT_CHARS = 2_048
# Each would ask for more than is shown here, or for a response that goes elsewhere.
_NOT_READ = (
    "transaction_data",
    "presentation_definition",
    "presentation_definition_uri",
    "scope",
    "redirect_uri",
)


class Prefix(StrEnum):
    """How a verifier says who it is (section 5.9.3): the supported prefixes."""

    REDIRECT_URI = "redirect_uri"
    DID = "decentralized_identifier"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"


@dataclass(frozen=True)
class Link:
    """A QR code or link: the request itself, or where it is. `parameters` are those of the link alone."""

    client_id: str
    parameters: JsonObject
    request: str = ""
    request_uri: str = ""
    is_post: bool = False


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        key: to encrypt the response to; None for one in clear.
        client_name: the verifier's own name for itself.
    """

    client_id: str
    response_uri: str
    nonce: str
    state: str | None
    query: Query
    client_name: str = ""
    key: JsonObject | None = None
    encryption: str = "A128GCM"
    formats: Mapping[str, Any] | None = None


def read_link(text: str) -> Link:
    """Read a link. Raises InputError."""
    text = text.strip()
    if len(text) > _MAX_LINK_CHARS:
        raise InputError("a link to a request is shorter")
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise InputError("a request begins with openid4vp:// or https://")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    told = dict(pairs)
    if len(told) != len(pairs):
        raise InputError("the link says something twice")
    client_id = told.get("client_id", "")
    if not client_id:
        raise InputError("this is no request: it names nobody who asks (client_id)")
    method = told.get("request_uri_method", "get")
    if method not in ("get", "post"):
        raise InputError("request_uri_method is get or post")
    if "request" in told and "request_uri" in told:
        raise InputError("the link has two requests")
    parameters = {name: _structured(name, value) for name, value in told.items()}
    return Link(
        client_id, parameters, told.get("request", ""), told.get("request_uri", ""), is_post=method == "post"
    )


def _structured(name: str, value: str) -> Any:
    return parse_json_object(value.encode()) if name in _JSON_PARAMETERS else value


def split_client_id(client_id: str) -> tuple[Prefix, str]:
    """Return the prefix and the rest.

    Raises InputError for others, including `origin`, which only browsers may use.
    """
    prefix, colon, rest = client_id.partition(":")
    try:
        known = Prefix(prefix)
    except ValueError:
        known = None
    if known is None or not colon or not rest:
        raise InputError(
            f"who asks names itself in a way that is not known here ({cut(one_line(prefix), 60)}): such a "
            "request cannot be answered from this wallet"
        )
    return known, rest


def read_request(parameters: JsonObject, *, is_signed: bool) -> Request:
    """Read a request. Raises InputError.

    Args:
        is_signed: whether a signature over the parameters was verified; then they state their audience.
    """
    parameters = _said(parameters)
    for name in _NOT_READ:
        if name in parameters:
            raise InputError(f"the request asks for {name}, which is not answered from this wallet")
    if parameters.get("response_type") != "vp_token":
        raise InputError("the request asks for something else than badges (response_type)")
    mode = parameters.get("response_mode")
    if mode not in _MODES:
        raise InputError("the request wants its answer in a way that is not known here (response_mode)")
    if is_signed:
        _require_audience(parameters.get("aud"))
    client_id, nonce = _text(parameters, "client_id"), _text(parameters, "nonce")
    if not _NONCE.fullmatch(nonce):
        raise InputError("nonce of the request is made of other letters than it may be")
    metadata = parameters.get("client_metadata", {})
    if not isinstance(metadata, Mapping):
        raise InputError("client_metadata is an object")
    metadata = _said(metadata)
    key, encryption = _encryption(metadata) if mode == "direct_post.jwt" else (None, "A128GCM")
    formats = metadata.get("vp_formats_supported")
    return Request(
        client_id,
        _text(parameters, "response_uri"),
        nonce,
        _text(parameters, "state") if "state" in parameters else None,
        read_query(parameters.get("dcql_query")),
        _name(metadata),
        key,
        encryption,
        formats if isinstance(formats, Mapping) else None,
    )


def _said(members: JsonObject) -> dict[str, Any]:
    """Leave out members that are null, which libraries write for what they have no value for."""
    return {name: value for name, value in members.items() if value is not None}


def _require_audience(audience: object) -> None:
    named = audience if isinstance(audience, list) else [audience]
    if audience is not None and not any(one in _AUDIENCES for one in named):
        raise InputError("the request is for another wallet (aud)")


def _encryption(metadata: JsonObject) -> tuple[JsonObject, str]:
    """Return the first usable key, and the stronger method where both are accepted (section 8.3)."""
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    key = next((one for one in keys if _is_for_answers(one)), None) if isinstance(keys, list) else None
    offered = metadata.get("encrypted_response_enc_values_supported", ["A128GCM"])
    ways = [one for one in ("A256GCM", "A128GCM") if isinstance(offered, list) and one in offered]
    if key is None or not ways:
        raise InputError("the request wants an encrypted answer in a way that is not known here")
    return key, ways[0]


def _is_for_answers(key: object) -> bool:
    usual = {"kty": "EC", "crv": "P-256", "use": "enc", "alg": "ECDH-ES"}
    return isinstance(key, Mapping) and all(key.get(name) in (None, one) for name, one in usual.items())


def _name(metadata: JsonObject) -> str:
    name = metadata.get("client_name")
    return cut(one_line(name), _MAX_NAME_CHARS) if isinstance(name, str) else ""


def _text(parameters: JsonObject, name: str) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT_CHARS:
        raise InputError(f"{name} of the request is missing, or no text")
    return value


# --- the answer -----------------------------------------------------------------------------------


def answer_fields(request: Request, shown: Mapping[str, Sequence[str | JsonObject]]) -> dict[str, Any]:
    """Return the members of the response before encryption (section 8.1)."""
    said = {} if request.state is None else {"state": request.state}
    return {"vp_token": {name: list(listed) for name, listed in shown.items()}, **said}


def refusal_fields(request: Request, error: str) -> dict[str, Any]:
    """Return why nothing is shown, with the codes of section 8.5; sent in clear."""
    return {"error": error, **({} if request.state is None else {"state": request.state})}


def as_form(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return them as form fields."""
    return {name: one if isinstance(one, str) else json.dumps(one) for name, one in fields.items()}
