"""Endorse: with the endorser's own key when they press the button, or by
handing in what was signed elsewhere.

1. check that the application accepts evidence, for this competency
2. if the endorser is entitled, the organisation signs a statement of that for the endorsement to carry
3. sign with the endorser's key; what is about to be signed is recorded first
4. store it with both times and with its weight when it was received
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from credserv.ground.encoding import random_token
from credserv.ground.errors import ClosedError, ConflictError, Fault, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import parse_validity
from credserv.ground.verification import Outcome
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.asked_to_endorse import takes_endorsements
from credserv.journeys.accredit.endorsement_signing import Words, sign_endorsement
from credserv.journeys.accredit.entitlements import grounds_of, make_entitlement
from credserv.journeys.accredit.identity import acts_as, held_key, key_for_once
from credserv.journeys.accredit.keeping import keep
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.recognizing import entitles
from credserv.journeys.services import Services
from credserv.openbadges.data_model import issuer_of, subjects_of, types_of
from credserv.openbadges.endorsement import MAX_ENDORSEMENTS, carry
from credserv.records.accreditation import ApplicationRecord, EndorsementRecord
from credserv.records.audit import Action, AuditRecord

MAX_COMMENT_CHARS = 2_000
_ID_BYTES = 16
_SLACK = timedelta(minutes=5)  # tolerance for a clock that runs fast


@dataclass(frozen=True)
class EndorsementWish:
    """An endorsement to make.

    Attributes:
        stated_at: The endorser's own date; None for now.
    """

    competency: str
    comment: str = ""
    stated_at: datetime | None = None
    reference: str | None = None


def endorse(
    services: Services, name: str, membership_id: str, wish: EndorsementWish, *, now: datetime
) -> tuple[EndorsementRecord, bool]:
    """Endorse as a member, with the key held for them.

    An endorsement that comes after the decision is stored and judged like any other, and does not change the
    decision.

    Returns:
        The endorsement, and whether it is new.

    Raises:
        NotFoundError: There is no such application or member.
        ConflictError: The reference belongs to a different endorsement.
        SchemaFaultsError: A value is not valid. The faults name the place.
        SigningKeyError: The member uses a DID of their own, so they have to sign elsewhere and hand it in.
    """
    application = find_application(services, name)
    known = _known(services, application, membership_id, wish)
    if known is not None:
        return known, False
    stated = require_takable(application, wish, now)
    key = held_key(services, membership_id, now)
    loaded = programme_version(services, application.programme_key, application.programme_version)
    asked = (services, loaded.programme, membership_id, (wish.competency,))
    grounds = grounds_of(*asked, at=stated, known=now)
    evidence: tuple[JsonObject, ...] = ()
    if grounds is not None:
        made = make_entitlement(services, loaded.programme, grounds, key.did, now)
        evidence = (carry(made, wish.competency),)
    member = services.store.roster.get(membership_id)
    words = _words(wish, member.name if member else None, stated, evidence, membership_id)
    signed = sign_endorsement(services, application, key, words, now)
    record = _record(application, wish, stated, now, key.did, membership_id, signed)
    return keep(services, application, record, now)


def endorse_from_outside(
    services: Services, name: str, who: str, wish: EndorsementWish, *, now: datetime
) -> EndorsementRecord:
    """Endorse as somebody without an account who has a link from the applicant: a
    witness, with a key that signs once.

    Args:
        who: The name they give.

    Raises:
        ClosedError: The application accepts nothing more.
        CredservError: As `endorse`.
    """
    application = find_application(services, name)
    require_name(who)
    stated = require_takable(application, wish, now)
    require_room(services, application, now)
    key = key_for_once(services, now)
    words = _words(wish, who.strip(), stated, (), "outside")
    signed = sign_endorsement(services, application, key, words, now)
    record = _record(application, wish, stated, now, key.did, None, signed)
    return keep(services, application, record, now)[0]


def take_signed(
    services: Services,
    name: str,
    document: JsonObject,
    *,
    competency: str,
    reference: str | None,
    actor: str,
    now: datetime,
) -> tuple[EndorsementRecord, bool]:
    """Take an endorsement that was signed elsewhere with the endorser's own key.

    If a member brought the DID, it is that member's endorsement. Any other is a witness's, unless it carries
    proof of entitlement (`recognizing`).

    Args:
        document: The signed endorsement.

    Returns:
        The endorsement, and whether it is new.

    Raises:
        NotFoundError: There is no such application.
        ConflictError: The reference belongs to a different endorsement.
        SchemaFaultsError: The endorsement is not valid or does not verify.
        UnavailableError: As `entitles`.
    """
    application = find_application(services, name)
    did = issuer_of(document) or ""
    endorser = services.store.member_dids.owner_of(did)
    stated = parse_validity(document).begins
    wish = EndorsementWish(competency, "", stated, reference)
    known = _known(services, application, endorser, wish)
    if known is not None:
        return known, False
    stated = require_takable(application, wish, now)
    if endorser is not None and not acts_as(services, endorser, did, now):
        raise _fault("is by a DID that its member uses here no more")
    _require_about(services, application, document)
    checked = services.verifier.verify_credential(document, now=now, resolvers=services.resolvers)
    for check in checked.checks:
        if check.required and check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            raise _fault(f"does not hold: {check.reason}")
    loaded = programme_version(services, application.programme_key, application.programme_version)
    is_entitled = endorser is None and entitles(services, loaded.programme, document, competency, now)
    signed = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    record = _record(application, wish, stated, now, did, endorser, signed)
    record = replace(record, is_witness=endorser is None and not is_entitled)
    detail = {"did": did, "application": application.id}
    services.store.audit.add(AuditRecord(now, actor, Action.ENDORSEMENT_TAKEN, record.id, detail))
    return keep(services, application, record, now)


# --- what is accepted -------------------------------------------------------------------------------


def _known(
    services: Services, application: ApplicationRecord, endorser: str | None, wish: EndorsementWish
) -> EndorsementRecord | None:
    """Return the endorsement with this reference. Raises ConflictError if it is a different one."""
    found = services.store.endorsements.named(wish.reference) if wish.reference else None
    if found is None:
        return None
    same = (application.id, endorser, wish.competency)
    stated = wish.stated_at in (None, found.stated_at)
    if (found.application_id, found.endorser_id, found.competency) != same or not stated:
        raise ConflictError("this reference names another endorsement: take another one")
    return found


def require_name(who: str) -> None:
    """Check the name that somebody outside gives.

    Raises:
        SchemaFaultsError: It is missing or too long.
    """
    if not 0 < len(who.strip()) <= 200:
        raise SchemaFaultsError("your name is missing", faults=[Fault("/name", "1 to 200 characters")])


def require_room(services: Services, application: ApplicationRecord, now: datetime) -> None:
    """Check that the application accepts another endorsement from outside.

    Raises:
        ClosedError: It accepts nothing more.
        ConflictError: It has the maximum number from outside.
    """
    if not takes_endorsements(services, application, now):
        raise ClosedError("this application takes nothing more")
    received = services.store.endorsements.of_application(application.id)
    if sum(one.endorser_id is None for one in received) >= MAX_ENDORSEMENTS:
        raise ConflictError("this application has as many endorsements from outside as it takes")


def require_takable(application: ApplicationRecord, wish: EndorsementWish, now: datetime) -> datetime:
    """Check an endorsement and return the instant that the endorser states.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    faults = []
    if wish.competency not in application.competencies:
        faults.append(Fault("/competency", "the application is not for this one"))
    if len(wish.comment) > MAX_COMMENT_CHARS:
        faults.append(Fault("/comment", f"at most {MAX_COMMENT_CHARS} characters"))
    stated = wish.stated_at or now
    if stated > now + _SLACK:
        faults.append(Fault("/stated_at", "lies in the future"))
    if faults:
        raise SchemaFaultsError("the endorsement cannot be taken", faults=faults)
    return stated


def _require_about(services: Services, application: ApplicationRecord, document: JsonObject) -> None:
    wanted = credential_url(services.public_url, application.credential_id)
    if "EndorsementCredential" not in types_of(document):
        raise _fault("is no EndorsementCredential")
    if [subject.get("id") for subject in subjects_of(document)] != [wanted]:
        raise _fault(f"speaks of something else than {wanted}, the badge that was applied for")


# --- how it is made ---------------------------------------------------------------------------------


def _fault(message: str) -> SchemaFaultsError:
    return SchemaFaultsError(f"the endorsement {message}", faults=[Fault("/credential", message)])


def _words(
    wish: EndorsementWish,
    name: str | None,
    stated: datetime,
    evidence: tuple[JsonObject, ...],
    actor: str,
) -> Words:
    return Words(name, wish.competency, wish.comment.strip(), stated, evidence, actor)


def _record(
    application: ApplicationRecord,
    wish: EndorsementWish,
    stated: datetime,
    now: datetime,
    did: str,
    endorser: str | None,
    signed: bytes,
) -> EndorsementRecord:
    return EndorsementRecord(
        id=random_token(_ID_BYTES),
        application_id=application.id,
        endorser_id=endorser,
        endorser_did=did,
        competency=wish.competency,
        stated_at=stated,
        received_at=now,
        as_received="",
        is_witness=endorser is None,
        signed=signed,
        reference=wish.reference,
    )
