"""Facts that systems report about people: what they started, how they did, what was counted of their work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
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
OF_OTHERS = frozenset({FactKind.OBSERVATION, FactKind.PROJECT, FactKind.READINESS})
_CLOCK_AHEAD = timedelta(minutes=5)
_NOBODY = "nobody here is known by this employee number or address"
# How values that are not JSON are written as JSON.
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "due_on": lambda day: day.isoformat(),
    "criteria": lambda criteria: [vars(one) for one in criteria],
}


@dataclass(frozen=True)
class FactTold:
    """A fact as reported.

    Attributes:
        person: Employee number or e-mail address.
        by: Who reports it; "" if not stated.
        values: The members of the fact.
    """

    person: str
    kind: FactKind
    about: str
    occurred_at: datetime
    values: dict[str, Any]
    reference: str = ""
    by: str = ""


def take_facts(services: Services, told: Sequence[FactTold], *, actor: str, now: datetime) -> tuple[int, int]:
    """Store all facts or none. A fact without a reference is recognised by its content.

    Returns:
        How many are new, and how many were known.

    Raises:
        SchemaFaultsError: A fact is not valid. The faults name every place.
        ConflictError: A reference occurs twice, or belongs to a different fact.
    """
    members: dict[str, str | None] = {}
    faults: list[Fault] = []
    facts: dict[str, Fact] = {}
    for place, one in enumerate(told):
        member, by = (_member(services, name, members) for name in (one.person, one.by))
        wrong = _check(one, member, by, now)
        if wrong is not None or member is None:
            found = wrong or Fault("/person", _NOBODY)
            faults.append(Fault(f"/items/{place}{found.place}", found.message))
            continue
        fact = _fact(one, member, by or "", now)
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


def _member(services: Services, name: str, known: dict[str, str | None]) -> str | None:
    """Return the membership. `known` caches those looked up before."""
    if name and name not in known:
        try:
            known[name] = find_member(services, name).id
        except NotFoundError:
            known[name] = None
    return known.get(name)


def _check(told: FactTold, member: str | None, by: str | None, now: datetime) -> Fault | None:
    """Return what is wrong with a fact, with its place."""
    if member is None:
        return Fault("/person", _NOBODY)
    if told.occurred_at > now + _CLOCK_AHEAD:
        return Fault("/occurred_at", "it lies in the future")
    if told.by and by is None:
        return Fault("/by", _NOBODY)
    if by == member and told.kind in OF_OTHERS:
        return Fault("/by", "nobody says this of themself: tell it as a self-assessment")
    return None


def _fact(told: FactTold, membership_id: str, by: str, now: datetime) -> Fact:
    said: dict[str, Any] = {
        "person": membership_id,
        "kind": told.kind.value,
        "about": told.about,
        "occurred_at": format_instant(told.occurred_at),
        **told.values,
    }
    if by:
        said["by"] = by
    said |= {name: _PLAIN[name](value) for name, value in told.values.items() if name in _PLAIN}
    digest = hashlib.sha256(to_json(said)).hexdigest()
    return Fact(
        reference=told.reference or f"sha256:{digest}",
        membership_id=membership_id,
        kind=told.kind,
        about=told.about,
        occurred_at=told.occurred_at,
        received_at=now,
        told_by=by,
        **told.values,
    )
