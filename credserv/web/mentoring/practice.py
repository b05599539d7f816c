"""A mentor's practice, on a phone: what the renewal requires, their progress, and a log of what they did."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, time

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.life import stands
from credserv.accreditation.words import in_words
from credserv.ground.encoding import parse_day
from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.ground.names import cut
from credserv.journeys.accredit import practice as journeys
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.renewal import renewal_findings
from credserv.journeys.admit.persons import member_of
from credserv.records.lives import Life
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("practice", __name__, url_prefix="/practice")

_SHOWN = 50
_KINDS = ("cpd", "supervision", "reflection", "practice-hours", "mentor-coaching")


@blueprint.get("")
@holder_door()
def index() -> Response:
    return _page()


@blueprint.post("")
@holder_door()
def log() -> AnyResponse:
    """Log an entry. Sent twice, it counts once: the form has an id of its own."""
    typed = request.form
    member = member_of(services(), holder_id()).id
    try:
        minutes = typed.get("minutes", "").strip()
        if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6):
            raise InputError("minutes are a whole number")
        journeys.log_practice(
            services(),
            member,
            kind=typed.get("kind", ""),
            minutes=int(minutes or 0),
            occurred_at=_day(typed.get("on", "").strip()),
            category=typed.get("category", "").strip()[:200],
            note=cut(typed.get("note", "").strip(), 2_000),
            by=member,
            reference=f"own:{typed.get('id', '')[:64]}",
            actor=f"person:{holder_id()}",
            now=now(),
        )
    except (InputError, ConflictError) as error:
        return _page(error)
    flash(gettext("Logged."))
    return redirect(url_for("mentoring.practice.index"), 303)


def _day(text: str) -> datetime | None:
    """Return the beginning of a day; None for today, which means now."""
    try:
        day = parse_day(text) if text else None
    except InputError as error:
        raise InputError("a day is expected, as 2027-03-01") from error
    return None if day is None or day == now().date() else datetime.combine(day, time(), UTC)


def _page(error: CredservError | None = None) -> Response:
    member = member_of(services(), holder_id()).id
    logged = journeys.practice_of(services(), member)
    return page(
        "mentoring/practice.html",
        status=status_of(error),
        private=True,
        held=[_held(life) for life in journeys.accreditations_of(services(), member)],
        kinds=[(kind, journeys.KINDS[kind]) for kind in _KINDS],
        logged=logged[::-1][:_SHOWN],
        more=max(0, len(logged) - _SHOWN),
        names=journeys.KINDS,
        form=request.form,
        id=request.form.get("id") or secrets.token_hex(16),
        error=error,
    )


def _held(life: Life) -> dict[str, object]:
    return {
        "life": life,
        "programme": programme_version(services(), life.record.programme_key).programme,
        "standing": stands(life, now()),
        "found": in_words(renewal_findings(services(), life, now()), gettext),
    }
