"""What every view needs from its process: the services of the request's organisation, and the clock.

Views get them only here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Request, current_app, g, request
from flask.ctx import _AppCtxGlobals

from credserv.ground.steadiness import Steadiness
from credserv.journeys.services import Organisations, Services
from credserv.web.frame.organisations import organisation_of

_NAME = "credserv.context"

# What Flask's proxies stand for in this request. They look it up for each attribute, which adds up in code
# that every request runs. werkzeug documents the method; Flask's types hide it, hence the ignores.
current_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]
current_application: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]
current_notes: Callable[[], _AppCtxGlobals] = g._get_current_object


def utc_now() -> datetime:
    """Return the time. This is the web floor's clock; below it, time is passed as a value."""
    return datetime.now(UTC)


_steady = Steadiness(lambda: utc_now().timestamp())


@dataclass(frozen=True)
class WebContext:
    """The context of an application.

    Attributes:
        https: whether the public address is https.
        path: of that address, "" or `/badges`.
        clock: returns aware UTC instants.
        rehearsal_key: returns the key for a sandbox (by short name) to give people in other organisations'
            messages pseudonyms.
        require_steady: raises UnavailableError while the clock is not to be trusted.
    """

    organisations: Organisations
    https: bool
    rehearsal_key: Callable[[str], bytes]
    path: str = ""
    webhook_tolerance_seconds: int = 300
    clock: Callable[[], datetime] = utc_now
    require_steady: Callable[[], None] = _steady.require


def set_context(app: Flask, context: WebContext) -> None:
    app.extensions[_NAME] = context


def context() -> WebContext:
    """Return the context of the current application."""
    found: WebContext = current_application().extensions[_NAME]
    return found


def services() -> Services:
    """Return the services of one organisation, the same throughout the request."""
    notes = current_notes()
    found: Services | None = notes.get("services")
    if found is None:
        found = notes.services = context().organisations.of(organisation_of(current_request()))
    return found


def now() -> datetime:
    """Return the current instant, aware, UTC.

    Raises UnavailableError while the machine's clock is not steady.
    """
    context().require_steady()
    return context().clock()


def now_at_any_rate() -> datetime:
    """Return the time even after the clock jumped, for what must always be served."""
    return context().clock()
