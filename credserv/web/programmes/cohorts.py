"""Console: cohorts of learners who get mentors, how they go, and who sees the register."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

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
from credserv.records.mentoring import MINUTES
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("cohorts", __name__, url_prefix="/cohorts")


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
    flash("The cohort has begun. Here is who is with whom, and why.")
    return redirect(url_for("programmes.cohorts.show", cohort_id=cohort.id), 303)


@blueprint.get("/<cohort_id>")
@console_door(needs=Permission.CASES)
def show(cohort_id: str) -> Response:
    cohort, places = find_cohort(services(), cohort_id)
    people = {one.mentee_id for one in places} | {one.mentor_id for one in places if one.mentor_id}
    return page(
        "programmes/cohort.html",
        private=True,
        here="cohorts",
        cohort=cohort,
        places=places,
        names=names_of(services(), people),
        progress=cohort_progress(services(), cohort, places, now()),
    )


@blueprint.post("/register")
@console_door(needs=Permission.PROGRAMMES)
def change_register() -> AnyResponse:
    set_public(services(), request.form.get("is_public") == "yes", actor=actor(), now=now())
    flash("Kept.")
    return redirect(url_for("programmes.cohorts.index"), 303)


def _wish() -> CohortWish:
    """Raises InputError, NotFoundError."""
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
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("choose the days on which it starts and ends") from error


def _page(error: CredservError | None = None) -> Response:
    return page(
        "programmes/cohorts.html",
        status=status_of(error),
        private=True,
        here="cohorts",
        cohorts=list_cohorts(services()),
        supply=supply_figures(services(), at=now()),
        is_public=is_public(services()),
        lengths=MINUTES,
        form=request.form,
        error=error,
    )
