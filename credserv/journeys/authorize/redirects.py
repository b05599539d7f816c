"""Redirect URIs: which ones may be registered, and how an answer is put on one.

RFC 6749, section 3.1.2; RFC 8252, sections 7.1, 7.3 and 8.3 to 8.6; RFC 9700, section 4.1. An authorization
request's URI is compared with the registered ones as plain text only (attack 91).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from credserv.ground.addresses import has_url_characters, is_host_name, is_https, split_address
from credserv.ground.errors import AppRequestError

MAX_CHARS = 1_024
# The app's own scheme: its domain in reverse order (RFC 8252, section 7.1), and a path without a host.
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+:/(?!/)", re.ASCII)
_LOOPBACK = ("127.0.0.1", "::1")
_OURS = frozenset({"code", "state", "iss", "scope", "error", "error_description", "response"})


def read_redirect_uri(uri: object, *, is_public: bool) -> str:
    """Validate a redirect URI: https to a named host; for an installed app also http to the
    loopback address, or its own scheme.

    Args:
        is_public: Whether the app keeps no secret. An app with its own scheme cannot keep one, and any app on
            the device may claim the scheme, so only PKCE protects the code.

    Raises:
        AppRequestError: `invalid_redirect_uri`.
    """
    if not isinstance(uri, str) or len(uri) > MAX_CHARS or not has_url_characters(uri):
        raise _refused("it is no address, or has characters that belong in none")
    parts = split_address(uri)
    host = parts.hostname or ""
    secure = is_https(uri) and is_host_name(host)
    local = parts.scheme == "http" and host in _LOOPBACK and parts.port is not None
    own = is_public and _OWN_SCHEME.match(uri) is not None
    if not secure and not local and not own:
        raise _refused(
            "it is neither https to a host by its name, nor http to 127.0.0.1 or [::1] and a port, nor, for "
            "an app that keeps no secret, a scheme of its own such as com.example.app:/return"
        )
    if not own:
        _require_one_spelling(uri, parts)
    if "#" in uri:
        raise _refused("it has a fragment")
    if {".", ".."} & set(unquote(parts.path).split("/")) or "//" in parts.path:
        raise _refused("its path leads back")
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if len(names) != len(set(names)) or _OURS & set(names):
        raise _refused("its query names one parameter twice, or one that the answer needs")
    return uri


def _require_one_spelling(uri: str, parts: SplitResult) -> None:
    """Refuse a second spelling of the same URI, such as upper case in scheme or host, or an empty port."""
    if "@" in parts.netloc or parts.netloc.endswith(":") or not uri.startswith(f"{parts.scheme}://"):
        raise _refused("it has a user name, or is spelt in an unusual way")
    if parts.netloc != parts.netloc.lower():
        raise _refused("its host is not in lower case")


def answer_address(redirect_uri: str, answer: Mapping[str, str]) -> str:
    """Return the URL that takes an answer to the app."""
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{urlencode(answer)}"


def origin_of(redirect_uri: str) -> str:
    """Return the origin that a page's policy allows its form to lead to (attack W8)."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def name_with_origin(name: str, redirect_uri: str) -> str:
    """Return an app's name for a consent: what it calls itself, and where it is."""
    return f"{name} ({origin_of(redirect_uri)})"


def _refused(reason: str) -> AppRequestError:
    return AppRequestError(f"this redirect URI cannot be used: {reason}", error="invalid_redirect_uri")
