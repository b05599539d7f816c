"""An achievement that is to be had as the EU's learning credential, and a badge of it."""

from __future__ import annotations

from typing import Any

from credserv.journeys.admit.sign_in import prove_address
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.learning import divide_name
from credserv.journeys.operate.organisation import rename_organisation
from credserv.records.copies import CopyForm, CopyRecord, Holder
from credserv.records.credentials import CredentialRecord
from tests.testkit.holding import wallet_did
from tests.testkit.service import Service, open_service

KEY, EMAIL, NAME = "safe-lifting", "pat@example.org", "Pat Jo Doe"
DEFINITION: dict[str, Any] = {
    "key": KEY,
    "kind": "competency-mastery",
    "validity_years": 2,
    "achievement": {
        "name": "Safe lifting",
        "description": "Moves loads without harm.",
        "criteria": {"narrative": "Three observed lifts, rated by an assessor."},
        "inLanguage": "de-AT",
        "alignment": [
            {"targetName": "EQF level 4", "targetUrl": "http://data.europa.eu/snb/eqf/4"},
            {"targetName": "lift heavy weights", "targetUrl": "http://data.europa.eu/esco/skill/lift"},
        ],
    },
    "learning": {
        "study_time": "PT30H",
        "quality_assurance": ["Reviewed each year"],
        "prerequisites": ["Fit for work"],
        "stackable": True,
    },
}


def learning_service(service: Service, **definition: Any) -> Service:
    """The same with the achievement, of an organisation in Austria."""
    services = service.services
    known: dict[str, Any] = {"actor": "test", "now": service.clock.now}
    define(services, DEFINITION | definition, read_image=no_image_files, **known)
    rename_organisation(services.store, services.issuer.name, country="at", **known)
    return open_service(service.settings, service.secret, clock=service.clock)


def learning_award(
    service: Service, *, email: str = EMAIL, name: str | None = NAME, family: str | None = "Doe"
) -> CredentialRecord:
    """Of who proved the address. family: which part of the name they said is it, None for nothing yet."""
    recipient = {"email": email, **({} if name is None else {"name": name})}
    order = {"achievement": KEY, "recipient": recipient, "awarded_at": "2026-03-01T10:00:00Z"}
    headers = {**service.api_headers(), "Idempotency-Key": f"learning-{email}"}
    answer = service.client().post("/api/v1/credentials", json=order, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    person_id = prove_address(service.services, email, service.clock.now)
    if family is not None:
        divide_name(service.services, person_id, answer.json["id"], family, service.clock.now)
    record = service.services.store.credentials.get(answer.json["id"])
    assert record is not None
    return record


def learning_copy(service: Service, award: CredentialRecord, seed: int = 7) -> CopyRecord:
    holder = Holder(award.person_id, wallet_did(seed))
    return make_copy(service.services, award.id, CopyForm.LEARNING, holder, service.clock.now)
