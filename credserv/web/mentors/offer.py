"""A mentor's own form: topics, languages, minutes, hours, and the register."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.hours import format_minutes, parse_window
from credserv.ground.errors import CredservError, InputError
from credserv.journeys.accredit.mentors import best_of, lives_of
from credserv.journeys.accredit.offers import MAX_MINUTES_A_WEEK, find_offer, new_offer, set_offer
from credserv.journeys.admit.persons import member_of
from credserv.journeys.measure.agreeing import agree, agreed, withdraw
from credserv.records.consents import NOTICES, Purpose
from credserv.records.mentoring import MentoringKind, MentorOffer, Window
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("offer", __name__, url_prefix="/offer")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ACT = "ticked “Show me in the register of mentors” on the page of what one offers"


@blueprint.get("")
@holder_door()
def show() -> Response:
    return _page(_known())


@blueprint.post("")
@holder_door()
def keep() -> AnyResponse:
    known = _known()
    try:
        made = _read(known)
        set_offer(services(), made)
        _be_listed(request.form.get("is_listed") == "yes")
    except InputError as error:
        return _page(known, error)
    flash(gettext("Kept. Whoever looks for a mentor sees what you have free."))
    return redirect(url_for("mentoring.offer.show"), 303)


def _known() -> MentorOffer:
    member = member_of(services(), holder_id())
    lives = lives_of(services(), [member.id])[member.id]
    best = best_of(lives, now(), now())
    covered = () if best is None else best[0].record.competencies
    return find_offer(services(), member.id) or new_offer(services(), member.id, covered, now())


def _read(known: MentorOffer) -> MentorOffer:
    """Return the offer. Raises InputError."""
    form = request.form
    chosen = form.getlist("kind")
    return replace(
        known,
        competencies=_words(form.get("competencies", "")),
        languages=_words(form.get("languages", "")),
        kinds=tuple(kind for kind in MentoringKind if kind.value in chosen),
        minutes_a_week=form.get("minutes_a_week", -1, type=int),
        hours=_hours(),
        changed_at=now(),
    )


def _be_listed(wanted: bool) -> None:
    """Join or leave the register, by a consent that can be withdrawn here or with all other consents."""
    person_id, purpose = holder_id(), Purpose.REGISTER
    if wanted:
        agree(services(), person_id, purpose, actor="holder", now=now(), act=_ACT)
    else:
        withdraw(services(), person_id, purpose, actor="holder", now=now())


def _hours() -> tuple[Window, ...]:
    """Return one time for each day; an empty day has none."""
    found = []
    for weekday in range(len(DAYS)):
        begins, ends = (request.form.get(f"{which}-{weekday}", "") for which in ("from", "until"))
        if begins or ends:
            found.append(parse_window(weekday, begins, ends))
    return tuple(found)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _page(offer: MentorOffer, error: CredservError | None = None) -> Response:
    return page(
        "mentoring/offer.html",
        status=status_of(error),
        private=True,
        offer=offer,
        kinds=list(MentoringKind),
        days=DAYS,
        hours={one.weekday: (format_minutes(one.begins), format_minutes(one.ends)) for one in offer.hours},
        most=MAX_MINUTES_A_WEEK,
        zone=services().issuer.time_zone,
        is_listed=Purpose.REGISTER in agreed(services(), holder_id(), now()),
        notice=NOTICES[Purpose.REGISTER],
        error=error,
    )
