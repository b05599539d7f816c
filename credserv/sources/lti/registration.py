"""LTI Dynamic Registration 1.0: a platform's configuration, our request, and what it grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader
from credserv.ground.strict_json import parse_json_object
from credserv.sources.lti.launch import DEEP_LAUNCH, RESOURCE_LAUNCH
from credserv.sources.lti.services import ITEMS_SCOPES, MEMBERS_SCOPE, RESULTS_SCOPE

_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_ADDRESSES = ("authorization_endpoint", "jwks_uri", "token_endpoint", "registration_endpoint")
_CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")


@dataclass(frozen=True)
class Configuration:
    """A platform's description of itself (3.3)."""

    issuer: str
    authorization_endpoint: str
    jwks_uri: str
    token_endpoint: str
    registration_endpoint: str


def read_configuration(body: bytes, url: str) -> Configuration:
    """Read a configuration fetched from `url`. Its issuer must be at that host. Raises InputError."""
    faults = FaultList()
    reader = ObjectReader(parse_json_object(body), "", faults, members=None)
    read = {name: reader.read_text(name, required=True, max_chars=2_048) for name in ("issuer", *_ADDRESSES)}
    for name in _ADDRESSES:
        try:
            require_https(read[name] or "")
        except FetchRefusedError as error:
            reader.fault(name, error.detail)
    if urlsplit(read["issuer"] or "").netloc.lower() != urlsplit(url).netloc.lower():
        reader.fault("issuer", "is not at the host that this was fetched from")
    faults.require("what the platform says of itself")
    return Configuration(**{name: value or "" for name, value in read.items()})


def build_registration(*, name: str, address: str, public_url: str) -> JsonObject:
    """Build this tool's registration (3.5). `address`: the source's LTI endpoints, without trailing slash."""
    launch = f"{address}/launch"
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{address}/login",
        "redirect_uris": [launch],
        "client_name": name,
        "client_uri": public_url,
        "jwks_uri": f"{address}/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join((MEMBERS_SCOPE, ITEMS_SCOPES[0], RESULTS_SCOPE)),
        _TOOL: {
            "domain": urlsplit(public_url).netloc,
            "target_link_uri": launch,
            "description": f"Badges of {name}",
            "claims": list(_CLAIMS),
            "messages": [
                {"type": kind, "target_link_uri": launch} for kind in (RESOURCE_LAUNCH, DEEP_LAUNCH)
            ],
        },
    }


def read_registration(body: bytes, configuration: Configuration) -> JsonObject:
    """Return the source's new options for the platform. Raises InputError."""
    granted = parse_json_object(body)
    client = granted.get("client_id")
    if not isinstance(client, str) or not client:
        raise InputError("the platform granted no client_id")
    tool: Any = granted.get(_TOOL)
    deployment = tool.get("deployment_id") if isinstance(tool, Mapping) else None
    return {
        "issuer": configuration.issuer,
        "client_id": client,
        "authorization_endpoint": configuration.authorization_endpoint,
        "jwks_uri": configuration.jwks_uri,
        "token_endpoint": configuration.token_endpoint,
        "deployments": [deployment] if isinstance(deployment, str) and deployment else [],
    }
