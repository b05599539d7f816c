"""What anyone can fetch: issuer, DID document, achievements, images, status lists, credentials.

Each response is negotiated, has an ETag, and says how long it may be cached. What never changes: for a year;
a status list: until its next publication; a credential: only with revalidation each time, so that none
outlives its end in a cache (attack 82). Scripts of any site can read them, never with credentials (attack
119). An unfinished credential does not exist here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, json, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable

from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.recognized import recognized_entities
from credserv.journeys.define import catalogue
from credserv.journeys.define.translations import published
from credserv.journeys.hold import wallet
from credserv.journeys.publish import publish
from credserv.journeys.publish.did_documents import find_log, find_member_document, published_document
from credserv.journeys.publish.token_list import status_list_token
from credserv.journeys.translations import translations_of
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_V3
from credserv.proof.keys.verification_method import did_web_url
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.status_list_token import ACCEPT
from credserv.records.copies import CopyForm
from credserv.web.frame.context import now, now_at_any_rate, services
from credserv.web.frame.door import IMAGE_POLICY, door
from credserv.web.public.pages import achievement_page, credential_page, issuer_page
from credserv.web.public.previews import ASK_EACH_TIME, card_response, is_preview

FOR_GOOD = "public, max-age=31536000, immutable"
FIVE_MINUTES = "public, max-age=300"
# The first is the default: most software reads it as JSON.
LD_TYPES = ("application/ld+json", "application/vc", "application/vc+ld+json", "application/json")
DID_TYPES = ("application/did+json", "application/did+ld+json", "application/did", "application/json")
HTML = "text/html"
_SUFFIXES = {"json": "application/vc", "png": "image/png", "svg": "image/svg+xml"}

bp = Blueprint("publications", __name__)

Render = Callable[[], bytes]


@dataclass(frozen=True)
class Offer:
    """What one address offers: bytes by media type (the first is the default), and maybe a page."""

    representations: Mapping[str, Render]
    cache: str
    page: Callable[[], Response] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """Return the best of it for this request. Raises NotAcceptable when nothing fits."""
        types = [*self.representations, *([HTML] if self.page else [])]
        chosen = HTML if self.page and is_preview() else _accepted().best_match(types)
        if chosen is None:
            raise NotAcceptable(f"To be had here: {', '.join(types)}.")
        if chosen == HTML and self.page is not None:
            response = self.page()
            response.headers.setdefault("Cache-Control", ASK_EACH_TIME)
        else:
            response = _document(self.representations[chosen](), chosen, self.cache)
            response.headers.extend(self.headers)
        if len(types) > 1:
            response.headers.add("Vary", "Accept, User-Agent" if self.page else "Accept")
        return response


def _accepted() -> MIMEAccept:
    """Return what the client accepts; anything where it does not say.

    Parameters other than `q` are ignored: a `profile` (JSON-LD) or `charset` requests a variant, and we have
    none.
    """
    ranges = [(name.partition(";")[0].strip(), quality) for name, quality in request.accept_mimetypes]
    return MIMEAccept(ranges or [("*/*", 1)])


# --- the issuer ---------------------------------------------------------------------------------


@bp.route("/.well-known/did.json")
@bp.route("/did.json")
@door(machine=True, any_site=True)
def did_json() -> Response:
    """The DID document of a did:web issuer, at its DID's address (method specification, section 2.5.2).

    A did:key needs none.
    """
    issuer = services().issuer
    if not issuer.did.startswith("did:web:"):
        raise NotFoundError("this issuer is a did:key, which has its document in itself")
    if urlsplit(did_web_url(issuer.did, allow_port=True)).path != request.root_path + request.path:
        raise NotFoundError("the document of this issuer's DID is at another address")
    body = _dump(published_document(services()))
    return Offer(dict.fromkeys(DID_TYPES, lambda: body), FIVE_MINUTES).answer()


@bp.route("/.well-known/did.jsonl")
@bp.route("/did.jsonl")
@door(machine=True, any_site=True)
def did_log() -> Response:
    """The log of the issuer's did:webvh, at the address of one of its names (did:webvh 1.0, "The DID to
    HTTPS Transformation")."""
    log = find_log(services(), request.root_path + request.path).encode()
    return Offer({"text/jsonl": lambda: log}, FIVE_MINUTES).answer()


@bp.route("/people/<string:name>/did.json")
@door(machine=True, any_site=True, guessable=True)
def member_did_json(name: str) -> Response:
    """The DID document of a member who endorses, or once did."""
    body = _dump(find_member_document(services(), name))
    return Offer(dict.fromkeys(DID_TYPES, lambda: body), FIVE_MINUTES).answer()


@bp.route("/programmes/<string:key>/entitled")
@door(machine=True, any_site=True, budget="verify", shown=("key",))
def entitled(key: str) -> Response:
    """Who is entitled to endorse under a programme of accreditation, by DID, signed (W3C Recognized
    Entities, working draft)."""
    token = recognized_entities(services(), key, now())
    wrapped = _dump(envelope(token))
    kinds = {"application/vc+jwt": token.encode, **dict.fromkeys(LD_TYPES, lambda: wrapped)}
    return Offer(kinds, FIVE_MINUTES).answer()


@bp.route("/issuer")
@door(any_site=True)
def issuer() -> Response:
    """The issuer as an Open Badges Profile, or as a page."""
    document = {"@context": [CREDENTIALS_V2, OPEN_BADGES_V3], **publish.profile(services())}
    body = _dump(document)
    return Offer(
        dict.fromkeys(("application/ld+json", "application/json"), lambda: body),
        FIVE_MINUTES,
        page=issuer_page,
    ).answer()


# --- achievements and images --------------------------------------------------------------------


@bp.route("/achievements/<string:key>")
@door(any_site=True, shown=("key",))
def newest_achievement(key: str) -> ResponseReturnValue:
    """A redirect to the newest version."""
    version = publish.achievement(services(), key)
    response = redirect(str(version.achievement["id"]), code=302)
    response.headers["Cache-Control"] = FIVE_MINUTES
    return response


@bp.route("/achievements/<string:key>/versions/<int:version>")
@door(any_site=True, shown=("key", "version"))
def achievement_version(key: str, version: int) -> Response:
    """One version, exactly as in credentials, or as a page.

    With `lang` it is a translation, which is not signed. What names translations may name more later.
    """
    found = publish.achievement(services(), key, version)
    known = translations_of(services(), found)

    def body() -> bytes:
        said = published(services(), found, request.args.get("lang"))
        return _dump({"@context": [CREDENTIALS_V2, OPEN_BADGES_V3], **said})

    return Offer(
        dict.fromkeys(("application/ld+json", "application/json"), body),
        FIVE_MINUTES if known else FOR_GOOD,
        page=lambda: achievement_page(key, version),
    ).answer()


@bp.route("/images/<string:sha256>.<any(png, svg):suffix>")
@door(any_site=True, guessable=True, policy=IMAGE_POLICY, shown=("suffix",))
def image(sha256: str, suffix: str) -> Response:
    """An achievement's picture, under the hash of its bytes."""
    found = catalogue.picture(services(), sha256, _SUFFIXES[suffix])
    return _document(found.content, found.media_type, FOR_GOOD)


# --- status -------------------------------------------------------------------------------------


@bp.route("/status/<string:list_id>")
@door(machine=True, any_site=True, guessable=True, shown=("list_id",))
def status_list(list_id: str) -> Response:
    """A signed status list; caches store it at most until the next publication."""
    published = publish.status_list(services(), list_id, now=now_at_any_rate())
    cache = f"public, max-age={published.max_age_seconds}"
    return Offer(dict.fromkeys(LD_TYPES, lambda: published.body), cache).answer()


@bp.route("/status/<string:list_id>/token")
@door(machine=True, any_site=True, guessable=True, shown=("list_id",))
def status_token(list_id: str) -> Response:
    """The same list as a Token Status List, for SD-JWT VCs (IETF Token Status List, section 8.1)."""
    published = status_list_token(services(), list_id, now=now_at_any_rate())
    return _document(published.body, ACCEPT, f"public, max-age={published.max_age_seconds}")


# --- credentials --------------------------------------------------------------------------------


@bp.route("/credentials/<string(length=22):credential_id>")
@door(any_site=True, guessable=True)
def credential(credential_id: str) -> Response:
    """One credential, or one `version` of it: the exact signed bytes, a baked picture, or a page."""
    number = request.args.get("version")
    if number is None:
        item = wallet.carried(services(), credential_id, now())
    else:
        item = wallet.version(services(), credential_id, int(number) if number.isdecimal() else 0, now())
    types = (item.form.media_type, "application/jwt") if item.form.is_token else LD_TYPES
    renders: dict[str, Render] = dict.fromkeys(types, lambda: item.signed)
    if item.form is CopyForm.LDP_VC:
        renders["image/png"] = lambda: wallet.baked_png(services(), item)
        renders["image/svg+xml"] = lambda: wallet.baked_svg(services(), item)
    return Offer(
        renders,
        ASK_EACH_TIME,
        page=lambda: credential_page(credential_id),
        headers={"X-Robots-Tag": "noindex"},
    ).answer()


@bp.route("/credentials/<string(length=22):credential_id>/refresh")
@door(machine=True, any_site=True, guessable=True)
def newest_version(credential_id: str) -> Response:
    """Its newest version, as its `refreshService` promises (1EdTech Credential Refresh Service 1.0)."""
    item = wallet.carried(services(), credential_id, now())
    types = (item.form.media_type, "application/jwt") if item.form.is_token else LD_TYPES
    return Offer(dict.fromkeys(types, lambda: item.signed), ASK_EACH_TIME).answer()


@bp.route("/credentials/<string:credential_id>.<any(json, jwt, png, svg):suffix>")
@door(any_site=True, guessable=True, shown=("suffix",))
def credential_file(credential_id: str, suffix: str) -> Response:
    """The same as a file to save."""
    item = wallet.carried(services(), credential_id, now())
    renders: Mapping[str, Render] = {
        "json": lambda: item.signed,
        "jwt": lambda: item.signed,
        "png": lambda: wallet.baked_png(services(), item),
        "svg": lambda: wallet.baked_svg(services(), item),
    }
    if suffix not in _files_of(item.form):
        raise NotFoundError("this badge is not to be had in that form")
    media_type = {"json": "application/json", "jwt": "application/jwt"}.get(suffix) or _SUFFIXES[suffix]
    response = _document(renders[suffix](), media_type, ASK_EACH_TIME)
    response.headers["Content-Disposition"] = f'attachment; filename="credential-{item.record.id}.{suffix}"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _files_of(form: CopyForm) -> tuple[str, ...]:
    if form is CopyForm.LDP_VC:
        return ("json", "png", "svg")
    return ("jwt",) if form.is_token else ("json",)


@bp.route("/credentials/<string:credential_id>/card.png")
@door(any_site=True, guessable=True, budget="verify", cache=ASK_EACH_TIME)
def credential_card(credential_id: str) -> Response:
    """The picture for previews of its page."""
    item = wallet.carried(services(), credential_id, now())
    return card_response([wallet.face_of(item)], item)


def _document(body: bytes, media_type: str, cache: str) -> Response:
    """Return the bytes with ETag and caching; 304 where the client already has them."""
    response = Response(body, content_type=media_type)
    response.headers["Cache-Control"] = cache
    response.set_etag(hashlib.sha256(body).hexdigest())
    if media_type == "image/svg+xml":
        response.headers["Content-Security-Policy"] = IMAGE_POLICY
    response.make_conditional(request)
    return response


def _dump(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
