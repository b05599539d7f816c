"""A claim link: one badge, shown to whoever has the link, kept by whoever proves an address.

It opens no wallet.

The link comes from the console, for people a letter does not reach. Viewing it changes nothing (attack 121).
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit import claims
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.hold import wallet
from credserv.records.access import LinkPurpose, SessionKind
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import holder_id, holder_session
from credserv.web.frame.languages import asked_language, gettext
from credserv.web.frame.rendering import install, page, root
from credserv.web.frame.translated import for_reader

blueprint = Blueprint("claim", __name__, url_prefix="/claim")
blueprint.record_once(install)
claim_door = partial(door, guessable=True, form=True, private=True)


@blueprint.get("/<token>")
@claim_door()
def look(token: str) -> Response:
    return _page(claims.credential_of(services(), token, now()))


@blueprint.post("/<token>")
@claim_door(budget="letters")
def ask(token: str) -> Response:
    """Mail the link that proves an address, and keeps the badge with it."""
    credential_id, email = claims.credential_of(services(), token, now()), request.form.get("email", "")
    asked = request_letter(
        services(), LinkPurpose.WALLET_LETTER, email, now(), claim=credential_id, language=asked_language()
    )
    return _page(credential_id, asked)


@blueprint.post("/<token>/keep")
@claim_door(session=SessionKind.HOLDER)
def keep(token: str) -> AnyResponse:
    """Keep it in the wallet open in this browser."""
    person_id = holder_id()
    credential_id = claims.credential_of(services(), token, now())
    claims.keep(services(), credential_id, person_id, now())
    if not claims.is_keeper(services(), credential_id, person_id):
        flash(gettext("This badge is in somebody's wallet already, so it stays there."), "fault")
        return redirect(url_for("claim.look", token=token), 303)
    flash(gettext("The badge is in your wallet."))
    return redirect(url_for("wallet.credential", credential_id=credential_id), 303)


def _page(credential_id: str, asked: Asked | None = None) -> Response:
    try:
        signed_in = bool(holder_session())
    except UnauthenticatedError:
        signed_in = False
    return page(
        "wallet/claim.html",
        private=True,
        item=for_reader(wallet.carried(services(), credential_id, now())),
        kept=claims.is_kept(services(), credential_id),
        signed_in=signed_in,
        asked=asked,
        mail_enabled=services().mail_enabled,
        path=root() + request.path.removesuffix("/keep"),
    )
