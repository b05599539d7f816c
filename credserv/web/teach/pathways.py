"""Console: a pathway to an achievement by form: which others, in which order, milestones and dates."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.ground.names import cut
from credserv.journeys.award.dry_run import DryRun, dry_run
from credserv.journeys.define import rules as define
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.define.profile_pathways import ProposedPathway, propose_profile_pathway
from credserv.journeys.publish import publish
from credserv.mastery.pathway_form import (
    FIELDS,
    MAX_ROUTES,
    PathwayForm,
    RouteForm,
    build_pathway,
    read_pathway_form,
)
from credserv.mastery.reading import MAX_STEPS
from credserv.openbadges.display import achievement_display
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("pathways", __name__, url_prefix="/achievements/<key>/pathway")

_SPARE_ROWS = 3
_MAX_CHARS = 500


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key",))
def pathway(key: str) -> Response:
    """Show the pathway; with `profile`, one proposed from that role profile instead of the current one."""
    profile = request.args.get("profile", "")
    if profile:
        proposed = propose_profile_pathway(
            services(), profile, toward=key, steps_for_gaps=request.args.get("gaps") == "steps"
        )
        return _page(key, read_pathway_form(proposed.rule), proposed=proposed)
    current = define.current_rule(services(), key)
    document = None if current is None else current.document
    return _page(key, PathwayForm() if document is None else read_pathway_form(document))


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",))
def change(key: str) -> AnyResponse:
    """Change the form; only *save* stores it, else the page shows who would earn it, and adds steps."""
    form = _typed()
    document = build_pathway(form)
    try:
        wanted = define.require_rule(services(), key, document)
        if request.form.get("do") != "save":
            return _page(key, form, run=dry_run(services(), wanted, now=now()))
        version, is_new = define.set_rule(services(), key, document, actor=actor(), now=now())
    except InputError as error:
        return _page(key, form, error=error)
    flash(
        gettext(
            "Version %(version)s of the rule was saved: whoever holds every step earns it from now on.",
            version=version.version,
        )
        if is_new
        else gettext("This very pathway was in use before.")
    )
    return redirect(url_for("teach.pathways.pathway", key=key), 303)


def _typed() -> PathwayForm:
    def typed(name: str) -> str:
        return cut(request.form.get(name, "").strip(), _MAX_CHARS)

    def route(number: int) -> RouteForm:
        rows = [{name: typed(f"{name}-{number}-{at}") for name in FIELDS} for at in range(MAX_STEPS)]
        steps = tuple(row for row in rows if row["achievement"] or row["alignment"])
        return RouteForm(typed(f"name-{number}"), typed(f"in_order-{number}") == "yes", steps)

    routes = (route(number) for number in range(MAX_ROUTES))
    return PathwayForm(tuple(one for one in routes if one.steps or one.name))


def _page(
    key: str,
    form: PathwayForm | None,
    *,
    run: DryRun | None = None,
    error: CredservError | None = None,
    proposed: ProposedPathway | None = None,
) -> Response:
    """Show the page. `form` is None for a rule that is not such a pathway."""
    version = publish.achievement(services(), key, None)
    others = [one for one in newest_of_each(services()) if one.key != key]
    routes = [] if form is None else [*form.routes, *([RouteForm()] if len(form.routes) < MAX_ROUTES else [])]
    return page(
        "teach/pathway.html",
        status=status_of(error),
        private=True,
        here="achievements",
        version=version,
        display=achievement_display(version.achievement),
        form=form,
        routes=[(one, _rows(one)) for one in routes],
        choices=[(one.key, str(one.achievement["name"])) for one in others],
        run=run,
        proposed=proposed,
        profile_key=request.args.get("profile", ""),
        max_steps=MAX_STEPS,
        replaces=proposed is not None and define.current_rule(services(), key) is not None,
        error=error,
        may_change=colleague().may(Permission.DEFINE),
    )


def _rows(route: RouteForm) -> list[Mapping[str, str]]:
    """Return its steps, and empty rows for more."""
    spare = min(_SPARE_ROWS, MAX_STEPS - len(route.steps))
    return [*route.steps, *({} for _ in range(spare))]
