"""The wallet: which of a person's data is behind figures, and what they aim for. Only their own."""

from __future__ import annotations

import secrets
from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import format_instant, parse_day
from credserv.ground.errors import CredservError, InputError
from credserv.ground.languages import Say, in_english
from credserv.ground.spreadsheets import build_csv
from credserv.journeys.measure import own_facts
from credserv.outcomes.assignments import MET
from credserv.outcomes.plans import Standing
from credserv.records.outcomes import Fact, FactKind
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext, number
from credserv.web.frame.rendering import page

blueprint = Blueprint("counted", __name__, url_prefix="/counted")

KINDS = {
    FactKind.STARTED: "You began",
    FactKind.PRE: "Assessed before",
    FactKind.POST: "Assessed after",
    FactKind.MASTERED: "You got there",
    FactKind.SIGNAL: "Counted of your work",
    FactKind.SURVEY: "You answered",
    FactKind.OBSERVATION: "Somebody saw you do it",
    FactKind.NOTE: "A note of who leads you",
    FactKind.TARGET: "You aim for",
    FactKind.PROJECT: "An assignment",
    FactKind.SELF: "As you see yourself",
    FactKind.READINESS: "Ready, as who leads you sees it",
}
STANDINGS = {
    Standing.ON_TIME: ("good", "check"),
    Standing.LATE: ("attention", "clock"),
    Standing.OVERDUE: ("attention", "clock"),
    Standing.OPEN: ("", "clock"),
    Standing.LEFT: ("", "info"),
}
_COLUMNS = ("when", "what", "about", "value", "told by", "figures")
_SHOWN = 100


@blueprint.get("")
@holder_door()
def index() -> Response:
    return _page()


@blueprint.get("/<fact_id>")
@holder_door()
def show(fact_id: str) -> Response:
    """Show a fact; 404 for somebody else's, as for none."""
    found = own_facts.own_fact(services(), holder_id(), fact_id, now())
    return page("mentoring/counted_fact.html", private=True, one=found, kinds=KINDS, told_of=told, met=MET)


@blueprint.get("/table.csv")
@holder_door()
def table() -> Response:
    found = own_facts.counted_of(services(), holder_id(), now())
    text = build_csv(_COLUMNS, (_row(one) for one in found.facts))
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="counted-of-me.csv"'
    return response


@blueprint.post("")
@holder_door(budget="verify")
def aim() -> AnyResponse:
    typed = request.form
    try:
        own_facts.set_target(
            services(),
            holder_id(),
            competency=typed.get("competency", "").strip(),
            level=_number(typed.get("level", "")),
            maximum=_number(typed.get("maximum", "")),
            due_on=_day(typed.get("due_on", "")),
            reference=typed.get("id", "")[:64],
            now=now(),
        )
    except InputError as error:
        return _page(error)
    flash(gettext("Written down. An assessment or an observation at that level reaches it."))
    return redirect(url_for("mentoring.counted.index"), 303)


def told(fact: Fact, say: Say = gettext) -> str:
    """Return a fact in words: a score on a scale, a count of a total, or nothing further.

    `say` is `gettext`, or `in_english`.
    """
    write = "{:g}".format if say is in_english else number
    if fact.score is not None:
        score = write(fact.score)
        if fact.maximum is not None:
            score = say("%(score)s of %(most)s", score=score, most=write(fact.maximum))
        return say("%(score)s, by %(name)s", score=score, name=fact.instrument) if fact.instrument else score
    if fact.count is not None:
        return say("%(number)s in %(all)s", number=write(fact.count), all=write(fact.exposure or 0))
    if fact.kind is FactKind.STARTED and fact.mentored is not None:
        return say("with a mentor") if fact.mentored else say("without a mentor")
    return fact.words


def _row(one: own_facts.OwnFact) -> tuple[str, ...]:
    fact = one.fact
    criteria = "; ".join(f"{said.criterion}: {MET[said.met]}" for said in fact.criteria)
    return (
        format_instant(fact.occurred_at),
        fact.kind.value,
        fact.about or fact.competency,
        told(fact, in_english) or criteria,
        one.told_by,
        "; ".join(one.figures),
    )


def _page(error: CredservError | None = None) -> Response:
    found = own_facts.counted_of(services(), holder_id(), now())
    return page(
        "mentoring/counted.html",
        status=status_of(error),
        private=True,
        found=found,
        facts=found.facts[:_SHOWN],
        more=max(0, len(found.facts) - _SHOWN),
        kinds=KINDS,
        standings=STANDINGS,
        told_of=told,
        met=MET,
        max_chars=own_facts.MAX_CHARS,
        form=request.form if error else {},
        id=request.form.get("id") or secrets.token_hex(16),
        today=services().today(now()),
        error=error,
    )


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise InputError("a level is a number, as in 3") from error


def _day(text: str) -> date:
    try:
        return parse_day(text.strip())
    except InputError as error:
        raise InputError("a day is expected, as in 2027-03-01") from error
