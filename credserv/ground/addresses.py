"""Web addresses: which are asked for, which are shown as links, which hosts are this machine.

One rule each, wherever an address is taken in or looked at.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from credserv.ground.errors import FetchRefusedError

MAX_URL_CHARS = 2_048
_NOTHING = SplitResult("", "", "", "", "")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_BRACKETED = re.compile(r"\[([0-9a-fA-F:.%a-z]+)\](?::[0-9]{1,5})?", re.ASCII)
_URL_TEXT = re.compile(r"[!-\[\]-~]+", re.ASCII)  # printable ASCII but the backslash
LINK = r"https?://[!-~]{1,2040}"  # as a pattern
_LINK = re.compile(LINK, re.ASCII)
_NOT_IN_LINKS = frozenset('<>"\\^`{|} \x7f')


def split_address(address: str) -> SplitResult:
    """Its parts; none of them where host or port cannot be read."""
    try:
        parts = urlsplit(address)
        return parts if parts.port is None or parts.port > 0 else _NOTHING
    except ValueError:
        return _NOTHING


def host_of(address: str) -> str:
    """Its host in lower case, "" where there is none."""
    return split_address(address).hostname or ""


def is_host_name(host: str) -> bool:
    """A host name in lower case: no IP address in any spelling, no trailing dot, IDN as A-labels."""
    return len(host) <= 253 and _HOST.fullmatch(host) is not None and _NUMBER.fullmatch(host) is None


def is_domain_name(host: str) -> bool:
    """A host name of two labels or more that ends in a top-level domain."""
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
    """Whom requests from an address are counted for: an IPv4 address, the /64 of an IPv6 one (a household
    or a machine has all of it), and what is no address as it stands. Some proxies tell the port, too, which
    is another one for each request."""
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
    """Of `[2001:db8::7]:4711` and `203.0.113.9:4711`, as RFC 7239, section 6, writes them."""
    bracketed = _BRACKETED.fullmatch(address)
    if bracketed is not None:
        return bracketed[1]
    return address.partition(":")[0] if address.count(":") == 1 else address


def is_https(address: str) -> bool:
    """Whether it is an https address with a host. Whether it may be asked for, `require_https` says."""
    parts = split_address(address)
    return parts.scheme == "https" and bool(parts.hostname)


def is_web_address(address: str) -> bool:
    """The same of http and https: no DID, URN, path or name of a file."""
    parts = split_address(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_link(text: str) -> bool:
    """Whether a text is nothing but one web address, of printable ASCII: what somebody pasted as a link."""
    return _LINK.fullmatch(text) is not None


def has_url_characters(text: str) -> bool:
    """Whether it is of printable ASCII but the backslash, as RFC 3986 lets a URL be."""
    return _URL_TEXT.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ip_address(host) and ipaddress.ip_address(host).is_loopback


def is_web_page(address: object) -> bool:
    """Whether people may be shown it as a link: absolute http(s), with a host, without a user name, spaces
    or characters that hide or break markup. It need not be one that is ever fetched."""
    if not isinstance(address, str) or len(address) > MAX_URL_CHARS or not address.isprintable():
        return False
    if not _NOT_IN_LINKS.isdisjoint(address):
        return False
    parts = split_address(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None


def is_https_page(address: object) -> bool:
    """`is_web_page` over https."""
    return isinstance(address, str) and is_https(address) and is_web_page(address)


@lru_cache(maxsize=1024)
def require_https(url: str, *, ports: frozenset[int] = frozenset({443})) -> str:
    """`url` without its fragment, if it may be asked for at all.

    https, a host name (`is_host_name`), an allowed port, no user name; no blank, control character,
    backslash or letter beyond ASCII anywhere.

    Raises:
        FetchRefusedError: it may not.
    """
    return _require(url, ports, {"https": 443})


@lru_cache(maxsize=1024)
def require_http(url: str, *, ports: frozenset[int] = frozenset({80, 443})) -> str:
    """As `require_https`, for what is signed and needs no host to vouch for it: http as well."""
    return _require(url, ports, {"https": 443, "http": 80})


def _require(url: str, ports: frozenset[int], schemes: Mapping[str, int]) -> str:
    """schemes: with the port of each where none is told."""
    if len(url) > MAX_URL_CHARS or not has_url_characters(url):
        raise FetchRefusedError("the URL is too long, or has characters that belong in no URL")
    try:
        parts = urlsplit(url)
        usual = schemes.get(parts.scheme)
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
