"""Console: the notice for the works council and the data-protection officer, to print."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.journeys.operate.notice import PUBLISHING, PURPOSES, make_notice, who_sees
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("notice", __name__, url_prefix="/notice")


@blueprint.get("")
@console_door(needs=Permission.CASES)
def show() -> Response:
    return page(
        "programmes/notice.html",
        private=True,
        here="notice",
        notice=make_notice(services(), now(), gettext),
        purposes=PURPOSES,
        publishing=PUBLISHING,
        who_sees=who_sees,
    )
