"""Sign an endorsement with the endorser's key. What is about to be signed is recorded first."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.issuing.addresses import credential_url
from credserv.journeys.accredit.identity import HeldKey
from credserv.journeys.services import Services
from credserv.openbadges.endorsement import build_endorsement
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import add_proof
from credserv.records.accreditation import ApplicationRecord
from credserv.records.audit import Action, AuditRecord


@dataclass(frozen=True)
class Words:
    """What is signed, and in whose name.

    Attributes:
        evidence: What entitles the endorser.
        actor: For the audit trail.
    """

    name: str | None
    competency: str
    comment: str
    stated_at: datetime
    evidence: tuple[JsonObject, ...]
    actor: str


def write_endorsement(
    services: Services, application: ApplicationRecord, did: str, words: Words
) -> dict[str, Any]:
    """Return the unsigned endorsement of the badge whose id the application reserves.

    Args:
        did: The endorser's DID.
    """
    named = {"name": words.name} if words.name else {}
    return build_endorsement(
        identifier=f"urn:uuid:{uuid.uuid4()}",
        endorser={"id": did, "type": ["Profile"], **named},
        credential_url=credential_url(services.public_url, application.credential_id),
        competency=words.competency,
        comment=words.comment,
        stated_at=words.stated_at,
        evidence=words.evidence,
    )


def sign_endorsement(
    services: Services, application: ApplicationRecord, key: HeldKey, words: Words, now: datetime
) -> bytes:
    """Return the signed endorsement of the badge whose id the application reserves.

    Args:
        key: The endorser's key.
    """
    document = write_endorsement(services, application, key.did, words)
    detail = {"verification_method": key.method, "application": application.id}
    services.store.audit.add(AuditRecord(now, words.actor, Action.ENDORSEMENT_SIGN, document["id"], detail))
    signed = add_proof(
        document,
        suite=EddsaRdfc2022(services.canonizer),
        signer=key.signer,
        verification_method=key.method,
        created=now,
    )
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
