"""What every view needs of its process: the services and the clock. Views ask here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, current_app

from credserv.journeys.services import Services

_NAME = "credserv.context"


def utc_now() -> datetime:
    """The clock of the web floor; below it, time comes in as a value."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class WebContext:
    """https: whether the public address is https. clock: gives aware UTC instants."""

    services: Services
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
    return context().services


def now() -> datetime:
    """The current instant, aware, UTC."""
    return context().clock()
