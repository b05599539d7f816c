"""A sample of the badges that are kept, verified again: does each say what the database says of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import SigningKeyError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.recipe import ID_BYTES
from credserv.journeys.services import Services
from credserv.records.credentials import CredentialRecord, CredentialState

_STANDS = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


@dataclass(frozen=True)
class Sample:
    """verified: how many were looked at. wrong: what is wrong with which, in words."""

    verified: int
    wrong: tuple[str, ...]


def verify_sample(services: Services, most: int, now: datetime) -> Sample:
    """Verify so many badges of all organisations, spread over those that there are. Nothing is fetched."""
    looked_at, wrong = 0, []
    for known in services.store.organisations.list():
        try:
            own = services.at_name(known.id)
        except SigningKeyError as error:
            wrong.append(f"the key of {known.id} does not open: {error.detail}")
            continue
        for record in own.store.credentials.sample(most, random_token(ID_BYTES)):
            looked_at += 1
            fault = _fault(own, record, now)
            if fault:
                wrong.append(f"{record.id}: {fault}")
    return Sample(looked_at, tuple(wrong))


def _fault(services: Services, record: CredentialRecord, now: datetime) -> str:
    """By proof and status; that it ended meanwhile is no fault."""
    if record.signed is None or record.state not in _STANDS:
        return ""
    result = services.verifier.verify_credential(
        parse_json_object(record.signed), now=max(now, record.issued_at), resolvers=services.resolvers
    )
    checks = {check.name: check.outcome.value for check in result.checks}
    if checks.get("proof") != "passed":
        return "its signature does not hold"
    is_good = checks.get("status") == "passed"
    if is_good is not (record.state is CredentialState.ACTIVE):
        return f"it is {record.state.value} here, and its status list says otherwise"
    return ""
