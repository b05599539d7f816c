"""Take a badge into a wallet app: the code that the app scans, and the number that it asks for."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from credserv.journeys.claim.offers import make_offer
from credserv.journeys.hold import wallet
from credserv.records.access import SessionKind
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("offering", __name__, url_prefix="/wallet/credentials")
blueprint.record_once(install)
holder_door = partial(door, session=SessionKind.HOLDER, form=True, private=True)


@blueprint.post("/<credential_id>/offers")
@holder_door(budget="links")
def offer(credential_id: str) -> Response:
    """Link, picture and number are told by this answer alone: the store keeps their hashes."""
    person_id = sessions.current_session(services(), SessionKind.HOLDER, now()).subject
    item = wallet.held(services(), person_id, credential_id, now())
    made = make_offer(services(), person_id, credential_id, now())
    return page("wallet/offer.html", private=True, item=item, made=made)
