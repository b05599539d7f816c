"""Checks before a view is called: is the visitor signed in and allowed, is the form ours, is there budget
left?

In this order, before any of the body is read: somebody not signed in cannot send anything large.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from flask import Flask

from credserv.fetch.memory import visitor
from credserv.ground.errors import NotFoundError
from credserv.ground.languages import reading
from credserv.journeys.admit.staff_proof import require_colleague_proof
from credserv.journeys.admit.step_up import require_recent_proof
from credserv.records.access import SessionKind
from credserv.web.frame import sessions
from credserv.web.frame.context import current_notes, current_request, now, services
from credserv.web.frame.door import Door, current_door
from credserv.web.frame.languages import form_language
from credserv.web.frame.limits import client_address, spend
from credserv.web.frame.organisations import is_outside
from credserv.web.frame.rendering import guard_forms

_LOOKING = ("GET", "HEAD", "OPTIONS")
_OF_ASKER: Mapping[str, ContextVar[Any]] = {"visitor": visitor, "reading": reading}


def install_entrance(app: Flask) -> None:
    """Install the checks, after `install_limits`, which bounds how much of a body is read."""
    app.before_request(_admit)
    app.teardown_request(_forget)


def _admit() -> None:
    """Admit a request.

    Raises UnauthenticatedError, StepUpError, ForbiddenError, BadRequest, TooManyRequests; NotFoundError
    outside the public address; OrganisationClosedError where a closed organisation's console would change
    something.
    """
    asked = current_request()
    if is_outside(asked):
        raise NotFoundError(
            f"this service is at {services().public_url}: ask there. If you did, its proxy has to pass paths "
            "on whole, and Host along"
        )
    if asked.endpoint is None:
        return
    door = current_door()
    if door.session is not None:
        _admit_signed_in(door, door.session, looks=asked.method in _LOOKING)
    if door.form:
        guard_forms()
    if door.session is SessionKind.HOLDER:
        current_notes().reading = reading.set(form_language())
    if door.budget and asked.method != "OPTIONS":
        spend(door.budget)
        # Fetches from outside are made on their behalf.
        current_notes().visitor = visitor.set(client_address())


def _admit_signed_in(door: Door, kind: SessionKind, *, looks: bool) -> None:
    signed_in = sessions.current_session(services(), kind, now())
    if kind is SessionKind.ADMINISTRATOR:
        sessions.require_permission(door.needs)
        if not looks and not door.while_closed:
            services().require_open()
    if door.proof:
        proves = require_recent_proof if kind is SessionKind.HOLDER else require_colleague_proof
        proves(services(), signed_in, now())


def _forget(_error: BaseException | None) -> None:
    """Forget the visitor: the thread serves others next."""
    for name, variable in _OF_ASKER.items():
        before = current_notes().pop(name, None)
        if before is not None:
            variable.reset(before)
