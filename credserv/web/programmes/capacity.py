"""Console: how far the mentors' time reaches for the planned cohorts, in three scenarios."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.ground.names import cut
from credserv.ground.spreadsheets import build_csv
from credserv.journeys.measure import capacity
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("capacity", __name__, url_prefix="/capacity")
PLANS = Listing(
    "plans-of-mentors-time",
    ("id", "name", "state", "asked_at", "answered_at"),
    lambda: capacity.all_plans(services()),
    lambda one: (
        one.id,
        one.name,
        "answered" if one.answered_at else "being worked out",
        one.asked_at,
        one.answered_at,
    ),
    states=("being worked out", "answered"),
).serve(blueprint, Permission.PROGRAMMES)
_EXAMPLE = "New leaders, feedback, 6, 30, 3"


@blueprint.get("")
@console_door(needs=Permission.PROGRAMMES)
def index() -> Response:
    return _index()


@blueprint.post("")
@console_door(needs=Permission.PROGRAMMES)
def ask() -> AnyResponse:
    typed = request.form
    try:
        scenarios = capacity.read_form(typed.get("mentors", ""), typed.get("cohorts", ""))
        name = cut(typed.get("name", "").strip(), 200) or "Plan"
        plan = capacity.ask_for_plan(services(), None, name, scenarios, actor=actor(), now=now())
    except InputError as error:
        return _index(error)
    return redirect(url_for("programmes.capacity.plan", plan_id=plan.id), 303)


@blueprint.get("/<plan_id>")
@console_door(needs=Permission.PROGRAMMES)
def plan(plan_id: str) -> Response:
    found = capacity.find_plan(services(), plan_id)
    return page(
        "programmes/capacity_plan.html",
        private=True,
        here="capacity",
        plan=found,
        scenarios=[] if found.answer is None else found.answer["scenarios"],
        cohorts=found.asked["scenarios"][0]["cohorts"],
    )


@blueprint.get("/<plan_id>/table")
@console_door(needs=Permission.PROGRAMMES)
def table(plan_id: str) -> Response:
    found = capacity.find_plan(services(), plan_id)
    answer = Response(build_csv(capacity.COLUMNS, capacity.rows_of(found)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="mentors-time.csv"'
    return answer


def _index(error: CredservError | None = None) -> Response:
    typed = request.form
    return page(
        "programmes/capacity.html",
        status=status_of(error),
        private=True,
        here="capacity",
        error=error,
        plans=PLANS.found(),
        form=typed,
        mentors=typed.get("mentors") or capacity.mentors_as_text(services(), now()),
        example=_EXAMPLE,
        shares=capacity.SHARES,
    )
