"""A person responds from their wallet here to somebody who asks for badges (OpenID4VP 1.0).

Nothing is fetched before they submit the link, and nothing is shown to the other side before they saw what,
and to whom. They agree to the request that was judged: it passes through their browser, signed, and is not
fetched again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from hashlib import sha256

from flask import Blueprint, Response, current_app, request, session
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    InputError,
    ProofError,
    UnauthenticatedError,
    UnavailableError,
)
from credserv.journeys.admit.step_up import require_recent_proof
from credserv.journeys.check import asked, asking
from credserv.journeys.present import answering, hosted_keys, opening
from credserv.journeys.present.opening import Asker, Call, Opened, Reply
from credserv.openbadges.learning_credential import CLAIMS
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id, holder_session
from credserv.web.frame.limits import spend_rest
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_answer", __name__, url_prefix="/wallet/answer")
blueprint.record_once(install)

_SALT = "credserv: a request that was opened"
_LIFE = timedelta(minutes=15)
_LINK = "asked_link"  # in Flask's own signed cookie: what to continue with after sign-in
_MAX_KEPT_CHARS = 2_000
_OWN = re.compile(r"/openid4vp/([A-Za-z0-9_-]{22})/(request|response)", re.ASCII)
_FAULTS = (InputError, ConflictError, ProofError, UnavailableError)
FIELDS = {
    "name": "Name of the badge",
    "issuer_name": "Name of the issuer",
    "description": "Description",
    "awardedDate": "When it was awarded",
    "achievement": "What it was awarded for",
    "result": "Your results",
    "evidence": "Evidence",
    "identifier": "Your address, as a hash",
    **{name: claim.label for name, claim in CLAIMS.items()},
}


@blueprint.errorhandler(UnauthenticatedError)
def ask_to_come_in_first(error: CredservError) -> AnyResponse:
    """Keep the link until they have signed in."""
    _keep_link(_link())
    return ask_to_come_in(error)


@blueprint.get("")
@holder_door()
def form() -> Response:
    """Show the form, filled in from `link` or a request's own parameters; nothing is fetched yet."""
    return _form(_link() or str(session.get(_LINK, "")))


@blueprint.post("")
@holder_door(budget="verify")
def open_request() -> Response:
    """Fetch and judge the request, and show what it would reveal."""
    link = request.form.get("link", "")
    _keep_link(link)
    try:
        opened = opening.open_link(services(), link, now(), _call())
        return _consent(opened)
    except _FAULTS as error:
        return _form(link, error)


@blueprint.post("/send")
@holder_door(budget="verify")
def send() -> Response:
    """Send exactly what was chosen.

    With the hosted key, only soon after the person confirmed their identity.
    """
    opened = _read_opened(request.form.get("request", ""))
    offers = answering.find_offers(services(), holder_id(), opened.request, now())
    chosen = [offer for offer in offers if offer.id in request.form.getlist("offer")]
    if any(offer.is_bound for offer in chosen):
        require_recent_proof(services(), holder_session(), now())
    try:
        sent = answering.show(services(), holder_id(), opened, chosen, now(), _call())
    except _FAULTS as error:
        return _consent(opened, error)
    session.pop(_LINK, None)
    return page("wallet/answer_sent.html", private=True, asker=opened.asker, sent=sent, chosen=chosen)


@blueprint.post("/decline")
@holder_door(budget="verify")
def decline() -> Response:
    opened = _read_opened(request.form.get("request", ""))
    session.pop(_LINK, None)
    try:
        sent = answering.decline(opened, _call())
    except _FAULTS:
        sent = answering.Sent()  # whoever asked hears nothing, which also says no
    return page("wallet/answer_sent.html", private=True, asker=opened.asker, sent=sent, chosen=[])


# --- the request on its way through the person's hands --------------------------------------------


def _consent(opened: Opened, error: CredservError | None = None) -> Response:
    offers = answering.find_offers(services(), holder_id(), opened.request, now())
    told = {
        "person": holder_id(),
        "at": format_instant(now()),
        "parameters": opened.parameters,
        "is_signed": opened.is_signed,
        "asker": asdict(opened.asker),
    }
    text = _serializer().dumps(told)
    return page(
        "wallet/answer_consent.html",
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        asker=opened.asker,
        calls_itself=opened.request.client_name,
        offers=offers,
        fields=FIELDS,
        hosted_did=hosted_keys.find_hosted_did(services(), holder_id()),
        signed=text if isinstance(text, str) else text.decode("ascii"),
        error=error,
    )


def _read_opened(text: str) -> Opened:
    """Return the request. Raises InputError unless this person opened it here, recently."""
    try:
        told = _serializer().loads(text)
    except BadData as error:
        raise InputError("this is no request that was opened here: open its link again") from error
    if told["person"] != holder_id() or now() - parse_instant(told["at"]) > _LIFE:
        raise InputError("this request was open for too long: open its link again")
    return Opened(told["parameters"], told["is_signed"], Asker(**told["asker"]))


def _serializer() -> URLSafeSerializer:
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=_SALT, signer_kwargs=how)


# --- calls ----------------------------------------------------------------------------------------


def _call() -> Call:
    """Call others' addresses with the guarded client; answer our own requests here."""
    outside = opening.guarded(services())

    def call(url: str, form: Mapping[str, str] | None) -> Reply:
        own = services().at(url)
        found = _OWN.fullmatch(url.removeprefix(own.public_url)) if url.startswith(own.public_url) else None
        if found is None:
            return outside(url, form)
        if found[2] == "request":
            opened = asking.open_request(own, found[1], now())
            token = asking.request_object(own, opened, (form or {}).get("wallet_nonce", ""))
            return Reply(200, token.encode("ascii"))
        asked.take_answer(own, found[1], form or {}, now=now(), count=partial(spend_rest, "verify"))
        return Reply(200, b"{}")

    return call


# --- small things ---------------------------------------------------------------------------------


def _form(link: str, error: CredservError | None = None) -> Response:
    return page(
        "wallet/answer.html",
        status=200 if error is None else kind_of(type(error)).status,
        private=True,
        link=link,
        shown=hosted_keys.shown_by(services(), holder_id()),
        hosted_did=hosted_keys.find_hosted_did(services(), holder_id()),
        error=error,
    )


def _link() -> str:
    """Return what the address contains: a link, or a request itself, as for a wallet's own address."""
    if "client_id" in request.args:
        return f"openid4vp://?{request.query_string.decode('ascii', 'replace')}"
    return request.args.get("link", "")


def _keep_link(link: str) -> None:
    if 0 < len(link) <= _MAX_KEPT_CHARS:
        session[_LINK] = link
