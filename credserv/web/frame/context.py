"""What every view needs of its process: the services of the organisation that the request is for, and the
clock. Views ask here, and nowhere else."""

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

# What Flask's names stand for in this request. They look it up anew for each attribute, which adds up in what
# every request passes through. werkzeug documents the method; Flask's types hide it, hence the ignores.
current_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]
current_application: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]
current_notes: Callable[[], _AppCtxGlobals] = g._get_current_object


def utc_now() -> datetime:
    """The clock of the web floor; below it, time comes in as a value."""
    return datetime.now(UTC)


_steady = Steadiness(lambda: utc_now().timestamp())


@dataclass(frozen=True)
class WebContext:
    """https: whether the public address is https. path: of that address, "" or `/badges`. clock: gives aware
    UTC instants. rehearsal_key: by which a sandbox (its short name) gives people of other organisations'
    messages their pseudonyms. require_steady: raises UnavailableError while it is not to be believed."""

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
    """The context of the current application."""
    found: WebContext = current_application().extensions[_NAME]
    return found


def services() -> Services:
    """Of one organisation, the same for the whole request."""
    notes = current_notes()
    found: Services | None = notes.get("services")
    if found is None:
        found = notes.services = context().organisations.of(organisation_of(current_request()))
    return found


def now() -> datetime:
    """The current instant, aware, UTC. Raises UnavailableError while the machine's clock is not steady."""
    context().require_steady()
    return context().clock()


def now_at_any_rate() -> datetime:
    """As `now`, by a clock that jumped, too: for what is served whatever happens."""
    return context().clock()
