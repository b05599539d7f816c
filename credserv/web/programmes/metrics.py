"""Console: metrics, each with its question and owner; change or remove them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.journeys.measure import metrics
from credserv.outcomes.disclosure import DIMENSIONS
from credserv.outcomes.metrics import ABOUT, EVIDENCE, MAX_CHARS, OUTCOMES, Metric, MetricKind
from credserv.outcomes.stated import MEMBERS
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("metrics", __name__, url_prefix="/outcomes/metrics")

# What each kind counts, and what data it needs.
KINDS = {
    MetricKind.GAIN: "What people know more (pathway)",
    MetricKind.BEHAVIOUR: "How often something happens after it (pathway)",
    MetricKind.TEAM: "Time to competency, and moves (pathway, credential)",
    MetricKind.EQUITY: "Groups beside each other (groups)",
    MetricKind.PARTICIPATION: "Who takes part and completes (pathway)",
    MetricKind.SURVEY: "Answers to a question (survey)",
    MetricKind.SUPPLY: "Mentors' time, and how long people wait",
    MetricKind.ACROSS: "Sessions across departments",
    MetricKind.RELATIONS: "How often a mentor and a mentee meet, and how",
    MetricKind.ANSWERS: "How long people who are asked for feedback take to answer",
    MetricKind.TARGETS: "Who has begun, by the role that a cohort leads to",
    MetricKind.KEPT: "What is still known 30 to 365 days later (pathway)",
    MetricKind.LEAVING: "Who is still here after so many days (pathway, days)",
    MetricKind.PLANS: "Targets, reached by their day or not (competency)",
    MetricKind.PROJECT: "What came of an assignment, by its criteria (project)",
    MetricKind.TOGETHER: "Which experiences go with performance and staying (pathway, signal, days)",
    MetricKind.VIEWS: "How people see themselves, and others them, side by side (pathway)",
    MetricKind.RETURN: "Money spent and brought in, as somebody says it (money)",
}
METRICS = Listing(
    "metrics",
    ("key", "name", "question", "kind", "owner", "evidence", "state"),
    lambda: metrics.metrics_of(services(), now()),
    lambda one: (
        one.key,
        one.name,
        one.question,
        one.kind,
        one.owner,
        one.evidence,
        "shown" if one.shown else "not shown",
    ),
    states=("shown", "not shown"),
).serve(blueprint, Permission.FIGURES)
_TEXTS = ("name", "question", "owner", *ABOUT)
_PILOT = ("name", "sponsor", "starts_on", "ends_on", "baseline", "target")
_NUMBERS = ("baseline", "target")
_AMOUNTS = ("cost", "benefit")


@blueprint.get("")
@console_door(needs=Permission.FIGURES)
def index() -> Response:
    return _index()


@blueprint.post("")
@console_door(needs=Permission.PROGRAMMES)
def put() -> AnyResponse:
    """Add a metric, or a new version of one, from the next figures on."""
    key = request.form.get("key", "").strip()
    try:
        kept = metrics.set_metric(services(), key, _told(), actor=actor(), now=now())
    except InputError as error:
        return _index(error) if request.form.get("is_new") else _one(key, error)
    said = gettext(
        "“%(name)s” is counted this way from the next figures on. Frozen figures stay.", name=kept.name
    )
    flash(said)
    return redirect(url_for("programmes.metrics.index"), 303)


@blueprint.get("/<key>")
@console_door(needs=Permission.FIGURES, shown=("key",))
def one(key: str) -> Response:
    return _one(key)


@blueprint.post("/<key>/end")
@console_door(needs=Permission.PROGRAMMES, shown=("key",))
def end(key: str) -> AnyResponse:
    known = metrics.find_metric(services(), key, now())
    metrics.end_metric(services(), key, actor=actor(), now=now())
    flash(gettext("“%(name)s” is no longer counted. Figures made so far stay.", name=known.name))
    return redirect(url_for("programmes.metrics.index"), 303)


def _index(error: CredservError | None = None) -> Response:
    return _page(
        "programmes/metrics.html",
        error,
        metrics=METRICS.found(),
        form=request.form if error else MultiDict({"shown": "yes", "tau_days": "120"}),
    )


def _one(key: str, error: CredservError | None = None) -> Response:
    metric = metrics.find_metric(services(), key, now())
    return _page(
        "programmes/metric.html",
        error,
        metric=metric,
        form=request.form if error else _form(metric),
        versions=metrics.versions_of(services(), key, now()),
    )


def _page(template: str, error: CredservError | None, **told: Any) -> Response:
    return page(
        template,
        status=status_of(error),
        private=True,
        here="outcomes",
        error=error,
        kinds=KINDS,
        all_evidence=EVIDENCE,
        dimensions=DIMENSIONS,
        outcomes=OUTCOMES,
        about=ABOUT,
        max_chars=MAX_CHARS,
        **told,
    )


def _told() -> dict[str, Any]:
    """Return the metric as a program would send it, without empty values."""
    form = request.form
    told: dict[str, Any] = {name: text for name in _TEXTS if (text := form.get(name, "").strip())}
    pilot = {name: text for name in _PILOT if (text := form.get(f"pilot_{name}", "").strip())}
    if pilot:
        told["pilot"] = {name: _number(text) if name in _NUMBERS else text for name, text in pilot.items()}
    stated = {name: text for name in MEMBERS if (text := form.get(f"stated_{name}", "").strip())}
    if stated:
        told["stated"] = {name: _number(text) if name in _AMOUNTS else text for name, text in stated.items()}
    return {
        **told,
        "kind": form.get("kind", ""),
        "evidence": form.getlist("evidence"),
        "shown": form.get("shown") == "yes",
        "random": form.get("random") == "yes",
        "tau_days": form.get("tau_days", 0, type=int),
    }


def _form(metric: Metric) -> MultiDict[str, str]:
    """Return the form that would send this metric."""
    form = MultiDict({name: getattr(metric, name) for name in _TEXTS})
    form.update({f"pilot_{name}": str(value) for name, value in metric.pilot.items()})
    form.update({f"stated_{name}": str(value) for name, value in metric.stated.items()})
    form.update({"key": metric.key, "kind": metric.kind.value, "tau_days": str(metric.tau_days)})
    form.update({name: "yes" for name in ("shown", "random") if getattr(metric, name)})
    form.setlist("evidence", list(metric.evidence))
    return form


def _number(text: str) -> float | str:
    """Return a number; other text unchanged, to be refused with its place."""
    try:
        return float(text)
    except ValueError:
        return text
