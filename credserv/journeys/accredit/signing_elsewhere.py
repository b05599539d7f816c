"""Endorse with a key that is not held here.

The document to sign is prepared with the endorser's proof of entitlement in it, and handed in once signed.
This is for members with a DID of their own, and for people from outside whom a trusted accreditor accredited
(`recognizing`).
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ConflictError, NotEntitledError
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.endorsement_signing import Words, write_endorsement
from credserv.journeys.accredit.endorsements import JudgedEndorsement, judged_one
from credserv.journeys.accredit.endorsing import (
    EndorsementWish,
    require_name,
    require_room,
    require_takable,
    take_signed,
)
from credserv.journeys.accredit.identity import find_did
from credserv.journeys.accredit.recognizing import entitle
from credserv.journeys.services import Services
from credserv.openbadges.data_model import subjects_of

_OUTSIDE = "outside"


def own_did(services: Services, membership_id: str) -> str | None:
    """Return the DID that a member brought; None if their key is held here or they have no DID."""
    found = find_did(services, membership_id)
    return None if found is None or found.public_key else found.did


def ready_for_member(
    services: Services, name: str, membership_id: str, wish: EndorsementWish, now: datetime
) -> JsonObject:
    """Return the document for a member to sign.

    If nothing entitles them, it carries no proof. It is accepted then, but does not count.

    Raises:
        NotFoundError: There is no such application.
        ClosedError: The application accepts nothing more.
        SchemaFaultsError: A value is not valid.
        ConflictError: Their key is held here.
    """
    did = own_did(services, membership_id)
    if did is None:
        raise ConflictError("your key is held here: endorse by the button instead")
    evidence: tuple[JsonObject, ...] = ()
    with suppress(NotEntitledError):
        evidence = (entitle(services, name, did, wish.competency, now=now),)
    member = services.store.roster.get(membership_id)
    return _ready(services, name, did, wish, member.name if member else None, evidence, now)


def ready_for_outsider(
    services: Services, name: str, who: str, shown: JsonObject, wish: EndorsementWish, now: datetime
) -> JsonObject:
    """Return the document for the holder of an accreditation from elsewhere to sign.

    Args:
        who: Their name.
        shown: That accreditation.

    Raises:
        NotFoundError: There is no such application.
        ClosedError: The application accepts nothing more.
        ConflictError: It has the maximum number of endorsements from outside.
        SchemaFaultsError: A value is not valid.
        NotEntitledError: The accreditation does not entitle them.
    """
    require_name(who)
    require_room(services, find_application(services, name), now)
    did = next((str(one["id"]) for one in subjects_of(shown) if one.get("id")), "")
    if services.store.member_dids.owner_of(did) is not None:
        raise NotEntitledError("this DID is a member's: sign in to your wallet, and endorse from there")
    evidence = entitle(services, name, did, wish.competency, shown=shown, now=now)
    return _ready(services, name, did, wish, who.strip(), (evidence,), now)


def hand_in(
    services: Services, name: str, document: JsonObject, competency: str, *, actor: str, now: datetime
) -> JudgedEndorsement:
    """Take a signed endorsement. Handing in the same one again changes nothing. Raises as `take_signed`."""
    reference = f"signed:{hashlib.sha256(canonize_json(document)).hexdigest()}"
    told = {"competency": competency, "reference": reference, "actor": actor}
    return judged_one(services, take_signed(services, name, document, **told, now=now)[0], now)


def hand_in_from_outside(
    services: Services, name: str, document: JsonObject, competency: str, now: datetime
) -> JudgedEndorsement:
    """Take a signed endorsement from somebody with the applicant's link.

    Raises:
        ClosedError: The application accepts nothing more.
        ConflictError: It has the maximum number of endorsements from outside.
        CredservError: As `take_signed`.
    """
    require_room(services, find_application(services, name), now)
    return hand_in(services, name, document, competency, actor=_OUTSIDE, now=now)


def _ready(
    services: Services,
    name: str,
    did: str,
    wish: EndorsementWish,
    who: str | None,
    evidence: tuple[JsonObject, ...],
    now: datetime,
) -> JsonObject:
    application = find_application(services, name)
    stated = require_takable(application, wish, now).replace(microsecond=0)
    words = Words(who, wish.competency, wish.comment.strip(), stated, evidence, _OUTSIDE)
    return write_endorsement(services, application, did, words)
