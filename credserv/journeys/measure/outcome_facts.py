"""What systems tell of people: what they started, how they did, what was counted of their work."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, Fault, NotFoundError, SchemaFaultsError
from credserv.journeys.admit.persons import find_member
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.outcomes import Fact, FactKind

MAX_FACTS = 1_000
_CLOCK_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class FactTold:
    """person: an employee number or an address. values: the members of a Fact that are told of it."""

    person: str
    kind: FactKind
    about: str
    occurred_at: datetime
    values: dict[str, Any]
    reference: str = ""


def take_facts(services: Services, told: Sequence[FactTold], *, actor: str, now: datetime) -> tuple[int, int]:
    """All of them or none; how many are new, and how many were known. One without a reference is known by
    what it says. Raises SchemaFaultsError with the place of each fault, and ConflictError."""
    members: dict[str, str] = {}
    faults: list[Fault] = []
    facts: dict[str, Fact] = {}
    for place, one in enumerate(told):
        if one.person not in members:
            try:
                members[one.person] = find_member(services, one.person).id
            except NotFoundError as error:
                faults.append(Fault(f"/items/{place}/person", error.detail))
                continue
        if one.occurred_at > now + _CLOCK_AHEAD:
            faults.append(Fault(f"/items/{place}/occurred_at", "it lies in the future"))
            continue
        fact = _fact(one, members[one.person], now)
        before = facts.setdefault(fact.reference, fact)
        if before != fact:
            raise ConflictError(f"the reference {fact.reference} is there twice, and says two things")
    if faults:
        raise SchemaFaultsError(f"{len(faults)} fault(s), each with its place", faults=faults)
    with services.store.transaction(savepoints=False):
        new = services.store.outcomes.add(list(facts.values()))
        if new:
            line = AuditRecord(now, actor, Action.OUTCOME_FACTS, services.issuer.id, {"facts": new})
            services.store.audit.add(line)
    return new, len(told) - new


def _fact(told: FactTold, membership_id: str, now: datetime) -> Fact:
    said = {
        "person": membership_id,
        "kind": told.kind.value,
        "about": told.about,
        "occurred_at": format_instant(told.occurred_at),
        **told.values,
    }
    digest = hashlib.sha256(to_json(said)).hexdigest()
    return Fact(
        reference=told.reference or f"sha256:{digest}",
        membership_id=membership_id,
        kind=told.kind,
        about=told.about,
        occurred_at=told.occurred_at,
        received_at=now,
        **told.values,
    )
