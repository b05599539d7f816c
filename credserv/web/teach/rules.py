"""Console: what it takes to earn an achievement, by form or as JSON, tried before it is saved.

The form works by submitting itself: buttons that add or remove a condition do so too, and save nothing.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, ForbiddenError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.award.catching_up import catch_up
from credserv.journeys.award.dry_run import DryRun, dry_run
from credserv.journeys.connect.sources import all_sources
from credserv.journeys.define import rules as define
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.publish import publish
from credserv.mastery.form import MAX_ROWS, TYPES, Band, RuleForm, build_document, read_form
from credserv.mastery.rule import By
from credserv.mastery.targets import levels_by_description
from credserv.openbadges.display import achievement_display
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sentences import said
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("rules", __name__, url_prefix="/achievements/<key>/rule")

_PARTS = 1_000  # form fields with every possible condition
_MAX_CHARS = 2_000
_AT_ONCE = 100  # awards, while somebody waits for the page
_NO_RULE: JsonObject = {"when": {"all": []}}


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key",))
def rule(key: str) -> Response:
    current = define.current_rule(services(), key)
    document = _NO_RULE if current is None or current.document is None else current.document
    return _page(key, document, _form_of(key, document))


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key",), parts=_PARTS)
def change(key: str) -> AnyResponse:
    """Change the rule by form; only *save* stores it."""
    form, do = _read_fields(key), request.form.get("do", "")
    if do == "add" and len(form.rows) < MAX_ROWS and request.form.get("new") in TYPES:
        added = {"type": request.form["new"]}
        return _page(
            key, None, RuleForm((*form.rows, added), form.wanted, form.n, form.description, form.bands)
        )
    if do.startswith("remove-"):
        rows = tuple(row for at, row in enumerate(form.rows) if f"remove-{at}" != do)
        return _page(key, None, RuleForm(rows, form.wanted, form.n, form.description, form.bands))
    try:
        document = build_document(form)
        return _do(key, document, do)
    except InputError as error:
        return _page(key, None, form, error=error)


@blueprint.post("/json")
@console_door(needs=Permission.DEFINE, shown=("key",))
def change_json(key: str) -> AnyResponse:
    text = request.form.get("document", "")
    try:
        return _do(key, parse_json_object(text.encode()), request.form.get("do", ""))
    except InputError as error:
        return _page(key, None, None, error=error, text=text)


@blueprint.post("/end")
@console_door(needs=Permission.DEFINE, shown=("key",))
def end(key: str) -> AnyResponse:
    define.end_rule(services(), key, actor=actor(), now=now())
    flash(gettext("The rule was ended. What was issued by it stays."))
    return _back(key)


@blueprint.post("/apply")
@console_door(needs=Permission.ISSUE, shown=("key",))
def apply(key: str) -> AnyResponse:
    """Award people who meet the current rule, some at a time. Requires a grant for everybody."""
    if not colleague().may_issue(key, None, now()):
        raise ForbiddenError("your grants do not cover this badge for everybody: ask an administrator")
    done = catch_up(services(), key, now=now(), limit=_AT_ONCE)
    told = [gettext("%(number)s issued.", number=done.awarded)]
    if done.failed:
        notes = "; ".join(done.notes)
        told.append(gettext("%(number)s could not be: %(notes)s.", number=done.failed, notes=notes))
    if done.left:
        told.append(gettext("%(number)s are left: press again.", number=done.left))
    flash(" ".join(told))
    return _back(key)


def _do(key: str, document: JsonObject, do: str) -> AnyResponse:
    """Save, or try without saving. Raises InputError."""
    if do == "save":
        version, is_new = define.set_rule(services(), key, document, actor=actor(), now=now())
        flash(
            gettext(
                "Version %(version)s of the rule was saved. It counts from now on.", version=version.version
            )
            if is_new
            else gettext("This same rule was already in use, so no new version was needed.")
        )
        return _back(key)
    wanted = define.require_rule(services(), key, document)
    return _page(key, document, _form_of(key, document), run=dry_run(services(), wanted, now=now()))


def _back(key: str) -> AnyResponse:
    return redirect(url_for("teach.rules.rule", key=key), 303)


def _rubric(key: str) -> tuple[str, tuple[str, ...]]:
    """Return the first result description with levels, and its levels; "" and () where none has any."""
    version = publish.achievement(services(), key, None)
    for description, levels in levels_by_description(version.achievement).items():
        if levels:
            return description, tuple(levels)
    return "", ()


def _form_of(key: str, document: JsonObject) -> RuleForm | None:
    description, levels = _rubric(key)
    if document == _NO_RULE:
        return RuleForm(description=description, bands=tuple(Band(level) for level in levels))
    return read_form(document, description, levels)


def _read_fields(key: str) -> RuleForm:
    description, levels = _rubric(key)

    def typed(name: str) -> str:
        return cut(request.form.get(name, "").strip(), _MAX_CHARS)

    rows = []
    for at in range(MAX_ROWS):
        kind = typed(f"type-{at}")
        if kind in TYPES:
            rows.append({"type": kind, **{name: typed(f"{name}-{at}") for name in TYPES[kind][1]}})
    bands = tuple(Band(level, typed(f"from-{at}"), typed(f"words-{at}")) for at, level in enumerate(levels))
    return RuleForm(tuple(rows), typed("wanted") or "all", typed("n"), description, bands)


def _page(
    key: str,
    document: JsonObject | None,
    form: RuleForm | None,
    *,
    run: DryRun | None = None,
    error: CredservError | None = None,
    text: str = "",
) -> Response:
    """Show the page. `form` is None for what only JSON can express."""
    version = publish.achievement(services(), key, None)
    history = define.rule_history(services(), key)
    if not text:
        current = document or _built(form) or _NO_RULE
        text = json.dumps(current, indent=2, ensure_ascii=False)
    return page(
        "teach/rule.html",
        status=status_of(error),
        private=True,
        here="achievements",
        version=version,
        display=achievement_display(version.achievement),
        form=form,
        types=TYPES,
        types_told=[(name, gettext(told)) for name, (told, _) in TYPES.items()],
        choices={
            "kind": [(one, _named(one)) for one in ("completed", "passed", "mastered")],
            "source": [(source.name, source.name) for source in all_sources(services())],
            "role": [(one.value, _named(one.value)) for one in By],
            "level": [(one, _word(one)) for one in _rubric(key)[1]],
            "description": [(one, _word(one)) for one in levels_by_description(version.achievement)],
            "achievement": [(one.key, one.achievement["name"]) for one in newest_of_each(services())],
        },
        history=history,
        has_rule=bool(history) and history[0].document is not None,
        text=text,
        run=run,
        error=error,
        may_change=colleague().may(Permission.DEFINE),
    )


def _named(word: str) -> str:
    return said(word.capitalize(), plain=True)


def _word(fragment: str) -> str:
    return fragment[1:].replace("-", " ").capitalize()


def _built(form: RuleForm | None) -> JsonObject | None:
    try:
        return None if form is None else build_document(form)
    except InputError:
        return None
