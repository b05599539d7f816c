"""Console: reissue or revoke badges of an achievement. Chosen here; previewed and followed like any run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.hours import day_begins
from credserv.ground.errors import CredservError, InputError, NotFoundError
from credserv.journeys.admit.members import read_day
from credserv.journeys.award.in_bulk.cohort import (
    MAX_REASON_CHARS,
    Cohort,
    prepare_reissue,
    prepare_revocation,
)
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.bulk import RunRecord
from credserv.records.credentials import CredentialState
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("reissues", __name__, url_prefix="")

_STATES = {"": None, "active": CredentialState.ACTIVE, "suspended": CredentialState.SUSPENDED}


@blueprint.get("/reissue")
@console_door(needs=Permission.CHANGE_STATUS, proof=True)
def index() -> Response:
    return _page("teach/reissue.html")


@blueprint.post("/reissue")
@console_door(needs=Permission.CHANGE_STATUS, proof=True)
def look() -> AnyResponse:
    """Show the outcome for each; no badge is changed."""
    return _look(prepare_reissue, "teach/reissue.html")


@blueprint.get("/revoke")
@console_door(needs=Permission.CHANGE_STATUS, proof=True)
def revocation() -> Response:
    return _page("teach/revoke.html")


@blueprint.post("/revoke")
@console_door(needs=Permission.CHANGE_STATUS, proof=True)
def look_at_revocation() -> AnyResponse:
    """Show which badges would be revoked; no badge is changed."""
    return _look(prepare_revocation, "teach/revoke.html")


def _look(prepare: Callable[..., RunRecord], template: str) -> AnyResponse:
    try:
        run = prepare(services(), _chosen(), _typed("reason"), actor=actor(), now=now())
    except (InputError, NotFoundError) as error:
        return _page(template, error)
    return redirect(url_for("teach.bulk.run", run_id=run.id), 303)


def _chosen() -> Cohort:
    """Return the choice. Raises InputError."""
    number, state = _typed("rule_version"), _typed("state")
    if number and not (number.isascii() and number.isdigit() and len(number) < 9):
        raise InputError("the version of the rule is a number, such as 2")
    return Cohort(
        achievement_key=_typed("achievement"),
        issued_from=_day("issued_from"),
        issued_before=_day("issued_until", after=1),
        rule_version=int(number) if number else None,
        key=_typed("key"),
        state=_STATES.get(state),
    )


def _day(name: str, *, after: int = 0) -> datetime | None:
    """Return the beginning of a day (or some days after) in the organisation's time zone.

    Raises InputError.
    """
    day = read_day(_typed(name))
    return None if day is None else day_begins(day + timedelta(days=after), services().zone)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _page(template: str, error: CredservError | None = None) -> Response:
    return page(
        template,
        status=status_of(error),
        private=True,
        here="bulk",
        error=error,
        form=request.form,
        chosen=request.form.get("achievement") or request.args.get("achievement", ""),
        achievements=newest_of_each(services()),
        keys=services().issuer.keys,
        most=MAX_REASON_CHARS,
    )
