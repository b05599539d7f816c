"""The public pages: what can be earned, a credential, an achievement, the issuer.

Opening a credential's page verifies it, so that one page says what it is and whether it is valid. Pages show
no name or address of a recipient and no reason of a revocation (attack 116). Addresses for both programs and
people belong to `publications`, which gets the page for people here.
"""

from __future__ import annotations

from mimetypes import guess_type
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, send_from_directory
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.meters import measure
from credserv.journeys.award.in_bulk.reissue import successor_of
from credserv.journeys.check.at_home import check_at_home
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.define import catalogue
from credserv.journeys.hold import wallet
from credserv.journeys.hold.certificates import certificate
from credserv.journeys.publish import publish
from credserv.journeys.translations import translations_of
from credserv.openbadges.skills import result_descriptions
from credserv.records.copies import CopyForm
from credserv.records.organisations import KeyState
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.languages import keep_choice, language
from credserv.web.frame.limits import spend
from credserv.web.frame.rendering import (
    KIND_WORDS,
    STATIC,
    asset_version,
    install,
    packed_asset,
    packed_names,
    page,
    root,
)
from credserv.web.frame.translated import achievement_for_reader, for_reader
from credserv.web.public.previews import ASK_EACH_TIME, is_preview, png_response

blueprint = Blueprint("pages", __name__)
blueprint.record_once(install)

_YEAR_SECONDS = 31_536_000
_KEY_KINDS = {
    KeyType.ED25519: "Ed25519",
    KeyType.P256: "P-256",
    KeyType.P384: "P-384",
    KeyType.P521: "P-521",
    KeyType.SECP256K1: "secp256k1",
}
_KEY_STATES = {
    KeyState.PENDING: "Published; signs nothing yet",
    KeyState.ACTIVE: "Signs now",
    KeyState.RETIRED: "Retired; what it signed stays checkable",
    KeyState.COMPROMISED: "Withdrawn; nothing that it signed counts",
}


@blueprint.get("/")
@door()
def landing() -> Response:
    achievements = [
        {
            "version": version,
            "kind": KIND_WORDS[version.kind],
            "display": achievement_for_reader(version),
            "address": f"/achievements/{version.key}/versions/{version.version}",
        }
        for version in catalogue.newest_of_each(services())
    ]
    return page("public/landing.html", achievements=achievements)


@blueprint.get("/assets/<path:name>")
@door(shown=("name",))
def asset(name: str) -> Response:
    """Return the stylesheet or logo; pages name the stylesheet with its version, so it can be cached."""
    packs = name in packed_names()
    if packs and request.accept_encodings["gzip"]:
        response = Response(packed_asset(name), mimetype=guess_type(name)[0])
        response.content_encoding = "gzip"
        response.set_etag(f"{asset_version(name)}-gzip")
        response.make_conditional(request)
    else:
        response = send_from_directory(STATIC, name, max_age=_YEAR_SECONDS)
    if packs:
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}"
    return response


@blueprint.post("/language")
@door()
def choose_language() -> AnyResponse:
    """Choose a language at the foot of any page, and return there."""
    back = request.form.get("back", "")
    return keep_choice(
        redirect(back if _is_here(back) else f"{root()}/", 303), request.form.get("language", "")
    )


def _is_here(address: str) -> bool:
    """Return whether it leads here: browsers read a backslash as a slash, and skip tabs and line ends."""
    plain = address.isprintable() and "\\" not in address and address.startswith("/")
    return plain and not address.startswith("//") and not urlsplit(address).netloc


def credential_page(credential_id: str) -> Response:
    """Show /credentials/{id} to people. Raises NotFoundError."""
    item = wallet.carried(services(), credential_id, now())
    measure("opened", 1)
    return page(
        "public/credential.html",
        hidden=True,
        item=for_reader(item),
        successor=_successor(item),
        on_paper=_on_paper(item),
        kind=KIND_WORDS[item.achievement.kind],
        found=found_now(item),
        address=f"/credentials/{item.record.id}",
        base_url=services().public_url,
    )


@blueprint.get("/credentials/<string(length=22):credential_id>/certificate.pdf")
@door(guessable=True, budget="verify", cache=ASK_EACH_TIME)
def certificate_file(credential_id: str) -> Response:
    """Return a certificate without a name; none of a badge that was withdrawn, which paper could not say."""
    item = wallet.carried(services(), credential_id, now())
    if not _on_paper(item):
        raise NotFoundError("no such certificate")
    address = f"{services().public_url}/credentials/{item.record.id}"
    pdf = certificate(services(), for_reader(item), address=address, name="", language=language())
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{item.record.id}.pdf"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _on_paper(item: wallet.Carried) -> bool:
    stands = item.standing in (wallet.Standing.VALID, wallet.Standing.EXPIRED)
    return stands and not item.ended and item.form is CopyForm.LDP_VC


def _successor(item: wallet.Carried) -> str | None:
    """Return the id of what replaced it, if that is public."""
    if item.ended:
        return item.took_place or None
    if item.standing is not wallet.Standing.REVOKED:
        return None
    found = successor_of(services(), item.record)
    return found.id if found is not None and found.hidden_at is None else None


def found_now(item: wallet.Carried) -> JsonObject | None:
    """Return the report on a credential when its page is opened.

    None for previews, and for clients whose verification budget is used up: their page only has the button.
    """
    if is_preview():
        return None
    try:
        spend("verify")
    except TooManyRequests:
        return None
    return build_report(check_at_home(services(), item.signed, now()), now=now())


def achievement_page(key: str, number: int | None = None) -> Response:
    """Show one version of an achievement to people, by default the newest. Raises NotFoundError."""
    version = publish.achievement(services(), key, number)
    return page(
        "public/achievement.html",
        version=version,
        newest=publish.achievement(services(), key),
        kind=KIND_WORDS[version.kind],
        display=achievement_for_reader(version),
        editions=translations_of(services(), version),
        measured=result_descriptions(version.achievement),
        base_url=services().public_url,
    )


@blueprint.get("/achievements/<key>/versions/<int:number>/card.png")
@door(any_site=True, budget="verify", cache=ASK_EACH_TIME, shown=("key", "number"))
def achievement_card(key: str, number: int) -> Response:
    """Return the picture for previews of its page."""
    version = publish.achievement(services(), key, number)
    return png_response(catalogue.card(services(), version))


def issuer_page() -> Response:
    """Show /issuer to people."""
    keys = [
        (key, _KEY_KINDS[decode_multikey(key.public_key_multibase)[0]], _KEY_STATES[key.state])
        for key in services().issuer.keys
    ]
    return page("public/issuer.html", profile=publish.profile(services()), keys=keys)
