"""The public part of audits, with which anyone can recompute the draw.

That is the commitment before, the population and the seed after, and who was drawn, by ids that identify
nobody.
"""

from __future__ import annotations

from flask import Blueprint, Response, json

from credserv.journeys.accredit.audit_publication import published
from credserv.journeys.accredit.audits import audits_of, find_audit
from credserv.web.frame.context import services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("audits", __name__, url_prefix="/audits")
blueprint.record_once(install)

_SHOWN = ("key", "period")
_A_MINUTE = "public, max-age=60"


@blueprint.get("/<key>")
@door(any_site=True, shown=("key",), cache=_A_MINUTE)
def index(key: str) -> Response:
    """Show every audit of a programme, from its commitment on."""
    return page("public/audits.html", programme=key, audits=audits_of(services(), key))


@blueprint.get("/<key>/<period>")
@door(any_site=True, shown=_SHOWN, cache=_A_MINUTE)
def show(key: str, period: str) -> Response:
    audit = find_audit(services(), key, period)
    return page("public/audit.html", audit=audit, told=published(services(), audit))


@blueprint.get("/<key>/<period>/audit.json")
@door(machine=True, any_site=True, shown=_SHOWN, cache=_A_MINUTE)
def file(key: str, period: str) -> Response:
    """Return the file for `credserv audit recompute`."""
    told = published(services(), find_audit(services(), key, period))
    return Response(json.dumps(told, indent=1, ensure_ascii=False), mimetype="application/json")
