"""The wallet: what a person holds, to view and download.

It opens by a mailed link: a GET shows a button, whose POST uses the link up, so that mail scanners and
previews open nothing (attack 121). No cache stores a signed-in page.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit import access, sign_in
from credserv.journeys.admit.identities import ways_in
from credserv.journeys.admit.letters import Asked, request_letter
from credserv.journeys.admit.oidc import provider_of
from credserv.journeys.award.pathways import begin_own, open_pathways, team_of
from credserv.journeys.award.progress import progress_of
from credserv.journeys.award.proposing import decline_proposal, proposable_by, proposals_to, propose_to_led
from credserv.journeys.claim.copies import copies_of
from credserv.journeys.hold import wallet
from credserv.journeys.hold.certificates import certificate, linkedin_address
from credserv.journeys.hold.shares import shares_of
from credserv.journeys.learning import naming_of
from credserv.journeys.transfer.brought import brought_along, count_brought
from credserv.records.access import LinkPurpose, SessionKind
from credserv.records.paging import Place
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY, door
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.languages import asked_language, gettext, language
from credserv.web.frame.rendering import install, page
from credserv.web.frame.translated import for_reader

blueprint = Blueprint("wallet", __name__, url_prefix="/wallet")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
_PAGE = 60  # badges on one page; each is read from what was signed
_NEWEST = 12  # of the imported badges


@blueprint.get("")
@door(form=True, private=True)
def home() -> Response:
    """Show the wallet when signed in; else how to open it."""
    try:
        person_id = holder_id()
    except UnauthenticatedError:
        return _ask_page()
    text = request.args.get("after", "")
    after = Place.parse(text) if text else None
    held = wallet.wallet(services(), person_id, now(), limit=_PAGE, after=after)
    last = held.credentials[-1].record if len(held.credentials) == _PAGE else None
    return page(
        "wallet/home.html",
        private=True,
        wallet=replace(held, credentials=tuple(map(for_reader, held.credentials))),
        after=after,
        last="" if last is None else Place(last.issued_at, last.id),
        brought=brought_along(services(), person_id, now(), limit=_NEWEST),
        brought_count=count_brought(services(), person_id),
        wants_address=services().mail_enabled and ways_in(services(), person_id).wants_address,
    )


@blueprint.get("/open/<token>")
@door(guessable=True, form=True, private=True)
def look_at_link(token: str) -> AnyResponse:
    """Show a button; nothing is used up."""
    link = sign_in.wallet_link(services(), token, now())
    if link is None:
        return _dead_link()
    return page("wallet/open.html", private=True, claims=link.claim is not None, address=link.subject)


@blueprint.post("/open/<token>")
@door(guessable=True, form=True, private=True)
def open_link(token: str) -> AnyResponse:
    try:
        opened = sign_in.open_wallet_link(services(), token, now(), browser=sessions.browser())
    except UnauthenticatedError:
        return _dead_link()
    return sessions.sign_in(redirect(url_for("wallet.home"), 303), opened)


@blueprint.post("/link")
@door(budget="letters", form=True, private=True)
def request_link() -> Response:
    """Mail a link; the response is the same whether or not the address is known (attack 115)."""
    asked = request_letter(
        services(), LinkPurpose.WALLET_LETTER, request.form.get("email", ""), now(), language=asked_language()
    )
    return _ask_page(asked)


@blueprint.get("/progress")
@holder_door()
def progress() -> Response:
    """Show what is in progress, and what is missing."""
    return page(
        "wallet/progress.html",
        private=True,
        progress=progress_of(services(), holder_id(), now=now()),
        choices=open_pathways(services(), holder_id()),
        proposals=proposals_to(services(), holder_id()),
    )


@blueprint.post("/progress/begin")
@holder_door()
def begin() -> AnyResponse:
    """Begin a pathway: record what they have now, so that progress can be seen."""
    begin_own(services(), holder_id(), request.form.get("achievement", ""), now())
    flash(gettext("You have begun. What you already have today is recorded with it."))
    return redirect(url_for("wallet.progress"), 303)


@blueprint.post("/progress/decline")
@holder_door()
def decline() -> AnyResponse:
    """Decline a proposal, so that it is not asked again."""
    decline_proposal(services(), holder_id(), request.form.get("achievement", ""))
    flash(gettext("You will not be asked again. You can begin it whenever you like."))
    return redirect(url_for("wallet.progress"), 303)


@blueprint.get("/team")
@holder_door()
def team() -> Response:
    """Show the progress of people whom this person leads and who share it."""
    return page(
        "wallet/team.html",
        private=True,
        team=team_of(services(), holder_id(), now=now()),
        to=proposable_by(services(), holder_id(), now()),
    )


@blueprint.post("/team/propose")
@holder_door()
def propose() -> AnyResponse:
    """Propose a pathway; the response is the same whatever the person has of it."""
    form = request.form
    propose_to_led(services(), holder_id(), form.get("person", ""), form.get("achievement", ""), now())
    flash(gettext("It is proposed. They choose in their wallet."))
    return redirect(url_for("wallet.team"), 303)


@blueprint.get("/sessions")
@holder_door()
def show_sessions() -> Response:
    current = holder_session()
    return page(
        "wallet/sessions.html",
        private=True,
        sessions=access.sessions_of(services(), current.subject, now()),
        current=current.token_sha256,
        addresses=sign_in.proved_addresses(services(), current.subject),
    )


@blueprint.post("/sessions/end")
@holder_door()
def end_session() -> AnyResponse:
    access.end_one_session(services(), holder_id(), request.form.get("session", ""), now())
    flash(gettext("That session was ended."))
    return redirect(url_for("wallet.show_sessions"), 303)


@blueprint.post("/sign-out-everywhere")
@holder_door()
def sign_out_everywhere() -> AnyResponse:
    access.end_all_sessions(services(), holder_id(), now())
    response = sessions.sign_out(services(), redirect(url_for("wallet.home"), 303), SessionKind.HOLDER)
    flash(gettext("You are signed out everywhere."))
    return response


@blueprint.get("/credentials/<credential_id>")
@door(guessable=True, form=True, private=True)
def credential(credential_id: str) -> Response:
    """Show a badge to its holder; letters lead here too, to a page that asks to sign in."""
    try:
        person_id = holder_id()
    except UnauthenticatedError:
        item = wallet.carried(services(), credential_id, now())
        return page(
            "wallet/badge.html", private=True, item=for_reader(item), mail_enabled=services().mail_enabled
        )
    return badge_page(wallet.held(services(), person_id, credential_id, now()))


def badge_page(item: wallet.Carried, *, made: str = "") -> Response:
    """Show a badge. `made` is a link just created, shown only this once."""
    base_url = item.elsewhere or services().public_url
    return page(
        "wallet/credential.html",
        private=True,
        item=for_reader(item),
        shares=shares_of(services(), item),
        copies=copies_of(services(), item.record.person_id, item.record.id),
        naming=naming_of(services().beside(item.organisation), item.record),
        signed_again_at=wallet.signed_again_at(services(), item),
        made=made,
        base_url=base_url,
        linkedin=linkedin_address(item, f"{base_url}/credentials/{item.record.id}"),
    )


@blueprint.get("/credentials/<credential_id>/picture.png")
@holder_door(guessable=True)
def picture(credential_id: str) -> Response:
    """Return the picture of another organisation's badge, which may be on another host: this page loads
    nothing there."""
    item = wallet.held(services(), holder_id(), credential_id, now())
    return Response(wallet.picture(services(), item), mimetype="image/png")


@blueprint.get("/credentials/<credential_id>/badge.<any(json, png, svg):suffix>")
@holder_door(guessable=True)
def badge_file(credential_id: str, suffix: str) -> Response:
    """Return the badge as a file, even while its public page is off."""
    item = wallet.held(services(), holder_id(), credential_id, now())
    own = services().beside(item.organisation)
    match suffix:
        case "json":
            body, kind = item.signed, "application/json"
        case "png":
            body, kind = wallet.baked_png(own, item), "image/png"
        case _:
            body, kind = wallet.baked_svg(own, item), "image/svg+xml"
    return _file(body, kind, f"credential-{item.record.id}.{suffix}")


@blueprint.get("/credentials/<credential_id>/certificate.pdf")
@holder_door(guessable=True, budget="verify")
def paper(credential_id: str) -> Response:
    """Return a printable certificate; its QR code leads to the public page while that is on."""
    item = wallet.held(services(), holder_id(), credential_id, now())
    base = item.elsewhere or services().public_url
    address = f"{base}/verify" if item.record.hidden_at else f"{base}/credentials/{item.record.id}"
    name = item.record.order.recipient.name or ""
    pdf = certificate(services(), for_reader(item), address=address, name=name, language=language())
    return _file(pdf, "application/pdf", f"certificate-{item.record.id}.pdf")


@blueprint.post("/credentials/<credential_id>/page")
@holder_door()
def switch_page(credential_id: str) -> AnyResponse:
    """Switch the public page on or off."""
    shown = request.form.get("shown") == "yes"
    wallet.show_public_page(services(), holder_id(), credential_id, shown, now())
    flash(
        gettext("The public page is on.")
        if shown
        else gettext("The public page is off. Its address answers as if it had never existed.")
    )
    return redirect(url_for("wallet.credential", credential_id=credential_id), 303)


@blueprint.post("/sign-out")
@door(form=True, private=True)
def leave() -> AnyResponse:
    response = sessions.sign_out(services(), redirect(url_for("wallet.home"), 303), SessionKind.HOLDER)
    flash(gettext("You are signed out."))
    return response


def _file(body: bytes, kind: str, name: str) -> Response:
    response = Response(body, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _ask_page(asked: Asked | None = None, *, status: int = 200, dead: bool = False) -> Response:
    shown = page(
        "wallet/request.html",
        status=status,
        private=True,
        employer=provider_of(services()),
        mail_enabled=services().mail_enabled,
        asked=asked,
        dead=dead,
    )
    shown.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return shown


def _dead_link() -> AnyResponse:
    """Answer a dead link. A second press or another tab that is already signed in goes to the link's
    target."""
    try:
        holder_id()
    except UnauthenticatedError:
        return _ask_page(status=410, dead=True)
    return redirect(url_for("wallet.home"), 303)
