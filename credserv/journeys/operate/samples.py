"""Verify a sample of the stored badges again: does each say what the database says of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import SigningKeyError
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Outcome
from credserv.journeys.services import Services
from credserv.records.credentials import CredentialRecord, CredentialState

_STANDS = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


@dataclass(frozen=True)
class Sample:
    """The outcome.

    Attributes:
        verified: How many were checked.
        wrong: What is wrong with which, in words.
    """

    verified: int
    wrong: tuple[str, ...]


def verify_sample(services: Services, most: int, now: datetime) -> Sample:
    """Check up to `most` badges of each organisation: the signature, and the status bit.

    Nothing is fetched, signed or written.
    """
    looked_at, wrong = 0, []
    for known in services.store.organisations.list():
        try:
            own = services.at_name(known.id)
        except SigningKeyError as error:
            wrong.append(f"the key of {known.id} does not open: {error.detail}")
            continue
        bits: dict[str, frozenset[int]] = {}
        for record in own.store.credentials.sample(most):
            looked_at += 1
            if record.status_list_id not in bits:
                bits[record.status_list_id] = frozenset(
                    own.store.status_lists.set_indexes(record.status_list_id)
                )
            fault = _fault(own, record, record.status_index in bits[record.status_list_id], now)
            if fault:
                wrong.append(f"{record.id}: {fault}")
    return Sample(looked_at, tuple(wrong))


def _fault(services: Services, record: CredentialRecord, is_set: bool, now: datetime) -> str:
    """Return what is wrong. A badge that was revoked or expired meanwhile is no fault."""
    if record.signed is None or record.state not in _STANDS:
        return ""
    proven = services.verifier.verify_secured(
        parse_json_object(record.signed),
        now=max(now, record.issued_at),
        resolvers=services.resolvers,
        proof_only=True,
    )
    if not any(check.name == "proof" and check.outcome is Outcome.PASSED for check in proven.result.checks):
        return "its signature does not hold"
    if is_set is (record.state is CredentialState.ACTIVE):
        return f"it is {record.state.value}, and the bits of its status list say otherwise"
    return ""
