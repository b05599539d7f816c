"""Calls to other hosts of Open Badges 3.0, and their answers (sections 6 and 7).

All calls use the guarded client, because people name the host and its description names further URLs (attack
W10). An answer is a stranger's word; a badge in it is verified like any other.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from credserv.ground.addresses import require_https, split_address
from credserv.ground.canonical_json import to_json
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, has_unseen
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services

API = "/ims/ob/v3p0"
SCOPES = tuple(
    f"https://purl.imsglobal.org/spec/ob/v3p0/scope/{name}"
    for name in ("credential.readonly", "credential.upsert")
)
OFFLINE = "offline_access"
_NEXT = re.compile(r"<([^<>]{1,2048})>\s*;\s*rel=\"?next\"?", re.ASCII)
_MAX_TEXT_CHARS = 2_048


def base_of(typed: str) -> str:
    """Return where a host's API begins, from what somebody typed or pasted.

    Raises:
        InputError: It is not a host's address.
    """
    text = typed.strip()
    text = text if "://" in text else f"https://{text}"
    base = text.partition(API)[0].rstrip("/")
    try:
        return require_https(base).rstrip("/")
    except UnavailableError as error:
        raise InputError(f"this is not an address of a host: {error.detail}") from error


def describe_host(services: Services, base: str) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Return a host's name, its registration and authorization URLs, and the scopes we use.

    Raises:
        UnavailableError: It cannot be reached now.
        InputError: It is not a host of Open Badges 3.0.
    """
    told = _json(services, f"{base}{API}/discovery", {})
    scheme = _member(told, "components", "securitySchemes", "OAuth2ACG")
    flow = _member(scheme, "flows", "authorizationCode")
    addresses = {
        "register": _address(scheme.get("x-imssf-registrationUrl")),
        "authorize": _address(flow.get("authorizationUrl")),
        "token": _address(flow.get("tokenUrl")),
    }
    for name, given in (("refresh", flow.get("refreshUrl")), ("revoke", flow.get("x-imssf-revocationUrl"))):
        if given is not None:
            addresses[name] = _address(given)
    offered = flow.get("scopes")
    scopes = tuple(one for one in (*SCOPES, OFFLINE) if isinstance(offered, dict) and one in offered)
    if not set(scopes) & set(SCOPES):
        raise InputError("this host offers nothing that a wallet could use")
    title = told.get("info", {}).get("title") if isinstance(told.get("info"), dict) else None
    name = title if isinstance(title, str) and title.strip() and not has_unseen(title) else base
    return cut(name, 80), addresses, scopes


def register(services: Services, addresses: Mapping[str, str], redirect_uri: str, scope: str) -> JsonObject:
    """Register this wallet as an app of the host (section 7.1.1.2).

    Raises:
        UnavailableError: It cannot be reached now.
    """
    own = services.public_url
    told = {
        "client_name": f"Wallet at {split_address(own).hostname}"[:80],
        "client_uri": f"{own}/",
        "logo_uri": f"{own}/assets/mark.svg",
        "tos_uri": f"{own}/docs/wallet-apps",
        "policy_uri": f"{own}/docs/wallet",
        "software_id": "credserv",
        "software_version": "1",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": scope,
    }
    answer = _json(services, addresses["register"], {"Content-Type": "application/json"}, to_json(told))
    return {"id": _text(answer, "client_id"), "secret": _text(answer, "client_secret")}


def ask_token(
    services: Services, address: str, client: Mapping[str, str], form: Mapping[str, str]
) -> JsonObject:
    """Return tokens for a code or refresh token (sections 7.1.2.3 and 7.2.1).

    Raises:
        UnavailableError: The host does not give any.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", **_login(client)}
    answer = _json(services, address, headers, urlencode(form).encode())
    if str(answer.get("token_type", "")).lower() != "bearer":
        raise UnavailableError("the host gave a token of another kind than was asked for")
    again = answer.get("refresh_token")
    kept = {"refresh": again} if isinstance(again, str) and again else {}
    return {"access": _text(answer, "access_token"), **kept}


def revoke(services: Services, address: str, client: Mapping[str, str], token: str) -> None:
    """Revoke a token (RFC 7009).

    Raises:
        UnavailableError: It cannot be reached now.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", **_login(client)}
    services.caller.call(address, headers=headers, content=urlencode({"token": token}).encode())


def read_badges(services: Services, address: str, token: str) -> tuple[list[bytes], str | None] | None:
    """Return the badges of a page and the URL of the next; None if the token no longer works.

    Raises:
        UnavailableError: The answer cannot be had or used.
    """
    answer = services.caller.call(address, headers={**_bearer(token), "Accept": "application/json"})
    if answer.status == 401:
        return None
    told = _read(answer.status, answer.body)
    documents = [one for one in _several(told, "credential") if isinstance(one, dict)]
    tokens = [one for one in _several(told, "compactJwsStrings") if isinstance(one, str)]
    badges = [*map(to_json, documents), *(one.encode() for one in tokens)]
    found = _NEXT.search(answer.headers.get("link", ""))
    following = urljoin(address, found[1]) if found else None
    # A page on another host would receive the token.
    if following is not None and following.partition("?")[0] != address.partition("?")[0]:
        raise UnavailableError("the host says that its next page is somewhere else")
    return badges, following


def send_badge(services: Services, base: str, text: bytes, token: str) -> int | None:
    """Send a badge and return the host's status; None if the token no longer works.

    Raises:
        UnavailableError: It cannot be reached now.
    """
    kind = "application/json" if text.startswith(b"{") else "text/plain"
    headers = {**_bearer(token), "Content-Type": kind, "Accept": kind}
    status = services.caller.call(f"{base}{API}/credentials", headers=headers, content=text).status
    return None if status == 401 else status


def _json(
    services: Services, address: str, headers: Mapping[str, str], content: bytes | None = None
) -> dict[str, Any]:
    answer = services.caller.call(address, headers={"Accept": "application/json", **headers}, content=content)
    return _read(answer.status, answer.body)


def _read(status: int, body: bytes) -> dict[str, Any]:
    if status not in (200, 201):
        raise UnavailableError(f"the host answered with HTTP status {status}")
    try:
        return parse_json_object(body)
    except CredservError as error:
        raise UnavailableError("what the host answered is no JSON object") from error


def _member(told: Mapping[str, Any], *path: str) -> dict[str, Any]:
    found: Any = told
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise InputError("what is there is no host of Open Badges 3.0")
    return found


def _address(value: object) -> str:
    """Add the scheme, which the standard's own examples leave out."""
    if not isinstance(value, str):
        raise InputError("the host does not say where apps register and ask")
    return require_https(value if "://" in value else f"https://{value}")


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT_CHARS or not value.isascii():
        raise UnavailableError(f"the host did not give a usable {name}")
    return value


def _several(told: Mapping[str, Any], name: str) -> list[Any]:
    value = told.get(name, [])
    return value if isinstance(value, list) else []


def _login(client: Mapping[str, str]) -> dict[str, str]:
    pair = f"{quote(client['id'], safe='')}:{quote(client['secret'], safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
