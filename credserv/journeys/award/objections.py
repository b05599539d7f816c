"""A holder objects that a badge is not theirs or is wrong; the organisation that issued it decides.

The decision is stored together with what is to be issued instead. After a crash in between, the objection
stays on the list of work to do, and pressing the button again completes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant, hash_token, parse_instant
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_email
from credserv.issuing.living import require_ordinary
from credserv.journeys.admit.notifications import Notification, notify
from credserv.journeys.award.orders import (
    OrderRequest,
    award_request,
    find_version,
    hash_request,
    prepare_order,
    results_in,
)
from credserv.journeys.publish.journal import note_change
from credserv.journeys.services import Services
from credserv.openbadges.display import achievement_display
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState, IssueOrder, Recipient
from credserv.records.objections import ObjectionKind, ObjectionRecord, ObjectionState

MAX_WORDS = 1000
_SCOPE = "objection"


@dataclass(frozen=True)
class Instead:
    """What to issue in place of the badge.

    Attributes:
        keeps_results: Whether the new badge takes over results and evidence.
        email: The new recipient; None for the same one.
    """

    achievement_key: str
    awarded_at: datetime
    email: str | None = None
    name: str | None = None
    keeps_results: bool = False


@dataclass(frozen=True)
class DescribedObjection:
    """An objection with what its pages show.

    Attributes:
        name: The badge's name.
        by: The issuing organisation.
        is_gone: Whether the badge has left the wallet because it was not its holder's.
    """

    objection: ObjectionRecord
    name: str
    by: str
    is_gone: bool


def object_to(
    services: Services, person_id: str, credential_id: str, kind: ObjectionKind, words: str, now: datetime
) -> None:
    """Submit an objection to the organisation that issued the badge.

    Args:
        words: What is wrong, in the holder's words.

    Raises:
        NotFoundError: The person does not hold this badge.
        InputError: The text is missing or too long.
        ConflictError: An objection to this badge is open already.
        OrganisationMovedError: Another installation issues for the organisation now.
    """
    if len(words) > MAX_WORDS or (kind is ObjectionKind.WRONG and not words):
        raise InputError(f"say what is wrong, in at most {MAX_WORDS} characters")
    held = services.store.holdings.get(person_id, credential_id)
    if held is None:
        raise NotFoundError("no such credential")
    own = services.beside(held[0])
    if own.issuer.moved_at is not None:
        own.require_open()
    before = own.store.objections.of_credential(credential_id)
    if any(not one.is_settled for one in before):
        raise ConflictError("you asked this before, and it is being decided")
    # Pressing the button twice makes one objection.
    known = hash_token(f"objection {credential_id} {len(before)}")[:32]
    with own.store.transaction():
        if own.store.objections.add(ObjectionRecord(known, credential_id, kind, words, now)):
            line = AuditRecord(now, "holder", Action.OBJECTION_MADE, credential_id, {"kind": kind.value})
            own.store.audit.add(line)
            notify(own, person_id, Notification.OBJECTION_RECEIVED, known, now)


def objections_of(services: Services, person_id: str) -> tuple[DescribedObjection, ...]:
    """Return a person's objections to any organisation, newest first."""
    return tuple(
        describe_objection(services.beside(organisation), objection)
        for organisation, objection in services.store.objections.of_person(person_id)
    )


def all_objections(services: Services) -> Iterator[DescribedObjection]:
    """Yield all objections: first those to decide or carry out, then the rest, newest first."""
    for found in (services.store.objections.unsettled(), services.store.objections.settled()):
        yield from (describe_objection(services, one) for one in found)


def find_objection(services: Services, objection_id: str) -> tuple[ObjectionRecord, CredentialRecord]:
    """Return an objection with its badge.

    Raises:
        NotFoundError: There is no such objection.
    """
    objection = services.store.objections.get(objection_id)
    credential = services.store.credentials.get(objection.credential_id) if objection else None
    if objection is None or credential is None:
        raise NotFoundError("there is no such request")
    return objection, credential


def refuse(services: Services, objection_id: str, reason: str, *, actor: str, now: datetime) -> None:
    """Refuse an objection; the badge stays as it is.

    Raises:
        NotFoundError: There is no such objection.
        InputError: The reason is missing or too long.
        ConflictError: It was decided before.
    """
    objection, _ = find_objection(services, objection_id)
    _require_reason(reason)
    with services.store.transaction():
        _decide(services, objection, ObjectionState.REFUSED, reason, None, actor, now)


def uphold(
    services: Services,
    objection_id: str,
    reason: str,
    instead: Instead | None,
    *,
    actor: str,
    now: datetime,
) -> ObjectionRecord:
    """Uphold an objection: revoke the badge and issue what is right in its place.

    A badge of somebody else leaves the wallet.

    Calling it again after a crash or error completes the decision with the values given now.

    Args:
        instead: What to issue; None if nothing is.

    Raises:
        NotFoundError: There is no such objection.
        InputError: The reason is missing, or `instead` is required or not valid.
        ConflictError: It was decided otherwise before.
        CredservError: Any error that `Recipe.issue` reports.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    objection, credential = find_objection(services, objection_id)
    require_ordinary(credential.order)
    _require_reason(reason)
    if instead is None and objection.kind is ObjectionKind.WRONG:
        raise InputError("say what is issued in its place, or refuse with the reason")
    if instead is not None:
        services.require_open()
    ordered = None if instead is None else _ordered(objection, credential, instead)
    if ordered is not None:  # check the order before anything is revoked
        request = _request(services, objection, credential, ordered)
        prepare_order(
            services, _SCOPE, request, find_version(services, request.achievement_key, None), now=now
        )
    with services.store.transaction():
        _decide(services, objection, ObjectionState.UPHELD, reason, ordered, actor, now)
        revoked = services.store.credentials.set_state(
            credential.id, CredentialState.REVOKED, reason=reason, now=now, actor=actor
        )
    note_change(services.issuing, revoked)
    if ordered is not None:
        issued, _ = award_request(
            services,
            _SCOPE,
            _request(services, objection, credential, ordered),
            now=now,
            actor=actor,
            is_asked=objection.kind is ObjectionKind.WRONG,
        )
        services.store.objections.change(
            objection.id, ObjectionState.UPHELD, ordered=None, successor_id=issued.id
        )
    return find_objection(services, objection_id)[0]


def describe_objection(services: Services, objection: ObjectionRecord) -> DescribedObjection:
    """Return an objection with its badge's name.

    Raises:
        NotFoundError: The badge does not exist.
    """
    _, credential = find_objection(services, objection.id)
    version = find_version(services, credential.order.achievement_key, credential.order.achievement_version)
    is_gone = objection.kind is ObjectionKind.NOT_MINE and objection.state is ObjectionState.UPHELD
    name = achievement_display(version.achievement).name
    return DescribedObjection(objection, name, services.issuer.name, is_gone)


def _decide(
    services: Services,
    objection: ObjectionRecord,
    state: ObjectionState,
    reason: str,
    ordered: JsonObject | None,
    actor: str,
    now: datetime,
) -> None:
    """Record the decision in the caller's transaction."""
    half = objection.state is ObjectionState.UPHELD and state is ObjectionState.UPHELD
    before = ObjectionState.UPHELD if half else ObjectionState.OPEN
    values: dict[str, Any] = {"state": state.value, "decided_at": now, "reason": reason, "ordered": ordered}
    if not services.store.objections.change(objection.id, before, **values):
        raise ConflictError("this was decided before")
    detail = {"kind": objection.kind.value, "decision": state.value, "reason": reason}
    services.store.audit.add(
        AuditRecord(now, actor, Action.OBJECTION_DECIDED, objection.credential_id, detail)
    )
    credential = services.store.credentials.get(objection.credential_id)
    if credential is not None:
        notify(services, credential.person_id, Notification.OBJECTION_DECIDED, objection.id, now)


def _ordered(objection: ObjectionRecord, credential: CredentialRecord, instead: Instead) -> JsonObject:
    """Return the order as JSON. Raises InputError."""
    before = credential.order.recipient.email or ""
    email = (instead.email or "").strip()
    if objection.kind is ObjectionKind.NOT_MINE:
        if not is_email(email):
            raise InputError(
                "enter the e-mail address of the person whose badge it is, such as name@example.org"
            )
        if email.lower() == before.lower():
            raise InputError("this is the address of the person who says that the badge is not theirs")
    return {
        "achievement": instead.achievement_key,
        "awarded_at": format_instant(instead.awarded_at),
        "email": email if objection.kind is ObjectionKind.NOT_MINE else None,
        "name": instead.name,
        "keeps_results": instead.keeps_results,
    }


def _kept_results(services: Services, order: IssueOrder, achievement_key: str) -> tuple[JsonObject, ...]:
    """Return the results as the newest version names them; a different
    achievement has to define the same ones.
    """
    before = find_version(services, order.achievement_key, order.achievement_version)
    former = str(before.achievement["id"])
    return results_in(find_version(services, achievement_key, None), order.results, former)


def _request(
    services: Services, objection: ObjectionRecord, credential: CredentialRecord, ordered: Mapping[str, Any]
) -> OrderRequest:
    order, email = credential.order, ordered["email"]
    request = OrderRequest(
        idempotency_key="",
        achievement_key=ordered["achievement"],
        recipient=order.recipient if email is None else Recipient(email=email, name=ordered["name"]),
        awarded_at=parse_instant(ordered["awarded_at"]),
        results=_kept_results(services, order, ordered["achievement"]) if ordered["keeps_results"] else (),
        evidence=order.evidence if ordered["keeps_results"] else (),
    )
    # The key covers the content too, so an order that could not be issued does not block a corrected one.
    key = f"{objection.id}-{hash_request(request)[:16]}"
    return OrderRequest(**{**vars(request), "idempotency_key": key})


def _require_reason(reason: str) -> None:
    if not 0 < len(reason) <= MAX_WORDS:
        raise InputError(f"say why, in at most {MAX_WORDS} characters: who asked reads it")
