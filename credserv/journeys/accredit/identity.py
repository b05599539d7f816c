"""Under which DID a member is accredited and endorses, and the key that is held for it.

Their own, never the organisation's: an endorsement by the issuer of a badge would be praise of itself. Who
brings a DID proves its key; else one is made here, whose key signs endorsements and nothing else, and only on
the click of its member (docs/adr/0028).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from credserv.ground.encoding import KeyType, random_token
from credserv.ground.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    SigningKeyError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome
from credserv.journeys.services import Services
from credserv.proof.keys.signer import Signer, create_private_key, open_private_key
from credserv.proof.keys.verification_method import did_key
from credserv.records.audit import Action, AuditRecord
from credserv.records.member_dids import MemberDidRecord
from credserv.verifying.presentation import is_presentation, verify_presentation

PROOF_LIFE = timedelta(minutes=15)
# A page that a person makes is at /people/<name>, in small letters: no ID of ours can be such a name.
_CAPITAL = "P"
_ID_BYTES = 16


@dataclass(frozen=True)
class HeldKey:
    did: str
    signer: Signer

    @property
    def method(self) -> str:
        return f"{self.did}#{self.signer.public_key_multibase}"


def did_of(services: Services, membership_id: str, now: datetime) -> str:
    """The DID under which the member acts, made on first need."""
    found = services.store.member_dids.current(membership_id)
    return (found or _make(services, membership_id, now)).did


def membership_of(services: Services, person_id: str) -> str:
    """Of whoever is signed in to their wallet. Raises NotFoundError for somebody who is no member here."""
    member = services.store.members.of_person(person_id)
    if member is None:
        raise NotFoundError("you are no member of this organisation")
    return member.id


def find_did(services: Services, membership_id: str) -> MemberDidRecord | None:
    """None where the member has none yet."""
    return services.store.member_dids.current(membership_id)


def held_key(services: Services, membership_id: str, now: datetime) -> HeldKey:
    """Raises SigningKeyError where the member brought a DID, whose key is not here.

    Nothing is signed with a key from before they left: what the word of a former colleague is worth, their
    accreditation says, and they are known by another DID from then on.
    """
    found = services.store.member_dids.current(membership_id)
    if found is not None and _is_from_before_they_left(services, found, now):
        retire_did(services, membership_id, actor="service", now=now)
        found = None
    found = found or _make(services, membership_id, now)
    if found.private_key is None:
        raise SigningKeyError(f"the key of {found.did} is not held here: its owner signs with it elsewhere")
    return HeldKey(found.did, open_private_key(base64.b64decode(found.private_key)))


def key_for_once(services: Services, now: datetime) -> HeldKey:
    """For somebody outside, who signs one thing and has no account: the key is kept nowhere after that."""
    record, signer = _new(services, None, now)
    services.store.member_dids.add(record)
    return HeldKey(record.did, signer)


def bring_did(
    services: Services, membership_id: str, presentation: JsonObject, challenge: str, now: datetime
) -> str:
    """A DID of the member's own takes the place of the one before, whose key is deleted.

    presentation: signed with its key, for this service and this challenge. Raises InputError for one that
    proves none, ConflictError where the DID is somebody's, UnavailableError.
    """
    did = _prove(services, presentation, challenge, now)
    owner = services.store.member_dids.owner_of(did)
    current = services.store.member_dids.current(membership_id)
    if current is not None and current.did == did:
        return did
    if owner is not None or did == services.issuer.did:
        raise ConflictError("this DID was used here before: bring another one")
    with services.store.transaction():
        services.store.member_dids.retire(membership_id, now)
        services.store.member_dids.add(MemberDidRecord(did, membership_id, "", None, now))
        line = AuditRecord(now, f"member:{membership_id}", Action.MEMBER_DID_SET, membership_id, {"did": did})
        services.store.audit.add(line)
    return did


def proof_domain(services: Services) -> str:
    """For whom the key of a DID signs that it is theirs."""
    return urlsplit(services.public_url).netloc


def retire_did(services: Services, membership_id: str, *, actor: str, now: datetime) -> None:
    """Who leaves signs no more: the key goes, the document stays, and so does what was signed. Does nothing
    where there is none."""
    current = services.store.member_dids.current(membership_id)
    if current is None:
        return
    with services.store.transaction():
        services.store.member_dids.retire(membership_id, now)
        detail = {"did": current.did}
        services.store.audit.add(AuditRecord(now, actor, Action.MEMBER_DID_RETIRED, membership_id, detail))


def _is_from_before_they_left(services: Services, found: MemberDidRecord, now: datetime) -> bool:
    member = services.store.roster.get(found.membership_id or "")
    if found.private_key is None or member is None or member.ends_on is None:
        return False
    return services.today(found.created_at) <= member.ends_on < services.today(now)


def _make(services: Services, membership_id: str, now: datetime) -> MemberDidRecord:
    record, _ = _new(services, membership_id, now)
    with services.store.transaction():
        made = services.store.member_dids.add(record)
        if made is record:
            detail = {"did": record.did}
            line = AuditRecord(now, "service", Action.MEMBER_DID_SET, membership_id, detail)
            services.store.audit.add(line)
    return made


def _new(services: Services, membership_id: str | None, now: datetime) -> tuple[MemberDidRecord, Signer]:
    der = create_private_key(KeyType.ED25519)
    signer = open_private_key(der)
    public_key = signer.public_key_multibase
    own, kept = services.issuer.did, base64.b64encode(der).decode("ascii")
    is_web = own.startswith("did:web:")
    did = f"{own}:people:{_CAPITAL}{random_token(_ID_BYTES)}" if is_web else did_key(public_key)
    private_key = None if membership_id is None else kept
    ended = now if membership_id is None else None
    return MemberDidRecord(did, membership_id, public_key, private_key, now, ended), signer


def _prove(services: Services, presentation: JsonObject, challenge: str, now: datetime) -> str:
    if not is_presentation(presentation):
        raise InputError("this is no presentation: sign one with the key of your DID")
    verified = verify_presentation(
        services.verifier,
        presentation,
        now=now,
        resolvers=services.resolvers,
        challenge=challenge,
        domain=proof_domain(services),
        proof_only=True,
    )
    proof = verified.result.check("proof") or verified.result.checks[0]
    if proof.outcome is Outcome.UNKNOWN:
        raise UnavailableError(proof.reason)
    if proof.outcome is not Outcome.PASSED or not verified.holder:
        raise InputError(f"it proves no DID for this service: {proof.reason}")
    return verified.holder
