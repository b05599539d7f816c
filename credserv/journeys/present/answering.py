"""Answer a request: find a person's badges that fit it, and show those they choose and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from credserv.exchange.dcql import (
    JWT_VC,
    LDP_VC,
    SD_JWT_VC,
    ClaimsQuery,
    CredentialQuery,
    Query,
    choose_claims,
    is_of_kind,
)
from credserv.exchange.oid4vp_wallet import Request, answer_fields, as_form, refusal_fields
from credserv.ground.addresses import is_https_page
from credserv.ground.errors import ConflictError, FetchRefusedError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Verdict
from credserv.issuing.copying import VCTS, WITHHOLDABLE, badge_claims
from credserv.journeys.claim.copies import can_copy, make_copy
from credserv.journeys.hold.wallet import Standing, wallet
from credserv.journeys.learning import learning_facts
from credserv.journeys.present.hosted_keys import HostedKey, hosted_key
from credserv.journeys.present.opening import Asker, Call, Opened
from credserv.journeys.services import Services
from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.openbadges.learning_credential import learning_claims
from credserv.openbadges.structure import types_of
from credserv.proof.data_integrity.ecdsa_rdfc_2019 import EcdsaRdfc2019
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.tokens.jwe import encrypt_object
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.jwt_claims import to_date
from credserv.proof.tokens.sd_jwt_issue import bind_sd_jwt, present_sd_jwt
from credserv.proof.tokens.token import Binding
from credserv.records.consents import ConsentRecord, Purpose, make_consent
from credserv.records.copies import CopyForm, Holder
from credserv.records.credentials import CredentialRecord
from credserv.records.presentations import ShownRecord

_V1, _V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
_FORMS = {LDP_VC: CopyForm.LDP_VC, JWT_VC: CopyForm.JWT_VC_JSON}
_GOOD = (Verdict.VERIFIED.value, Verdict.ISSUER_UNKNOWN.value)


@dataclass(frozen=True)
class Badge:
    """A badge that a person holds.

    Attributes:
        organisation: The issuer here; None for a badge brought along.
        award: Its record; None for a badge brought along.
    """

    id: str
    document: JsonObject
    organisation: str | None
    award: CredentialRecord | None = None

    @cached_property
    def display(self) -> CredentialDisplay:
        return build_display(self.document)


@dataclass(frozen=True)
class Offer:
    """A badge that answers a query.

    Attributes:
        form: The format in which it is shown; None for the badge as it is, bound to no key.
        fields: What of it would be shown; () for the whole badge.
    """

    query_id: str
    badge: Badge
    form: CopyForm | None
    fields: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.query_id}:{self.badge.id}"

    @property
    def is_bound(self) -> bool:
        """Return whether it is signed with the hosted key."""
        return self.form is not None


@dataclass(frozen=True)
class Sent:
    """The outcome of an answer.

    Attributes:
        redirect_uri: Where the verifier sends its visitor next; "" for nowhere.
    """

    redirect_uri: str = ""


def find_offers(services: Services, person_id: str, request: Request, now: datetime) -> tuple[Offer, ...]:
    """Return the person's valid badges that answer the request, in the first way that is possible."""
    badges = [*_own_badges(services, person_id, now), *_brought_along(services, person_id)]
    by_query = {
        query.id: tuple(offer for badge in badges for offer in _offer(services, query, badge))
        for query in request.query.credentials
    }
    wanted = _first_way(request.query, {name for name, found in by_query.items() if found})
    return tuple(offer for name in wanted for offer in by_query[name])


def _own_badges(services: Services, person_id: str, now: datetime) -> Iterator[Badge]:
    for item in wallet(services, person_id, now).credentials:
        if item.standing is Standing.VALID:
            yield Badge(item.record.id, parse_json_object(item.signed), item.organisation, item.record)


def _brought_along(services: Services, person_id: str) -> Iterator[Badge]:
    """Yield badges of others, as received, that were valid at the last check:
    documents with an embedded proof.

    Only their issuers could bind them to another key.
    """
    for record, content in services.store.imports.contents(person_id):
        if record.media_type != "application/json" or record.verdict not in _GOOD:
            continue
        document = parse_json_object(content)
        if "proof" in document:
            yield Badge(record.id, document, None)


def _first_way(query: Query, possible: Collection[str]) -> list[str]:
    """Return the queries to answer; [] if the request cannot be answered."""
    if not query.sets:
        every = [one.id for one in query.credentials]
        return every if set(every) <= set(possible) else []
    chosen: list[str] = []
    for one in query.sets:
        option = next((option for option in one.options if set(option) <= set(possible)), None)
        if option is None and one.required:
            return []
        chosen += [name for name in option or () if name not in chosen]
    return chosen


def _offer(services: Services, query: CredentialQuery, badge: Badge) -> Sequence[Offer]:
    """Return one or none.

    Requests for certain issuers (`trusted_authorities`) get none, because nothing here can check that.
    """
    if query.authorities:
        return ()
    if query.format == SD_JWT_VC:
        return _offer_sd_jwt(services, query, badge) if query.is_bound else ()
    if query.format not in _FORMS:
        return ()
    form = _FORMS[query.format] if query.is_bound else None
    if form is None and query.format != LDP_VC:  # as it is, a badge is a document with an embedded proof
        return ()
    if form is not None and not _can_copy(services, badge, form):
        return ()
    document = badge.document
    fits = is_of_kind(query, types_of(document)) and choose_claims(query, document) is not None
    return (Offer(query.id, badge, form),) if fits else ()


def _offer_sd_jwt(services: Services, query: CredentialQuery, badge: Badge) -> Sequence[Offer]:
    """Offer it as the badge, or else as the European learning credential."""
    for form in WITHHOLDABLE:
        if not is_of_kind(query, [VCTS[form]]) or not _can_copy(services, badge, form):
            continue
        claims = _sd_jwt_claims(services, badge, form)
        chosen = choose_claims(query, claims)
        if chosen is not None:
            return (Offer(query.id, badge, form, _fields(form, chosen, claims)),)
    return ()


def _can_copy(services: Services, badge: Badge, form: CopyForm) -> bool:
    if badge.organisation is None or badge.award is None:
        return False
    return can_copy(services.at_name(badge.organisation), badge.award, form)


def _sd_jwt_claims(services: Services, badge: Badge, form: CopyForm) -> dict[str, Any]:
    """Return the claims of the badge as an SD-JWT VC of ours has them."""
    vct = {"vct": VCTS[form]}
    if form is CopyForm.DC_SD_JWT:
        return vct | badge_claims(badge.document)
    if badge.organisation is None or badge.award is None:
        return vct
    facts = learning_facts(services.at_name(badge.organisation), badge.award)
    return vct if facts is None else vct | learning_claims(badge.document, facts)


def _fields(form: CopyForm, chosen: Sequence[ClaimsQuery], claims: JsonObject) -> tuple[str, ...]:
    """Return the claims that were requested, and those that nobody can withhold."""
    asked = {str(claim.path[0]) for claim in chosen}
    kept = WITHHOLDABLE[form]
    return tuple(name for name in claims if name != "vct" and (name in asked or name not in kept))


# --- present ----------------------------------------------------------------------------------------


def show(
    services: Services, person_id: str, opened: Opened, chosen: Sequence[Offer], now: datetime, call: Call
) -> Sent:
    """Sign what was chosen for this request, record it, and send it.

    Raises:
        InputError: The choice does not answer the request.
        ConflictError: The verifier did not accept it.
        FetchRefusedError, UnavailableError: The verifier cannot be reached.
        CredservError: As `make_copy`.
    """
    request = opened.request
    _require_answer(request.query, chosen)
    shown: dict[str, list[str | JsonObject]] = {}
    for offer in chosen:
        made = _present(services, person_id, request, offer, now)
        shown.setdefault(offer.query_id, []).append(made)
    fields = answer_fields(request, shown)
    if request.key is not None:
        fields = {"response": encrypt_object(fields, request.key, encryption=request.encryption)}
    # Record it before sending; nothing is shown that could not be recorded.
    with services.store.transaction():
        noted = services.store.holder_keys.note(_shown(person_id, opened.asker, chosen, now))
        given = _consent(services, person_id, opened.asker, chosen, f"shown:{noted}", now)
        services.store.consents.give(given)
    try:
        return _send(request, as_form(fields), call)
    except FetchRefusedError:
        with services.store.transaction():  # nothing left this service
            services.store.holder_keys.forget(noted)
            services.store.consents.forget(given.reference)
        raise


def decline(opened: Opened, call: Call) -> Sent:
    """Tell the verifier that nothing is shown, without a reason. Raises as `show`."""
    request = opened.request
    return _send(request, as_form(refusal_fields(request, "access_denied")), call)


def _require_answer(query: Query, chosen: Sequence[Offer]) -> None:
    ids = [offer.query_id for offer in chosen]
    if not ids or not query.is_answered_by(ids):
        raise InputError("choose a badge for each thing that is requested, or decline")
    for one in query.credentials:
        if ids.count(one.id) > 1 and not one.multiple:
            raise InputError("one badge is requested: choose one")


def _present(
    services: Services, person_id: str, request: Request, offer: Offer, now: datetime
) -> str | JsonObject:
    if offer.form is None:
        return offer.badge.document
    key = hosted_key(services, person_id, now)
    copy = make_copy(services, offer.badge.id, offer.form, Holder(person_id, key.did), now)
    signed = copy.signed or b""
    if offer.form is CopyForm.LDP_VC:
        return _sign_presentation(services, parse_json_object(signed), key, request, now)
    if offer.form is CopyForm.JWT_VC_JSON:
        return _sign_token(signed.decode("ascii"), key, request, now)
    kept = present_sd_jwt(
        signed.decode("ascii"),
        withhold=[name for name in WITHHOLDABLE[offer.form] if name not in offer.fields],
    )
    return bind_sd_jwt(kept, signer=key.signer, binding=Binding(request.client_id, request.nonce), now=now)


def _sign_presentation(
    services: Services, badge: JsonObject, key: HostedKey, request: Request, now: datetime
) -> JsonObject:
    """Sign a presentation; `challenge` is the nonce and `domain` the client_id (OpenID4VP 1.0, B.1.3.2)."""
    presentation: Mapping[str, Any] = {
        "@context": [_V2],
        "type": ["VerifiablePresentation"],
        "holder": key.did,
        "verifiableCredential": [badge],
    }
    return add_proof(
        presentation,
        suite=EcdsaRdfc2019(services.canonizer),
        signer=key.signer,
        verification_method=key.method,
        created=now,
        purpose="authentication",
        extras=ProofExtras(domain=(request.client_id,), challenge=request.nonce),
    )


def _sign_token(badge: str, key: HostedKey, request: Request, now: datetime) -> str:
    """Sign a presentation as a JWT (VC Data Model 1.1, 6.3.1; OpenID4VP 1.0, B.1.3.1)."""
    presentation = {"@context": [_V1], "type": ["VerifiablePresentation"], "verifiableCredential": [badge]}
    claims = {
        "iss": key.did,
        "aud": request.client_id,
        "nonce": request.nonce,
        "iat": to_date(now),
        "vp": presentation,
    }
    return sign_jws(claims, header={"typ": "JWT", "kid": key.method}, signer=key.signer)


def _shown(person_id: str, asker: Asker, chosen: Sequence[Offer], now: datetime) -> ShownRecord:
    names = tuple(dict.fromkeys(offer.badge.display.name for offer in chosen))
    used_key = any(offer.is_bound for offer in chosen)
    return ShownRecord(person_id, now, asker.name, names, used_key)


def _consent(
    services: Services, person_id: str, asker: Asker, chosen: Sequence[Offer], reference: str, now: datetime
) -> ConsentRecord:
    return make_consent(
        person_id,
        Purpose.ANSWER,
        controller=services.issuer.did,
        reference=reference,
        recipient=asker.name,
        shown=tuple(
            ": ".join(part for part in (offer.badge.display.name, ", ".join(offer.fields)) if part)
            for offer in chosen
        ),
        now=now,
    )


def _send(request: Request, form: Mapping[str, str], call: Call) -> Sent:
    reply = call(request.response_uri, form)
    if reply.status not in (200, 201):
        raise ConflictError(
            f"the one who asked did not take the answer (HTTP status {reply.status}): ask them for a new "
            "request"
        )
    try:
        said = parse_json_object(reply.body).get("redirect_uri") if reply.body else None
    except InputError:
        said = None
    return Sent(str(said) if is_https_page(said) else "")
