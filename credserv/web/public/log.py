"""The log of signatures, for anyone who audits an issuer: its head, its entries, and the proofs.

Nothing here says which credential an entry is. Somebody who has a credential finds its entry by its hash or
id.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from credserv.ground.canonical_json import to_json
from credserv.ground.errors import InputError
from credserv.journeys.publish import issuance_log
from credserv.web.frame.context import services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import page

blueprint = Blueprint("log", __name__, url_prefix="/log")

_FOR_GOOD = "public, max-age=31536000, immutable"
_A_MINUTE = "public, max-age=60"


@blueprint.get("")
@door(any_site=True)
def index() -> Response:
    """Explain the log, and show its size."""
    head = issuance_log.find_head(services())
    return page("public/log.html", head=head, base_url=services().public_url)


@blueprint.get("/head")
@door(machine=True, any_site=True, cache=_A_MINUTE)
def head() -> Response:
    """Return the newest signed head."""
    return _json(issuance_log.tell_head(issuance_log.newest_head(services())))


@blueprint.get("/consistency")
@door(machine=True, any_site=True, cache=_FOR_GOOD)
def consistency() -> Response:
    """Prove that the log of `second` entries begins with the one of `first`."""
    return _json(issuance_log.consistency(services(), _number("first"), _number("second")))


@blueprint.get("/entries")
@door(machine=True, any_site=True)
def entries() -> Response:
    """Return entries from `start` to before `end`, at most a thousand."""
    return _json({"entries": issuance_log.entries(services(), _number("start"), _number("end"))})


@blueprint.get("/credentials/<string:credential_id>")
@door(machine=True, any_site=True, guessable=True)
def inclusion(credential_id: str) -> Response:
    """Prove that a credential is in the log, to somebody with its id."""
    return _json(issuance_log.inclusion_of(services(), credential_id).as_json())


def _number(name: str) -> int:
    """Return a number. Raises InputError."""
    given = request.args.get(name, "")
    if not given.isascii() or not given.isdigit() or len(given) > 12:
        raise InputError(f"`{name}` is a whole number of entries")
    return int(given)


def _json(answer: Any) -> Response:
    return Response(to_json(answer), mimetype="application/json")
