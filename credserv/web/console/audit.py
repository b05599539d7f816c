"""Console: the audit trail. Who did what, newest first, a page at a time."""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.journeys.operate.trail import read_trail
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import services
from credserv.web.frame.rendering import page

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

_PAGE_LINES = 50


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    before = request.args.get("before", 0, type=int)
    trail = read_trail(services(), before=before or None, limit=_PAGE_LINES)
    return page("console/audit.html", private=True, here="audit", trail=trail, before=before)
