"""A person's hosted key, for showing badges from this wallet without an app.

The service holds the key, so it could sign in the person's place. The wallet says so where the key is made.
Each use is recorded for the person to see and requires a recent proof of identity (attack W11).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from credserv.journeys.services import Services
from credserv.proof.keys.signer import Signer, create_private_key, open_private_key
from credserv.proof.keys.verification_method import did_key
from credserv.records.presentations import HolderKeyRecord, ShownRecord


@dataclass(frozen=True)
class HostedKey:
    did: str
    signer: Signer

    @property
    def method(self) -> str:
        return f"{self.did}#{self.signer.public_key_multibase}"


def find_hosted_did(services: Services, person_id: str) -> str | None:
    """Return the DID of a person's hosted key; None if they have none yet."""
    found = services.store.holder_keys.get(person_id)
    return None if found is None else found.did


def hosted_key(services: Services, person_id: str, now: datetime) -> HostedKey:
    """Return a person's hosted key, making it on first use."""
    found = services.store.holder_keys.get(person_id)
    if found is None:
        der = create_private_key()
        did = did_key(open_private_key(der).public_key_multibase)
        made = HolderKeyRecord(person_id, did, base64.b64encode(der).decode("ascii"), now)
        found = services.store.holder_keys.add(made)
    return HostedKey(found.did, open_private_key(base64.b64decode(found.private_key)))


def shown_by(services: Services, person_id: str) -> tuple[ShownRecord, ...]:
    """Return what a person showed to whom, newest first."""
    return services.store.holder_keys.shown(person_id)
