"""Console: the audit trail. Who did what, newest first, a page at a time."""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.operate.trail import all_lines, read_trail
from credserv.records.audit import Action
from credserv.records.audit_words import ACTION_WORDS
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.tables import csv_file

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

_PAGE_LINES = 50


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    before, (text, action) = request.args.get("before", 0, type=int), _asked()
    trail = read_trail(services(), before=before or None, limit=_PAGE_LINES, text=text, action=action)
    return page(
        "console/audit.html",
        private=True,
        here="audit",
        trail=trail,
        before=before,
        text=text,
        action=action.value if action else "",
        actions=sorted((gettext(words), one.value) for one, words in ACTION_WORDS.items()),
        action_words=ACTION_WORDS,
    )


@blueprint.get("/export")
@console_door(needs=Permission.INSPECT)
def export() -> Response:
    text, action = _asked()
    lines = all_lines(services(), text=text, action=action)
    rows = (
        (
            format_instant(one.line.at),
            one.line.action,
            one.line.subject,
            one.who,
            one.line.actor,
            to_json(one.line.detail).decode(),
        )
        for one in lines
    )
    return csv_file("audit-trail", ("at", "action", "subject", "who", "actor", "detail"), rows)


def _asked() -> tuple[str, Action | None]:
    action = request.args.get("action", "")
    chosen = Action(action) if action in set(Action) else None
    return request.args.get("q", "").strip()[:200], chosen
