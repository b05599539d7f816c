"""What an app says of itself when it registers (RFC 7591, section 2; Open Badges 3.0, section 7.1.1.2).

All of it is a stranger's word: limited in size, shown as text, and no URL in it is ever fetched (attack 92).
Unknown members are left out of the answer, as RFC 7591 requires.
"""

from __future__ import annotations

from typing import Any

from credserv.ground.addresses import host_of, is_host_name, is_https, is_https_page
from credserv.ground.errors import AppRequestError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import has_unseen
from credserv.journeys.authorize.redirects import read_redirect_uri
from credserv.journeys.authorize.scopes import OPEN_BADGES_SCOPES, WORDS, read_scopes

BASIC, NO_SECRET = "client_secret_basic", "none"
AUTH_METHODS = (BASIC, NO_SECRET)
GRANT_TYPES = ("authorization_code", "refresh_token")
RESPONSE_TYPES = ("code",)
_MAX_CHARS, _MAX_NAME_CHARS, _MAX_ITEMS = 1_024, 80, 10
_PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_TEXTS = ("software_id", "software_version")
# Each would make us fetch from, or trust, a stranger.
_REFUSED = ("jwks", "jwks_uri", "sector_identifier_uri", "software_statement", "request_uris")


def read_metadata(told: JsonObject) -> dict[str, Any]:
    """Return the metadata to register, with defaults filled in.

    Raises:
        AppRequestError: `invalid_redirect_uri` or `invalid_client_metadata`.
    """
    for name in _REFUSED:
        if name in told:
            raise _refused(f"{name} is not taken here")
    uris = told.get("redirect_uris")
    if not isinstance(uris, list) or not 0 < len(uris) <= _MAX_ITEMS:
        raise AppRequestError(f"redirect_uris is a list of 1 to {_MAX_ITEMS}", error="invalid_redirect_uri")
    method = _auth_method(told.get("token_endpoint_auth_method", BASIC))
    read = (read_redirect_uri(uri, is_public=method == NO_SECRET) for uri in uris)
    found: dict[str, Any] = {
        "client_name": _name(told.get("client_name")),
        "redirect_uris": list(dict.fromkeys(read)),
        "token_endpoint_auth_method": method,
        "grant_types": _chosen(told, "grant_types", GRANT_TYPES),
        "response_types": _chosen(told, "response_types", RESPONSE_TYPES),
        "scope": _scope(told.get("scope")),
    }
    found |= {name: _page(name, told[name]) for name in _PAGES if name in told}
    found |= {name: _text(name, told[name]) for name in _TEXTS if name in told}
    if "contacts" in told:
        found["contacts"] = _contacts(told["contacts"])
    _require_open_badges(found)
    _require_one_host(found)
    return found


def _require_open_badges(found: dict[str, Any]) -> None:
    """Require everything that Open Badges demands of an app that asks for badges by that standard."""
    missing = [name for name in (*_PAGES, *_TEXTS) if name not in found]
    if missing and OPEN_BADGES_SCOPES & set(found["scope"].split()):
        raise _refused(f"Open Badges 3.0 needs {', '.join(missing)}")


def _require_one_host(found: dict[str, Any]) -> None:
    pages = [found[name] for name in _PAGES if name in found]
    hosts = {host_of(uri) for uri in [*pages, *found["redirect_uris"]] if is_https(uri)}
    if len(hosts) > 1:
        raise _refused("all its addresses are on one host")


def _name(value: object) -> str:
    text = _text("client_name", value)
    if len(text) > _MAX_NAME_CHARS or text != text.strip():
        raise _refused(f"client_name has at most {_MAX_NAME_CHARS} characters, and none around it")
    return text


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_CHARS or has_unseen(value):
        raise _refused(f"{name} is missing, or no text of at most {_MAX_CHARS} characters")
    return value


def _page(name: str, value: object) -> str:
    text = _text(name, value)
    if not is_https_page(text) or not is_host_name(host_of(text)):
        raise _refused(f"{name} is no https address of a host by its name")
    return text


def _auth_method(value: object) -> str:
    if value not in AUTH_METHODS:
        raise _refused(f"token_endpoint_auth_method is one of {', '.join(AUTH_METHODS)}")
    return str(value)


def _chosen(told: JsonObject, name: str, among: tuple[str, ...]) -> list[str]:
    value = told.get(name, [among[0]])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _refused(f"{name} is a list of texts")
    if among[0] not in value or not set(value) <= set(among):
        raise _refused(f"{name} has {among[0]}, and of others only {', '.join(among[1:]) or 'none'}")
    return list(dict.fromkeys(value))


def _scope(value: object) -> str:
    try:
        return " ".join(read_scopes(_text("scope", value), among=frozenset(WORDS)))
    except AppRequestError as error:
        raise _refused(error.detail) from error


def _contacts(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise _refused(f"contacts is a list of at most {_MAX_ITEMS}")
    return [_text("contacts", one) for one in value]


def _refused(reason: str) -> AppRequestError:
    return AppRequestError(reason, error="invalid_client_metadata")
