"""Which organisation a request is for: by a Host of its own, or by `/o/<slug>` on the installation's host.

In front of the application, so that everything behind it sees the addresses of one organisation: the prefix
goes to where WSGI keeps the place of an application (PEP 3333, SCRIPT_NAME), and `url_for` follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Request

from credserv.ground.names import is_slug
from credserv.journeys.services import Organisations
from credserv.records.organisations import MAIN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "o"
_CHOSEN = "credserv.organisation"


class ChooseOrganisation:
    """WSGI middleware."""

    def __init__(self, application: WSGIApplication, organisations: Organisations) -> None:
        self._application = application
        self._organisations = organisations

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[_CHOSEN] = self._choose(environ)
        return self._application(environ, start_response)

    def _choose(self, environ: WSGIEnvironment) -> str:
        by_host = self._organisations.at_host(environ.get("HTTP_HOST", ""))
        if by_host is not None:
            return by_host
        path: str = environ.get("PATH_INFO", "")
        _, first, slug, *_ = [*path.split("/", 3), "", "", ""]
        if first != PREFIX or slug == MAIN or not is_slug(slug) or not self._organisations.has(slug):
            return MAIN  # under an unknown name there is no route, and so nothing
        shifted = f"/{PREFIX}/{slug}"
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + shifted
        environ["PATH_INFO"] = path.removeprefix(shifted) or "/"
        return slug


def organisation_of(request: Request) -> str:
    chosen: Any = request.environ.get(_CHOSEN, MAIN)
    return str(chosen)
