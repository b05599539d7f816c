"""What every view needs of its process: the services of the organisation that the request is for, and the
clock. Views ask here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Request, current_app, g, request
from flask.globals import request_ctx

from credserv.journeys.services import Organisations, Services
from credserv.web.frame.organisations import organisation_of

_NAME = "credserv.context"


def utc_now() -> datetime:
    """The clock of the web floor; below it, time comes in as a value."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class WebContext:
    """https: whether the public address is https. clock: gives aware UTC instants."""

    organisations: Organisations
    https: bool
    webhook_tolerance_seconds: int = 300
    clock: Callable[[], datetime] = utc_now


def set_context(app: Flask, context: WebContext) -> None:
    app.extensions[_NAME] = context


def context() -> WebContext:
    """The context of the current application."""
    found: WebContext = current_app.extensions[_NAME]
    return found


def services() -> Services:
    """Of one organisation, the same for the whole request."""
    found: Services | None = g.get("services")
    if found is None:
        found = g.services = context().organisations.of(organisation_of(request))
    return found


def current_request() -> Request:
    """The request itself, for whoever needs several things of it: Flask's `request` is looked up for each."""
    found: Request = request_ctx.request
    return found


def now() -> datetime:
    """The current instant, aware, UTC."""
    return context().clock()
