"""What people show: a link's page, and a page at an address they choose.

A link with a passcode or a maximum asks first, and only presses of its button count. The page never names the
address of a badge, so that an ended link leaves no other way to it. Previews of messengers get title and
picture (`previews.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response, current_app, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ForbiddenError, GoneError, NotFoundError
from credserv.journeys.check.many import Submitted, report_on
from credserv.journeys.check.reports.checks import tell_check
from credserv.journeys.hold import showing, wallet
from credserv.journeys.hold.certificates import certificate
from credserv.journeys.hold.showing import Shown
from credserv.journeys.measure.trajectory import Badge, trajectory_of
from credserv.records.imports import ImportRecord
from credserv.records.people import ShareRecord, Visitor
from credserv.web.frame.context import context, now, services
from credserv.web.frame.door import door
from credserv.web.frame.languages import language
from credserv.web.frame.rendering import KIND_WORDS, install, page, root
from credserv.web.frame.translated import for_reader
from credserv.web.public.pages import found_now
from credserv.web.public.previews import ASK_EACH_TIME, card_response, is_preview

blueprint = Blueprint("shares", __name__)
blueprint.record_once(install)

_COOKIE = "credserv_share"
_OPEN_FOR = timedelta(minutes=15)  # after its button was pressed
_MAX_TEXT = 60_000  # bytes of a credential embedded in a form


# --- links ----------------------------------------------------------------------------------------


@blueprint.get("/shares/<token>")
@door(guessable=True, private=True)
def share(token: str) -> Response:
    """Show what is shared, or what the link asks first."""
    try:
        record = showing.find_share(services(), token, now())
        if is_preview():
            showing.log_opening(services(), record, Visitor.PREVIEW, now())
            return _preview(record, f"/shares/{token}")
        if record.is_gated and not _is_let_in(record):
            return _gate(record)
        shown = showing.show(services(), record, now())
    except GoneError as error:
        return _ended(error)
    if not record.is_gated and request.method == "GET":
        showing.log_opening(services(), record, Visitor.BROWSER, now())
    return _page(shown, f"/shares/{token}")


@blueprint.post("/shares/<token>")
@door(guessable=True, private=True, budget="links")
def open_share(token: str) -> AnyResponse:
    """Open the link after what it asks; this browser may view it for a quarter of an hour."""
    try:
        record = showing.find_share(services(), token, now())
        if record.is_gated:
            showing.open_gate(services(), record, request.form.get("passcode", "").strip(), now())
    except ForbiddenError as error:
        return _gate(record, error.detail)
    except GoneError as error:
        return _ended(error)
    response = redirect(f"{root()}/shares/{token}", 303)
    if record.is_gated:
        until = int((now() + _OPEN_FOR).timestamp())
        response.set_cookie(
            _COOKIE,
            _signer().dumps([record.token_sha256, until]),
            max_age=_OPEN_FOR,
            path=f"{root()}/shares/{token}",
            secure=context().https,
            httponly=True,
            samesite="Lax",
        )
    return response


@blueprint.get("/shares/<token>/<int:place>")
@door(guessable=True, private=True)
def shared_credential(token: str, place: int) -> AnyResponse:
    """Show one of several."""
    try:
        shown = _shown(token)
        if shown is None:
            return redirect(f"{root()}/shares/{token}", 303)
        return _one(shown, place, f"/shares/{token}")
    except GoneError as error:
        return _ended(error)


@blueprint.get("/shares/<token>/<int:place>.png")
@door(guessable=True, private=True)
def shared_picture(token: str, place: int) -> Response:
    """Return the picture; a page loads nothing from elsewhere, where a badge's organisation may be."""
    return _picture(_shown(token), place)


@blueprint.get("/shares/<token>/<int:place>.pdf")
@door(guessable=True, private=True, budget="verify")
def shared_certificate(token: str, place: int) -> Response:
    """Return a certificate whose QR code leads to the link, while that exists."""
    return _certificate(_shown(token), place, f"/shares/{token}")


@blueprint.get("/shares/<token>/brought/<int:place>")
@door(guessable=True, private=True, budget="verify")
def shared_import(token: str, place: int) -> AnyResponse:
    """Show a badge its holder imported, verified on opening."""
    try:
        shown = _shown(token)
        if shown is None or is_preview():
            return redirect(f"{root()}/shares/{token}", 303)
        return _brought(shown, place, f"/shares/{token}")
    except GoneError as error:
        return _ended(error)


@blueprint.get("/shares/<token>/brought/<int:place>/file")
@door(guessable=True, private=True)
def shared_file(token: str, place: int) -> Response:
    """Return the same as it came, byte for byte."""
    return _file(_shown(token), place)


@blueprint.get("/shares/<token>/card.png")
@door(guessable=True, budget="verify", cache=ASK_EACH_TIME, any_site=True)
def shared_card(token: str) -> Response:
    """Return the picture for previews; it is gone with the link."""
    record = showing.find_share(services(), token, now())
    return _card(showing.show(services(), record, now()))


# --- pages at an address of somebody's choice -----------------------------------------------------


@blueprint.get("/people/<slug>")
@door(guessable=True, private=True)
def profile(slug: str) -> Response:
    record = showing.find_profile(services(), slug, now())
    if is_preview():
        return _preview(record, f"/people/{slug}")
    return _page(showing.show(services(), record, now()), f"/people/{slug}")


@blueprint.get("/people/<slug>/<int:place>")
@door(guessable=True, private=True)
def profile_credential(slug: str, place: int) -> Response:
    shown = showing.show(services(), showing.find_profile(services(), slug, now()), now())
    return _one(shown, place, f"/people/{slug}")


@blueprint.get("/people/<slug>/<int:place>.png")
@door(guessable=True, private=True)
def profile_picture(slug: str, place: int) -> Response:
    return _picture(showing.show(services(), showing.find_profile(services(), slug, now()), now()), place)


@blueprint.get("/people/<slug>/<int:place>.pdf")
@door(guessable=True, private=True, budget="verify")
def profile_certificate(slug: str, place: int) -> Response:
    shown = showing.show(services(), showing.find_profile(services(), slug, now()), now())
    return _certificate(shown, place, f"/people/{slug}")


@blueprint.get("/people/<slug>/brought/<int:place>")
@door(guessable=True, private=True, budget="verify")
def profile_import(slug: str, place: int) -> AnyResponse:
    shown = showing.show(services(), showing.find_profile(services(), slug, now()), now())
    if is_preview():
        return redirect(f"{root()}/people/{slug}", 303)
    return _brought(shown, place, f"/people/{slug}")


@blueprint.get("/people/<slug>/brought/<int:place>/file")
@door(guessable=True, private=True)
def profile_file(slug: str, place: int) -> Response:
    return _file(showing.show(services(), showing.find_profile(services(), slug, now()), now()), place)


@blueprint.get("/people/<slug>/card.png")
@door(guessable=True, budget="verify", cache=ASK_EACH_TIME, any_site=True)
def profile_card(slug: str) -> Response:
    record = showing.find_profile(services(), slug, now())
    return _card(showing.show(services(), record, now()))


# --- what is answered -----------------------------------------------------------------------------


def _page(shown: Shown, path: str) -> Response:
    if len(shown.items) == shown.count == 1:
        return _one(shown, 1, path)
    standing = [one for one in shown.items if one.standing is not wallet.Standing.REVOKED]
    badges = [Badge(one.organisation, one.record.id, one.signed) for one in standing]
    return page(
        "public/share_several.html",
        private=True,
        shown=replace(shown, items=tuple(map(for_reader, shown.items))),
        path=path,
        address=_absolute(path),
        lines=trajectory_of(services(), badges),
    )


def _one(shown: Shown, place: int, path: str) -> Response:
    item = _item(shown, place)
    several = shown.count > 1
    return page(
        "public/share.html",
        private=True,
        shown=shown,
        item=for_reader(item),
        kind=KIND_WORDS[item.achievement.kind],
        found=found_now(item),
        place=place,
        path=path,
        several=several,
        address=_absolute(f"{path}/{place}" if several else path),
        # A credential not publicly readable at its address is handed to the check itself.
        text=item.signed.decode() if len(item.signed) <= _MAX_TEXT else "",
        by_address=not shown.record.is_gated and not shown.record.slug,
    )


def _brought(shown: Shown, place: int, path: str) -> Response:
    """Verify again with its issuer, because the last verdict may be a day old; without an answer the page
    shows both."""
    record = _import(shown, place)
    content = showing.brought_content(services(), shown.record, record)
    found = report_on(services(), Submitted(data=content), now=now())
    return page(
        "public/share_brought.html",
        private=True,
        shown=shown,
        record=record,
        found=found,
        checks=[tell_check(made, found) for made in (*found["checks"], *found["policy"])],
        place=place,
        path=path,
    )


def _file(shown: Shown | None, place: int) -> Response:
    if shown is None:
        raise NotFoundError("no such credential")
    record = _import(shown, place)
    content = showing.brought_content(services(), shown.record, record)
    response = Response(content, mimetype=record.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="credential.{record.ending}"'
    return response


def _card(shown: Shown) -> Response:
    return card_response(shown.faces, shown.items[0] if shown.items else None)


def _preview(record: ShareRecord, path: str) -> Response:
    shown = showing.show(services(), record, now())
    return page("public/share_preview.html", private=True, faces=shown.faces, address=_absolute(path))


def _gate(record: ShareRecord, fault: str = "") -> Response:
    status = 403 if fault else 200
    asks = bool(record.passcode)
    return page("public/share_gate.html", status=status, private=True, asks=asks, fault=fault)


def _ended(error: GoneError) -> Response:
    return page("public/share_ended.html", status=410, private=True, why=error.detail)


def _picture(shown: Shown | None, place: int) -> Response:
    if shown is None:
        raise NotFoundError("no such picture")
    return Response(wallet.picture(services(), _item(shown, place)), mimetype="image/png")


def _certificate(shown: Shown | None, place: int, path: str) -> Response:
    if shown is None:
        raise NotFoundError("no such certificate")
    item = _item(shown, place)
    name = (item.record.order.recipient.name or shown.name) if shown.record.shows_name else ""
    pdf = certificate(services(), for_reader(item), address=_absolute(path), name=name, language=language())
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="certificate.pdf"'
    return response


def _item(shown: Shown, place: int) -> wallet.Carried:
    if not 1 <= place <= len(shown.items):
        raise NotFoundError("no such credential")
    return shown.items[place - 1]


def _import(shown: Shown, place: int) -> ImportRecord:
    if not 1 <= place <= len(shown.brought):
        raise NotFoundError("no such credential")
    return shown.brought[place - 1]


def _shown(token: str) -> Shown | None:
    """Return what is shared; None while the link still asks something of this browser."""
    record = showing.find_share(services(), token, now())
    if record.is_gated and not _is_let_in(record):
        return None
    return showing.show(services(), record, now())


def _absolute(path: str) -> str:
    return f"{services().public_url}{path}"


# --- past the gate --------------------------------------------------------------------------------


def _is_let_in(record: ShareRecord) -> bool:
    try:
        token_sha256, until = _signer().loads(request.cookies.get(_COOKIE, ""))
    except (BadSignature, ValueError, TypeError):
        return False
    return bool(token_sha256 == record.token_sha256 and until > now().timestamp())


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="credserv: an opened share")
