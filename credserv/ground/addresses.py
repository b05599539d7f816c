"""Web addresses: which may be fetched, which are shown as links, which hosts are this machine.

One rule for each question, wherever an address is accepted or examined.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Set
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

from credserv.ground.errors import FetchRefusedError

MAX_URL_CHARS = 2_048
DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_NOTHING = SplitResult("", "", "", "", "")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_BRACKETED = re.compile(r"\[([0-9a-fA-F:.%a-z]+)\](?::[0-9]{1,5})?", re.ASCII)
_URL_TEXT = re.compile(r"[!-\[\]-~]+", re.ASCII)  # printable ASCII except the backslash
LINK = r"https?://[!-~]{1,2040}"  # as a pattern
_LINK = re.compile(LINK, re.ASCII)
_NOT_IN_LINKS = frozenset('<>"\\^`{|} \x7f')


def split_address(address: str) -> SplitResult:
    """Return the parts of an address; empty parts where host or port cannot be read."""
    try:
        parts = urlsplit(address)
        return parts if parts.port is None or parts.port > 0 else _NOTHING
    except ValueError:
        return _NOTHING


def has_web_scheme(address: str) -> bool:
    """Return whether an address begins with http: or https:, even one that cannot be read or asked."""
    return address.lower().startswith(("http:", "https:"))


def host_of(address: str) -> str:
    """Return its host in lower case; "" where there is none."""
    return split_address(address).hostname or ""


def normal_address(address: str) -> str:
    """Return a web address as browsers write its origin; "" where it cannot be read.

    Scheme and host are in lower case, an IPv6 address in its one form (RFC 5952). The port that the scheme
    implies (RFC 3986, section 6.2.3; RFC 6454, section 4) and slashes at the end are left out.
    """
    parts = split_address(address.strip())
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{ipaddress.IPv6Address(host)}]" if is_ip_address(host) else ""
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/") if host else ""


def is_host_name(host: str) -> bool:
    """Return whether it is a host name in lower case: no IP address, no trailing dot, IDN as A-labels."""
    return len(host) <= 253 and _HOST.fullmatch(host) is not None and _NUMBER.fullmatch(host) is None


def is_domain_name(host: str) -> bool:
    """Return whether it is a host name of at least two labels that ends in a top-level domain."""
    last = host.rpartition(".")[2]
    return is_host_name(host) and last != host and len(last) > 1 and last[0].isalpha()


def is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1_024)
def visitor_of(address: str) -> str:
    """Return whom requests from an address are counted for.

    That is an IPv4 address, or the /64 of an IPv6 one, which a household or machine has in full; text that is
    no address is returned unchanged. Some proxies append the port, which differs for each request and is
    removed.
    """
    try:
        found = ipaddress.ip_address(_without_port(address).partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))


def _without_port(address: str) -> str:
    """Remove the port from `[2001:db8::7]:4711` and `203.0.113.9:4711` (RFC 7239, section 6)."""
    bracketed = _BRACKETED.fullmatch(address)
    if bracketed is not None:
        return bracketed[1]
    return address.partition(":")[0] if address.count(":") == 1 else address


def is_https(address: str) -> bool:
    """Return whether it is an https address with a host.

    `require_https` decides whether it may be fetched.
    """
    parts = split_address(address)
    return parts.scheme == "https" and bool(parts.hostname)


def is_web_address(address: str) -> bool:
    """Return whether it is an http or https address: no DID, URN, path or file name."""
    parts = split_address(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def comparable(identifier: str) -> str:
    """Return an identifier as ids of credentials are compared: unescaped (Open Badges 3.0, section 10), and a
    UUID in lower case (RFC 9562, section 4)."""
    plain = unquote(identifier).strip()
    return plain.lower() if plain.lower().startswith("urn:uuid:") else plain


def climbs(address: str) -> bool:
    """Return whether an address climbs out of its folder, also in the spellings that hosts normalise first
    (RFC 3986, section 6.2.2): it looks like one place and is served from another."""
    path = address.partition("://")[2].partition("?")[0].partition("#")[0]
    segments = unquote(unquote(path)).replace("\\", "/").split("/")[1:]
    return not {".", ".."}.isdisjoint(segments)


def is_link(text: str) -> bool:
    """Return whether a text is just one web address in printable ASCII, pasted as a link."""
    return _LINK.fullmatch(text) is not None


def has_url_characters(text: str) -> bool:
    """Return whether it is printable ASCII without backslash, as RFC 3986 allows in a URL."""
    return _URL_TEXT.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Return whether a host name or address never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ip_address(host) and ipaddress.ip_address(host).is_loopback


def is_web_page(address: object) -> bool:
    """Return whether people may be shown it as a link.

    It has to be absolute http(s) with a host, without user name, spaces, or characters that hide or break
    markup. It may be one that is never fetched.
    """
    if not isinstance(address, str) or len(address) > MAX_URL_CHARS or not address.isprintable():
        return False
    if not _NOT_IN_LINKS.isdisjoint(address):
        return False
    parts = split_address(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None


def is_https_page(address: object) -> bool:
    """Return whether it is an `is_web_page` over https."""
    return isinstance(address, str) and is_https(address) and is_web_page(address)


@lru_cache(maxsize=1024)
def require_https(url: str, *, ports: frozenset[int] = frozenset({443})) -> str:
    """Return `url` without its fragment, if it may be fetched.

    It must be https with a host name (`is_host_name`), an allowed port, and no user name, and contain no
    blank, control character, backslash or non-ASCII letter.

    Raises:
        FetchRefusedError: it may not be fetched.
    """
    return _require(url, ports, {"https"})


@lru_cache(maxsize=1024)
def require_http(url: str, *, ports: frozenset[int] = frozenset({80, 443})) -> str:
    """Return `url` as `require_https` does, and allow http, for signed content that needs no host to vouch
    for it."""
    return _require(url, ports, {"https", "http"})


def _require(url: str, ports: frozenset[int], schemes: Set[str]) -> str:
    if len(url) > MAX_URL_CHARS or not has_url_characters(url):
        raise FetchRefusedError("the URL is too long, or has characters that belong in no URL")
    try:
        parts = urlsplit(url)
        usual = DEFAULT_PORTS[parts.scheme] if parts.scheme in schemes else None
        host, port = (parts.hostname or "").lower(), usual if parts.port is None else parts.port
    except ValueError as error:
        raise FetchRefusedError("the URL is malformed") from error
    if usual is None or "@" in parts.netloc:
        raise FetchRefusedError("only https URLs without a user name are fetched")
    if "[" in parts.netloc or parts.netloc.endswith(":"):
        raise FetchRefusedError("the URL does not name a host")
    if not is_host_name(host):
        raise FetchRefusedError("the URL does not name a host, or names it by an address")
    if port not in ports:
        raise FetchRefusedError(f"port {port} is not fetched from")
    authority = host if port == usual else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{authority}{parts.path or '/'}{query}"
