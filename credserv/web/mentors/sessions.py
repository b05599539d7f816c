"""One's own mentoring sessions, as mentor and as mentee: what waits, what comes, what counts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.accredit import sessions
from credserv.journeys.accredit.bookings import calendar_of, is_booked
from credserv.journeys.accredit.cohorts import mentors_of
from credserv.journeys.accredit.mentors import judge_sessions
from credserv.journeys.accredit.offers import find_offer, heard_of
from credserv.journeys.accredit.own_sessions import OwnSession, own_session, own_sessions, week_of_mentor
from credserv.journeys.accredit.reported_sessions import MAX_WORDS, take_feedback
from credserv.journeys.admit.persons import member_of
from credserv.records.mentoring import Decline, Side
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("sessions", __name__, url_prefix="/sessions")

_BEST = 5
DONE = {
    "accept": "Accepted. It stands in your week.",
    "decline": "Declined. They read your reason.",
    "cancel": "Cancelled. The other sees it here.",
    "confirm": "Confirmed. It counts once both of you have confirmed it.",
    "no-show": "It is noted that they did not come.",
    "dispute": "It is disputed, and counts for nobody.",
    "feedback": "Thank you. What you said is shown once five people have said something.",
}


@blueprint.get("")
@holder_door()
def index() -> Response:
    member = member_of(services(), holder_id())
    found = own_sessions(services(), member.id)
    own = [(one, bool(one.may(now()) & {"accept", "confirm"})) for one in found]
    return page(
        "mentoring/sessions.html",
        private=True,
        own=[one for one, waits in own if not waits],
        waiting=[one for one, waits in own if waits],
        cohorts=mentors_of(services(), member.id, services().today(now())),
        offer=find_offer(services(), member.id),
        week=week_of_mentor(services(), member.id, now()),
        heard=heard_of(services(), member.id),
        now=now(),
        zone=services().issuer.time_zone,
    )


@blueprint.get("/<session_id>")
@holder_door(guessable=True)
def show(session_id: str) -> Response:
    return _page(session_id)


@blueprint.post("/<session_id>")
@holder_door(guessable=True)
def change(session_id: str) -> AnyResponse:
    deed = request.form.get("do", "")
    member = member_of(services(), holder_id())
    own_session(services(), session_id, member.id)
    try:
        if deed not in _DEEDS:
            raise InputError("choose what you want to do")
        _DEEDS[deed](session_id, member.id)
    except (InputError, ConflictError) as error:
        return _page(session_id, error)
    flash(gettext(DONE[deed]))
    return redirect(url_for("mentoring.sessions.show", session_id=session_id), 303)


@blueprint.get("/<session_id>/calendar.ics")
@holder_door(guessable=True)
def calendar(session_id: str) -> Response:
    found = own_session(services(), session_id, member_of(services(), holder_id()).id)
    response = Response(calendar_of(services(), found.session), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="mentoring.ics"'
    return response


def _decline(session_id: str, member_id: str) -> None:
    code = request.form.get("code", "")
    if code not in set(Decline):
        raise InputError("choose why you decline")
    sessions.decline(services(), session_id, member_id, Decline(code), now())


def _feedback(session_id: str, member_id: str) -> None:
    score = request.form.get("score", 0, type=int)
    if not 1 <= score <= _BEST:
        raise InputError("choose from one to five")
    said = (float(score), float(_BEST), request.form.get("words", "").strip())
    take_feedback(services(), session_id, member_id, said, now())


_DEEDS: dict[str, Callable[[str, str], object]] = {
    "accept": lambda known, member: sessions.accept(services(), known, member, now()),
    "decline": _decline,
    "cancel": lambda known, member: sessions.cancel(services(), known, member, now()),
    "confirm": lambda known, member: sessions.confirm(services(), known, member, now()),
    "no-show": lambda known, member: sessions.tell_no_show(services(), known, member, now()),
    "dispute": lambda known, member: sessions.dispute(services(), known, member, now()),
    "feedback": _feedback,
}


def _page(session_id: str, error: CredservError | None = None) -> Response:
    found: OwnSession = own_session(services(), session_id, member_of(services(), holder_id()).id)
    (judged,) = judge_sessions(services(), [found.session], now())
    return page(
        "mentoring/session.html",
        status=status_of(error),
        private=True,
        own=found,
        it=found.session,
        state=found.session.state_at(now()),
        may=found.may(now()),
        judged=judged,
        is_mentor=found.side is Side.MENTOR,
        is_booked=is_booked(found.session),
        codes=list(Decline),
        max_words=MAX_WORDS,
        best=_BEST,
        zone=services().issuer.time_zone,
        error=error,
    )
