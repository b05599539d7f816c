"""The DID under which a member is accredited and endorses, and the key held for it.

It is the member's DID, never the organisation's, because an endorsement by a badge's issuer would be
self-praise. A member who brings a DID proves control of its key. Otherwise a DID is made here whose key signs
nothing but endorsements, and only when its member presses the button (docs/adr/0028).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import KeyType, random_token
from credserv.ground.errors import ConflictError, SigningKeyError
from credserv.ground.json_types import JsonObject
from credserv.journeys.proving import proven_did
from credserv.journeys.services import Services
from credserv.proof.keys.signer import Signer, create_private_key, open_private_key
from credserv.proof.keys.verification_method import did_key
from credserv.records.audit import Action, AuditRecord
from credserv.records.member_dids import MemberDidRecord

# Pages that people make are at /people/<name> in lower case, so no ID of ours can collide with a name.
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
    """Return the member's DID, making it on first use."""
    found = services.store.member_dids.current(membership_id)
    return (found or _make(services, membership_id, now)).did


def find_did(services: Services, membership_id: str) -> MemberDidRecord | None:
    """Return the member's DID; None if they have none yet."""
    return services.store.member_dids.current(membership_id)


def held_key(services: Services, membership_id: str, now: datetime) -> HeldKey:
    """Return the key held for a member.

    A key from before the member left signs nothing. Their accreditation says what their earlier endorsements
    are worth; if they return, they get another DID.

    Raises:
        SigningKeyError: The member brought their own DID, so its key is not here.
    """
    found = _current(services, membership_id, now) or _make(services, membership_id, now)
    if found.private_key is None:
        raise SigningKeyError(f"the key of {found.did} is not held here: its owner signs with it elsewhere")
    return HeldKey(found.did, open_private_key(base64.b64decode(found.private_key)))


def key_for_once(services: Services, now: datetime) -> HeldKey:
    """Return a key for somebody outside who signs one thing without an account. It is not stored."""
    record, signer = _new(services, None, now)
    services.store.member_dids.add(record)
    return HeldKey(record.did, signer)


def bring_did(
    services: Services, membership_id: str, presentation: JsonObject, challenge: str, now: datetime
) -> str:
    """Replace a member's DID with their own, and delete the key of the former one.

    Args:
        presentation: Signed with the DID's key, for this service and this challenge.

    Returns:
        The DID.

    Raises:
        InputError: The presentation proves no DID.
        ConflictError: Somebody already uses the DID.
        UnavailableError: The DID document cannot be fetched now.
    """
    did = proven_did(services, presentation, challenge, now)
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


def acts_as(services: Services, membership_id: str, did: str, now: datetime) -> bool:
    """Return whether the member signs with this DID now: it was not replaced
    and is not from before they left.
    """
    found = _current(services, membership_id, now)
    return found is not None and found.did == did


def retire_left(services: Services, now: datetime) -> None:
    """Retire the keys of members who have left. The DID document and everything signed stay."""
    for found in services.store.member_dids.of_left(services.today(now)):
        _retire_if_left(services, found, now)


def _current(services: Services, membership_id: str, now: datetime) -> MemberDidRecord | None:
    found = services.store.member_dids.current(membership_id)
    return None if found is None or _retire_if_left(services, found, now) else found


def _retire_if_left(services: Services, found: MemberDidRecord, now: datetime) -> bool:
    """Return whether the DID is from before their last day, and that day is over.

    A DID made since then stays.
    """
    membership_id = found.membership_id or ""
    member = services.store.roster.get(membership_id)
    if member is None or member.ends_on is None:
        return False
    if not services.today(found.created_at) <= member.ends_on < services.today(now):
        return False
    with services.store.transaction():
        if services.store.member_dids.retire(membership_id, now):
            line = AuditRecord(now, "service", Action.MEMBER_DID_RETIRED, membership_id, {"did": found.did})
            services.store.audit.add(line)
    return True


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
