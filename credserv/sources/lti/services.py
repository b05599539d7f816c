"""The services of an LTI platform, as its launches name them.

They say who is in a course (NRPS 2.0) and what its gradebook has (AGS 2.0). Builds requests and reads
answers; nothing is fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from credserv.ground.addresses import require_https
from credserv.ground.encoding import random_token
from credserv.ground.errors import FetchRefusedError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.sources.lti.reading import CLAIM
from credserv.sources.lti.settings import Platform
from credserv.sources.signing.tool_key import sign_claims

_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/"
MEMBERS_SCOPE = _NRPS + "scope/contextmembership.readonly"
ITEMS_SCOPES = (_AGS + "scope/lineitem.readonly", _AGS + "scope/lineitem")
RESULTS_SCOPE = _AGS + "scope/result.readonly"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NEXT = re.compile(r'<([^<>]{1,2048})>[^,<>]*;\s*rel="?next"?', re.IGNORECASE)
_SECONDS = 300


@dataclass(frozen=True)
class Course:
    """Where to ask about a course; None for what its platform does not offer us."""

    id: str
    members_url: str | None = None
    items_url: str | None = None
    scopes: tuple[str, ...] = ()


def read_course(claims: JsonObject) -> Course | None:
    """Return the course of a verified launch; None where it names no course or offers nothing."""
    context = claims.get(CLAIM + "context")
    members = claims.get(_NRPS + "claim/namesroleservice")
    grades = claims.get(_AGS + "claim/endpoint")
    identifier = context.get("id") if isinstance(context, Mapping) else None
    if not isinstance(identifier, str) or not identifier:
        return None
    members_url = _address(members, "context_memberships_url")
    offered = _scopes(grades)
    items = [one for one in ITEMS_SCOPES if one in offered][:1]
    items_url = _address(grades, "lineitems") if items and RESULTS_SCOPE in offered else None
    scopes = ([MEMBERS_SCOPE] if members_url else []) + ([*items, RESULTS_SCOPE] if items_url else [])
    return Course(identifier, members_url, items_url, tuple(scopes)) if scopes else None


def token_request(platform: Platform, scopes: Iterable[str], key: str, now: datetime) -> bytes:
    """Build the form for an access token (Security Framework, 4.1): a claim we sign, without a password."""
    made = int(now.timestamp())
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_endpoint,
        "iat": made,
        "exp": made + _SECONDS,
        "jti": random_token(16),
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": sign_claims(claims, key),
        "scope": " ".join(scopes),
    }
    return urlencode(form).encode()


def read_token(body: bytes) -> str:
    """Return the token. Raises InputError."""
    found = parse_json_object(body).get("access_token")
    if not isinstance(found, str) or not found.isascii() or not found.isprintable() or " " in found:
        raise InputError("the platform gave no access token")
    return found


def next_page(url: str, headers: Mapping[str, str]) -> str | None:
    """Return the next page, only on the host of the first: the token is for nobody else."""
    found = _NEXT.search(headers.get("link", ""))
    if found is None or urlsplit(found[1]).netloc.lower() != urlsplit(url).netloc.lower():
        return None
    return found[1]


def results_url(item_url: str) -> str:
    """Return the results of a line item (AGS 2.0, 3.3): `/results` is added to its path, before a query."""
    path, question, query = item_url.partition("?")
    return f"{path.rstrip('/')}/results{question}{query}"


def _address(service: object, name: str) -> str | None:
    found = service.get(name) if isinstance(service, Mapping) else None
    try:
        return require_https(found) if isinstance(found, str) else None
    except FetchRefusedError:
        return None


def _scopes(service: object) -> list[Any]:
    found = service.get("scope") if isinstance(service, Mapping) else None
    return found if isinstance(found, list) else []
