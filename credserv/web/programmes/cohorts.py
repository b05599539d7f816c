"""Console: cohorts of learners who get mentors, their progress, and who sees the register."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import parse_day
from credserv.ground.errors import AbsentError, ConflictError, CredservError, InputError
from credserv.journeys.accredit.cohorts import (
    MAX_LEARNERS,
    CohortWish,
    begin_cohort,
    cohort_progress,
    find_cohort,
    list_cohorts,
)
from credserv.journeys.accredit.register import is_public, names_of, set_public
from credserv.journeys.accredit.session_figures import supply_figures
from credserv.journeys.admit.persons import find_member
from credserv.records.mentoring import MINUTES, CohortPlace
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("cohorts", __name__, url_prefix="/cohorts")

COHORTS = Listing(
    "cohorts",
    ("id", "name", "competency", "minutes", "starts_on", "ends_on", "sponsor", "target_role"),
    lambda: list_cohorts(services()),
    lambda one: (
        one.id,
        one.name,
        one.competency,
        one.minutes,
        one.starts_on,
        one.ends_on,
        one.sponsor,
        one.target_role,
    ),
).serve(blueprint, Permission.CASES)


def _read_places(cohort_id: str) -> list[tuple[CohortPlace, str, str]]:
    """Return each place with its learner's and mentor's names; "" for one who left, or where there is
    none."""
    _, places = find_cohort(services(), cohort_id)
    people = {one.mentee_id for one in places} | {one.mentor_id for one in places if one.mentor_id}
    names = names_of(services(), people)
    return [(one, names.get(one.mentee_id, ""), names.get(one.mentor_id or "", "")) for one in places]


PLACES = Listing(
    "places",
    ("learner", "mentor", "state", "languages", "load"),
    _read_places,
    lambda row: (
        row[1],
        row[2],
        "with a mentor" if row[0].mentor_id else "without a mentor",
        row[0].why.get("languages"),
        row[0].why.get("load"),
    ),
    states=("with a mentor", "without a mentor"),
    beneath="/<cohort_id>",
    page="show",
).serve(blueprint, Permission.CASES)


@blueprint.get("")
@console_door(needs=Permission.CASES)
def index() -> Response:
    return _page()


@blueprint.post("")
@console_door(needs=Permission.PROGRAMMES)
def begin() -> AnyResponse:
    try:
        cohort, _, _ = begin_cohort(services(), _wish(), actor=actor(), now=now())
    except (InputError, ConflictError, AbsentError) as error:
        return _page(error)
    flash(gettext("The cohort has begun. Here is who is with whom, and why."))
    return redirect(url_for("programmes.cohorts.show", cohort_id=cohort.id), 303)


@blueprint.get("/<cohort_id>")
@console_door(needs=Permission.CASES)
def show(cohort_id: str) -> Response:
    cohort, places = find_cohort(services(), cohort_id)
    return page(
        "programmes/cohort.html",
        private=True,
        here="cohorts",
        cohort=cohort,
        places=PLACES.found(cohort_id=cohort_id),
        progress=cohort_progress(services(), cohort, places, now()),
    )


@blueprint.post("/register")
@console_door(needs=Permission.PROGRAMMES)
def change_register() -> AnyResponse:
    set_public(services(), request.form.get("is_public") == "yes", actor=actor(), now=now())
    flash(gettext("Kept."))
    return redirect(url_for("programmes.cohorts.index"), 303)


def _wish() -> CohortWish:
    """Return the wish. Raises InputError, NotFoundError."""
    form = request.form
    learners = []
    for line in form.get("learners", "").splitlines()[: MAX_LEARNERS + 1]:
        reference, *languages = [word.strip() for word in line.split(",")]
        if reference:
            member = find_member(services(), reference)
            spoken = tuple(word for word in languages if word) or (member.language or "en",)
            learners.append((member.id, spoken))
    return CohortWish(
        name=form.get("name", "").strip(),
        competency=form.get("competency", "").strip(),
        minutes=form.get("minutes", 0, type=int),
        starts_on=_day(form.get("starts_on", "")),
        ends_on=_day(form.get("ends_on", "")),
        learners=tuple(learners),
        sessions_each=form.get("sessions_each", 0, type=int),
        aim=form.get("aim", "").strip(),
        sponsor=form.get("sponsor", "").strip(),
        target_role=form.get("target_role", "").strip(),
    )


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except InputError as error:
        raise InputError("choose the days on which it starts and ends") from error


def _page(error: CredservError | None = None) -> Response:
    return page(
        "programmes/cohorts.html",
        status=status_of(error),
        private=True,
        here="cohorts",
        cohorts=COHORTS.found(),
        supply=supply_figures(services(), at=now()),
        is_public=is_public(services()),
        lengths=MINUTES,
        form=request.form,
        error=error,
    )
