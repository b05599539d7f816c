"""What a person shares: created, managed and ended in the wallet.

Only the response that created a link shows its address, because the store has only its hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, InputError, UnauthenticatedError
from credserv.journeys.hold import shares, wallet
from credserv.journeys.hold.shares import ShareWish
from credserv.journeys.transfer.passing_on import make_share, offered_along
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import install, page
from credserv.web.frame.sentences import said, sentence
from credserv.web.holder.wallet import badge_page

blueprint = Blueprint("wallet_shares", __name__, url_prefix="/wallet")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

_MAX_OFFERED = 200  # badges to choose from, newest first
_DAYS = (7, 30, 90, 365)


@blueprint.get("/shares")
@holder_door()
def overview() -> Response:
    """Show all links and pages, and the form for a new one; `credential` and `import` preselect badges."""
    return _overview(chosen=request.args.getlist("credential"))


@blueprint.post("/shares")
@holder_door(parts=64, budget="links")
def make() -> Response:
    chosen = request.form.getlist("credential")
    try:
        made = make_share(services(), holder_id(), _wish(chosen), now())
    except (InputError, ConflictError) as error:
        return _overview(chosen=chosen, error=error)
    return _overview(made=made)


@blueprint.post("/credentials/<credential_id>/shares")
@holder_door()
def share_one(credential_id: str) -> AnyResponse:
    """Create a link to one badge directly."""
    person_id, label = holder_id(), request.form.get("label", "")
    item = wallet.held(services(), person_id, credential_id, now())
    try:
        made = shares.share(services(), person_id, credential_id, label, now())
    except InputError as error:
        flash(said(sentence(error.detail)), "fault")
        return redirect(url_for("wallet.credential", credential_id=credential_id), 303)
    return badge_page(item, made=made)


@blueprint.post("/shares/<share_id>/end")
@holder_door()
def end(share_id: str) -> AnyResponse:
    ended = shares.end_share(services(), holder_id(), share_id, now())
    flash(gettext("You ended the link. Anyone who opens it sees that, and nothing else."))
    if request.form.get("back") == "shares" or len(ended.credential_ids) != 1:
        return redirect(url_for("wallet_shares.overview"), 303)
    return redirect(url_for("wallet.credential", credential_id=ended.credential_ids[0]), 303)


def _wish(chosen: list[str]) -> ShareWish:
    """Return the wish. Raises InputError."""
    typed = request.form
    return ShareWish(
        credential_ids=tuple(chosen),
        label=typed.get("label", ""),
        ends_at=_end(typed.get("days", "")),
        max_openings=_number(typed.get("openings", "")),
        passcode=typed.get("passcode", "").strip(),
        shows_name=typed.get("name") == "yes",
        address=typed.get("address", ""),
        slug=typed.get("slug", "").strip().lower(),
        import_ids=tuple(typed.getlist("import")),
    )


def _end(days: str) -> datetime | None:
    return None if not days else now() + timedelta(days=min(_number(days) or 0, 3_650))


def _number(typed: str) -> int | None:
    typed = typed.strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise InputError("give a whole number, or leave the field empty")
    return int(typed)


def _overview(*, chosen: Sequence[str] = (), made: str = "", error: CredservError | None = None) -> Response:
    person_id, chosen_imports = holder_id(), request.values.getlist("import")
    held = wallet.wallet(services(), person_id, now(), limit=_MAX_OFFERED)
    listed = {item.record.id for item in held.credentials}
    asked = tuple(known for known in chosen[: shares.MAX_ITEMS] if known not in listed)
    offered = (*held.credentials, *wallet.held_among(services(), person_id, asked, now()))
    return page(
        "wallet/shares.html",
        status=200 if error is None else 409 if isinstance(error, ConflictError) else 400,
        private=True,
        shares=shares.own_shares(services(), person_id, now()),
        offered=offered,
        brought=offered_along(services(), person_id, now(), limit=_MAX_OFFERED, chosen=chosen_imports),
        chosen_imports=chosen_imports,
        left=held.total - len(offered),
        name=held.person.name or "",
        addresses=shares.addresses_of(services(), person_id),
        chosen=chosen,
        days=_DAYS,
        made=made,
        error=error,
        typed=request.form if error is not None else {},
        now=now(),
        base_url=services().public_url,
    )
