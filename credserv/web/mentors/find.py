"""Finding a mentor: who is suggested and why, who is not and why, and the request itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import parse_day
from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError
from credserv.journeys.accredit.mentors import present_member_of
from credserv.journeys.accredit.requests import (
    MAX_LINKS,
    MAX_QUESTION,
    Wish,
    is_series,
    request_session,
)
from credserv.journeys.accredit.suggestions import (
    KnownMentor,
    Suggested,
    known_mentors,
    learner_of,
    suggest,
)
from credserv.records.mentoring import MINUTES, MentoringKind
from credserv.records.people import MembershipRecord
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("find", __name__, url_prefix="/mentors")


@blueprint.get("")
@holder_door()
def index() -> Response:
    """Show what there is to learn, and from whom, best first."""
    member, mentors = _member(), known_mentors(services(), now())
    known = [one for one in mentors if one.is_in_force]
    competency, language, minutes = _asked()
    return page(
        "mentoring/find.html",
        private=True,
        competencies=sorted({word for one in known for word in one.competencies}),
        languages=sorted({word for one in known for word in one.offer.languages}),
        lengths=MINUTES,
        competency=competency,
        language=language,
        minutes=minutes,
        found=_found(member, mentors) if competency else None,
        zone=services().issuer.time_zone,
    )


@blueprint.get("/<mentor_id>")
@holder_door(guessable=True)
def ask(mentor_id: str) -> Response:
    return _page(mentor_id)


@blueprint.post("/<mentor_id>")
@holder_door(guessable=True)
def send(mentor_id: str) -> AnyResponse:
    form = request.form
    try:
        wish = Wish(
            mentor_id=mentor_id,
            competency=form.get("competency", ""),
            minutes=form.get("minutes", 0, type=int),
            starts_at=_instant(form.get("starts_at", "")),
            question=form.get("question", "").strip(),
            language=form.get("language", ""),
            kind=_kind(form.get("kind", "")),
            objective=form.get("objective", "").strip(),
            links=tuple(form.get("links", "").split()),
        )
        made = request_session(services(), _member().id, wish, now())
    except (InputError, ConflictError) as error:
        return _page(mentor_id, error)
    flash(gettext("Your request was sent. You see here what becomes of it."))
    return redirect(url_for("mentoring.sessions.show", session_id=made.id), 303)


def local(instant: datetime) -> str:
    """Return a time in the organisation's time zone, in the form of an input field."""
    return f"{instant.astimezone(ZoneInfo(services().issuer.time_zone)):%Y-%m-%dT%H:%M}"


def _asked() -> tuple[str, str, int]:
    values = request.values
    minutes = values.get("minutes", MINUTES[0], type=int)
    return (
        values.get("competency", ""),
        values.get("language", ""),
        minutes if minutes in MINUTES else MINUTES[0],
    )


def _member() -> MembershipRecord:
    return present_member_of(services(), holder_id(), now())


def _found(member: MembershipRecord, mentors: Sequence[KnownMentor]) -> Suggested:
    competency, language, minutes = _asked()
    spoken = (language,) if language else (member.language or "en", "en")
    learner = learner_of(services(), member.id, competency, spoken, minutes, now())
    return suggest(services(), mentors, learner, now())


def _page(mentor_id: str, error: CredservError | None = None) -> Response:
    """Show a mentor. Raises NotFoundError for one not suggested to this person, who cannot be asked."""
    member = _member()
    suggested = _found(member, known_mentors(services(), now())).suggestions
    suggestion = next((one for one in suggested if one.known.member.id == mentor_id), None)
    if suggestion is None:
        raise NotFoundError("this mentor cannot be asked for that: look for another one")
    competency, language, minutes = _asked()
    return page(
        "mentoring/ask.html",
        status=status_of(error),
        private=True,
        suggestion=suggestion,
        competency=competency,
        language=language or suggestion.reason["languages"][0],
        minutes=minutes,
        lengths=MINUTES,
        is_series=is_series(services(), mentor_id, member.id),
        max_question=MAX_QUESTION,
        max_links=MAX_LINKS,
        zone=services().issuer.time_zone,
        local=local,
        form=request.form,
        error=error,
    )


def _instant(text: str) -> datetime:
    try:
        naive = datetime.fromisoformat(text)
        parse_day(text[:10])
    except (InputError, ValueError) as error:
        raise InputError("choose a day and a time") from error
    return naive.replace(tzinfo=ZoneInfo(services().issuer.time_zone)).astimezone(UTC)


def _kind(text: str) -> MentoringKind:
    return MentoringKind.SHADOWING if text == MentoringKind.SHADOWING.value else MentoringKind.SESSION
