"""Find out whether an address is one of ours, however it is spelt."""

from __future__ import annotations

from ipaddress import IPv6Address
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

from credserv.ground.addresses import DEFAULT_PORTS


def is_under(base: str, address: str) -> bool:
    """Return whether an address is the service's at `base` or below, however host and path are spelt."""
    try:
        own, asked = urlsplit(base), urlsplit(address.strip())
        same_host = (_host(own), own.port or DEFAULT_PORTS.get(own.scheme)) == (
            _host(asked),
            asked.port or DEFAULT_PORTS.get(asked.scheme.lower()),
        )
    except ValueError:
        return False
    return same_host and asked.scheme.lower() in DEFAULT_PORTS and is_below(own.path, unquote(asked.path))


def _host(parts: SplitResult) -> str:
    """Return the host; an IPv6 address in its one form (RFC 5952)."""
    host = parts.hostname or ""
    return str(IPv6Address(host)) if ":" in host else host


def is_below(place: str, path: str) -> bool:
    """Return whether a path leads to a place or below it, by any detour (RFC 3986, section 5.2.4)."""
    place = place.rstrip("/")
    return not place or f"{normpath(f'/{path}')}/".replace("//", "/").startswith(f"{place}/")
