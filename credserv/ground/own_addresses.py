"""Whether an address is one of ours, however it is spelt."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


def is_under(base: str, address: str) -> bool:
    """Whether an address is one of the service at `base`, however host and path are spelt."""
    try:
        own, asked = urlsplit(base), urlsplit(address.strip())
        same_host = (own.hostname, own.port or _PORTS.get(own.scheme)) == (
            asked.hostname,
            asked.port or _PORTS.get(asked.scheme.lower()),
        )
    except ValueError:
        return False
    return same_host and asked.scheme.lower() in _PORTS and unquote(asked.path).startswith(own.path)
