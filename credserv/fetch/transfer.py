"""One guarded HTTPS exchange: where it may connect, how much it may read, how long it may take.

AntiSSRF resolves the name once, refuses if any of its addresses is not public, and connects to the checked
address (no rebinding). It limits neither size nor time, so that is done here. The body is read in pieces and
decompressed under a cap, and the exchange runs in a thread of its own whose socket is shut down at the
deadline, whatever it waits for (name server, handshake, headers or body).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import requests
import urllib3
from AntiSSRF import AntiSSRFError, AntiSSRFPolicy, PolicyConfigOptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from credserv import __version__
from credserv.ground.errors import CredservError, FetchRefusedError, UnavailableError

_PIECE_BYTES = 16_384
_CONNECT_SECONDS = 4.0
_READ_SECONDS = 6.0  # of silence; the deadline bounds the whole
# All of IPv6 except what is allocated to the Internet (2000::/3, RFC 4291, section 2.4) and the form in which
# the policy holds IPv4. It thus includes the older spellings of IPv4 addresses, ::a.b.c.d and
# ::ffff:0:a.b.c.d.
_MAPPED_IPV4 = ipaddress.IPv6Network("::ffff:0:0/96")
_BEYOND_THE_INTERNET = [
    *map(str, ipaddress.IPv6Network("::/3").address_exclude(_MAPPED_IPV4)),
    *("4000::/2", "8000::/1"),
]
_current = threading.local()


def public_addresses_only(*, plain_http: bool = False) -> AntiSSRFPolicy:
    """Return the policy of every fetch outside tests: https to public addresses, without headers of its
    own."""
    policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
    policy.add_denied_addresses(_BEYOND_THE_INTERNET)
    policy.add_xff_header = False
    policy.allow_plain_text_http = plain_http
    return policy


@cache
def standing_policy(*, plain_http: bool = False) -> AntiSSRFPolicy:
    """Return the process's `public_addresses_only`, since its four hundred address blocks take time to read.

    Do not change it: what is allowed there is allowed to every fetch.
    """
    return public_addresses_only(plain_http=plain_http)


@dataclass(frozen=True)
class Answer:
    """A host's answer.

    Attributes:
        headers: names in lower case.
        body: decompressed; empty unless the status is 200 or 201, and for what was only posted.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Exchanges with outside hosts, at most `slots` at once. Safe for many threads.

    Attributes:
        policy: which addresses may be connected to.
        plain: the same for http; None for no http at all.
        ca_file: trusted roots; None for the usual ones.
    """

    def __init__(
        self,
        *,
        policy: AntiSSRFPolicy,
        plain: AntiSSRFPolicy | None = None,
        ca_file: Path | None = None,
        slots: int = 64,
    ) -> None:
        self._policies = {"https": policy, "http": plain or policy}
        self._verify: bool | str = True if ca_file is None else str(ca_file)
        self._slots = threading.BoundedSemaphore(slots)

    def exchange(self, url: str, *, accept: str, max_bytes: int, deadline_seconds: float) -> Answer:
        """GET `url` without redirects, within `deadline_seconds`.

        Raises:
            FetchRefusedError: the address or size is not allowed.
            UnavailableError: anything else without a complete answer.
        """
        return self._run(lambda: self._exchange(url, {"Accept": accept}, max_bytes, None), deadline_seconds)

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, deadline_seconds: float
    ) -> Answer:
        """POST `content` to `url` without redirects. Only status and headers of the answer are read.

        Raises as `exchange`.
        """
        return self._run(lambda: self._exchange(url, headers, 0, content), deadline_seconds)

    def call(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        *,
        max_bytes: int,
        deadline_seconds: float,
    ) -> Answer:
        """GET `url`, or POST `content` to it, and read the answer; no redirects. Raises as `exchange`."""
        return self._run(lambda: self._exchange(url, headers, max_bytes, content), deadline_seconds)

    def _run(self, exchange: Callable[[], Answer], deadline_seconds: float) -> Answer:
        if not self._slots.acquire(blocking=False):
            raise UnavailableError("too many outside hosts are being waited for; try again in a moment")
        attempt, outcome = _Attempt(), Future[Answer]()
        thread = threading.Thread(
            target=self._work, args=(attempt, outcome, exchange), name="fetch", daemon=True
        )
        thread.start()
        try:
            return outcome.result(timeout=deadline_seconds)
        except TimeoutError as error:
            attempt.cancel()
            raise UnavailableError("the host did not answer in time") from error

    def _work(self, attempt: _Attempt, outcome: Future[Answer], exchange: Callable[[], Answer]) -> None:
        """Run one exchange in its thread.

        Its slot is free only when the thread ends, even after a deadline.
        """
        _current.attempt = attempt
        try:
            outcome.set_result(exchange())
        except Exception as error:
            outcome.set_exception(_explained(error))
        finally:
            attempt.release()
            self._slots.release()

    def _exchange(
        self, url: str, headers: Mapping[str, str], max_bytes: int, content: bytes | None
    ) -> Answer:
        with (
            self._session(url.partition(":")[0]) as session,
            session.request(
                "GET" if content is None else "POST",
                url,
                data=content,
                headers={
                    "Accept-Encoding": "identity",
                    "User-Agent": f"credserv/{__version__}",
                    "Connection": "close",
                    **headers,
                },
                allow_redirects=False,
                stream=True,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                verify=self._verify,
            ) as response,
        ):
            told = {name.lower(): value for name, value in response.headers.items()}
            is_read = max_bytes > 0 and response.status_code in (200, 201)
            body = _read(response.raw, told, max_bytes) if is_read else b""
            return Answer(response.status_code, told, body)

    def _session(self, scheme: str) -> requests.Session:
        """Return a session for one exchange: no cookies, connections or proxies are shared."""
        session: requests.Session = self._policies[scheme].get_antissrf_session()
        session.trust_env = False  # neither proxy variables nor .netrc
        adapter = session.get_adapter(f"{scheme}://")
        if isinstance(adapter, HTTPAdapter):
            adapter.poolmanager.pool_classes_by_scheme = {"https": _Pool, "http": _PlainPool}
        return session


# --- ending an exchange from outside ------------------------------------------------------------


class _Attempt:
    """Holds a second handle on each socket of an exchange, to shut it down from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._cancelled = False

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            if self._cancelled:
                raise TimeoutError("the deadline has passed")
            # a duplicate, because TLS takes over the original's file descriptor
            self._handles.append(connection.dup())

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            for handle in self._handles:
                try:
                    handle.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was faster

    def release(self) -> None:
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """Open the socket. urllib3 opens all of them here, before a handshake that may never end."""
        connection = super()._new_conn()
        try:
            _current.attempt.watch(connection)
        except TimeoutError:
            connection.close()
            raise
        return connection


class _Connection(_PlainConnection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


# --- reading under a cap ------------------------------------------------------------------------


def _read(raw: BaseHTTPResponse, headers: Mapping[str, str], max_bytes: int) -> bytes:
    """Return the decoded body; raises FetchRefusedError past `max_bytes`, UnavailableError if cut short."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "deflate"):
        raise FetchRefusedError(f"the host answered in a coding that was not asked for: {coding[:20]}")
    inflater = None if coding == "identity" else zlib.decompressobj(wbits=47 if coding == "gzip" else 15)
    body = bytearray()
    while piece := raw.read(_PIECE_BYTES, decode_content=False):
        room = max_bytes + 1 - len(body)
        body += inflater.decompress(piece, room) if inflater else piece
        if len(body) > max_bytes:
            raise FetchRefusedError(f"the host's answer is larger than {max_bytes} bytes")
    if inflater is not None and not inflater.eof:
        raise UnavailableError("the host's answer is cut short")
    return bytes(body)


def _explained(error: Exception) -> CredservError:
    """Return the error in words that reveal nothing about our network."""
    if isinstance(error, CredservError):
        return error
    if isinstance(error, AntiSSRFError):
        return FetchRefusedError("the host's address is not a public one")
    if isinstance(error, requests.exceptions.SSLError):
        return UnavailableError("the host could not prove who it is (TLS)")
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return UnavailableError("the host did not answer in time")
    known = (OSError, urllib3.exceptions.HTTPError, zlib.error, ValueError)
    said = "the host could not be reached" if isinstance(error, known) else "the host could not be asked"
    return UnavailableError(said)
