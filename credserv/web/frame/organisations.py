"""Find the organisation of a request: by a Host of its own, or by `/o/<slug>` below the public address.

This runs in front of the application, so that everything behind it sees the addresses of one organisation.
The prefix goes where WSGI has the place of an application (PEP 3333, SCRIPT_NAME), and `url_for` follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Request

from credserv.ground.addresses import host_of, split_address
from credserv.ground.names import is_slug
from credserv.journeys.services import Organisations
from credserv.records.organisations import MAIN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "o"
_CHOSEN, _OUTSIDE = "credserv.organisation", "credserv.outside"
# For a server below a path, these come between its host and the path (RFC 8414, section 3.1; OpenID4VCI 1.0,
# section 12.2.2).
_BEFORE_PATHS = ("/.well-known/openid-credential-issuer", "/.well-known/oauth-authorization-server")
# Requests for these ask the process itself, past any proxy.
_OF_THE_PROCESS = frozenset(("/healthz", "/readyz", "/metrics"))


class ChooseOrganisation:
    """WSGI middleware. `addresses`: the current public address, then former ones, which issued badges name
    for ever."""

    def __init__(
        self, application: WSGIApplication, organisations: Organisations, addresses: tuple[str, ...]
    ) -> None:
        self._application = application
        self._organisations = organisations
        self._path = split_address(addresses[0]).path
        at_host: dict[str, set[str]] = defaultdict(set)
        for address in addresses:
            at_host[host_of(address)].add(split_address(address).path)
        self._at_host = {host: sorted(paths, key=len, reverse=True) for host, paths in at_host.items()}
        self._has_paths = any(any(paths) for paths in at_host.values())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[_CHOSEN] = self._choose(environ)
        return self._application(environ, start_response)

    def _choose(self, environ: WSGIEnvironment) -> str:
        host: str = environ.get("HTTP_HOST", "")
        by_host = self._organisations.at_host(host)
        if by_host is not None:
            return by_host
        if self._has_paths:
            self._enter(environ, self._at_host.get(host_of(f"//{host}"), [self._path]))
        path: str = environ.get("PATH_INFO", "")
        _, first, slug, *_ = [*path.split("/", 3), "", "", ""]
        if first != PREFIX or slug == MAIN or not is_slug(slug) or not self._organisations.has(slug):
            return MAIN  # an unknown name has no route, and so nothing
        _go_below(environ, f"/{PREFIX}/{slug}", path.removeprefix(f"/{PREFIX}/{slug}"))
        return slug

    def _enter(self, environ: WSGIEnvironment, places: list[str]) -> None:
        """Enter the first of the places above the path. A proxy has to pass paths unchanged."""
        path: str = environ.get("PATH_INFO", "")
        for place in places:
            if _is_below(path, place):
                return _go_below(environ, place, path.removeprefix(place))
            for name in _BEFORE_PATHS:
                if place and _is_below(path, name + place):
                    return _go_below(environ, place, name + path.removeprefix(name + place))
        if path not in _OF_THE_PROCESS:
            environ[_OUTSIDE] = True
        return _go_below(environ, self._path, path)


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _go_below(environ: WSGIEnvironment, place: str, rest: str) -> None:
    environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + place
    environ["PATH_INFO"] = rest or "/"


def organisation_of(request: Request) -> str:
    chosen: Any = request.environ.get(_CHOSEN, MAIN)
    return str(chosen)


def is_outside(request: Request) -> bool:
    """Return whether the request is outside the public address."""
    return _OUTSIDE in request.environ
