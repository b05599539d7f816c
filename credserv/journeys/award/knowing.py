"""What is known of a member, in the form that rules judge: observations and credentials held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from credserv.ground.encoding import parse_instant
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import read_own_json
from credserv.journeys.services import Services
from credserv.mastery.facts import ASSESSED_HERE, Fact, PriorCredential
from credserv.mastery.rule import By, Held, Rule, leaves
from credserv.openbadges.data_model import listed
from credserv.openbadges.skill_claims import is_reached
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.handed_in import HandedInRecord
from credserv.records.observed import ObservationRecord, person_value
from credserv.records.roles import Role

_Name = tuple[str, str, str]  # kind, value, namespace: as identifiers are stored


def facts_of(
    services: Services, member: str, records: Sequence[ObservationRecord], *, now: datetime
) -> tuple[Fact, ...]:
    """Return observations as facts.

    Args:
        member: The membership id.
        records: Everything that may be judged of the member.

    Returns:
        The facts. A person who asserted something is identified as the member they are now.
    """
    asserters = _find_asserters(services, records)
    roles = {known: _roles(services, known, now) for known in set(asserters.values())}
    return tuple(_fact(record, member, asserters, roles) for record in records)


def credentials_of(services: Services, member: str, rules: Iterable[Rule]) -> tuple[PriorCredential, ...]:
    """Return the credentials of ours that the member holds and those of others that they handed in; none
    if no rule asks for credentials.
    """
    if not any(isinstance(leaf, Held) for rule in rules for leaf in leaves(rule.when)):
        return ()
    found = services.store.credentials.of_member(member)
    ours = tuple(prior_credential(record) for record in found if record.signed is not None)
    return ours + tuple(handed_credential(one) for one in services.store.handed_in.of_member(member))


def handed_credential(record: HandedInRecord) -> PriorCredential:
    """Return a handed-in credential with the result of its last check."""
    facts = record.facts
    ends, levels = facts["valid_until"], facts["levels"]
    return PriorCredential(
        id=facts["id"],
        issuer=facts["issuer"],
        achievement=facts["achievement"],
        alignments=frozenset(facts["alignments"]),
        is_trusted=facts["is_trusted"],
        is_in_force=facts["is_in_force"],
        valid_until=None if ends is None else parse_instant(ends),
        levels=None if levels is None else frozenset(levels),
    )


def prior_credential(record: CredentialRecord) -> PriorCredential:
    """Return one of our own credentials by its signed content."""
    document = read_own_json(record.signed or b"{}")
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    issuer = document["issuer"]
    ends = document.get("validUntil")
    return PriorCredential(
        id=document["id"],
        issuer=issuer["id"] if isinstance(issuer, Mapping) else issuer,
        achievement=achievement["id"],
        achievement_key=record.order.achievement_key,
        alignments=frozenset(
            str(one["targetUrl"]) for one in listed(achievement.get("alignment")) if "targetUrl" in one
        ),
        is_trusted=True,
        is_in_force=record.state is CredentialState.ACTIVE,
        valid_until=None if ends is None else parse_instant(ends),
        levels=read_levels(achievement, listed(subject.get("result"))),
    )


def read_levels(achievement: JsonObject, results: Sequence[Any]) -> frozenset[str] | None:
    """Return the levels that the results reach, with all lower levels of the same rubric;
    None if the results name no level.

    A rubric is ordered from low to high (OB 3.0, ResultDescription).
    """
    achieved = {str(one["achievedLevel"]) for one in results if "achievedLevel" in one and is_reached(one)}
    reached = set(achieved)
    for description in listed(achievement.get("resultDescription")):
        levels = [level.get("id") for level in listed(description.get("rubricCriterionLevel"))]
        highest = max((at for at, level in enumerate(levels) if level in achieved), default=-1)
        reached |= set(levels[: highest + 1])
    return frozenset(reached) or None


def _fact(
    record: ObservationRecord,
    member: str,
    asserters: Mapping[_Name, str],
    roles: Mapping[str, frozenset[str]],
) -> Fact:
    seen = record.observation
    name = _asserter_name(record)
    asserter = None if name is None else asserters.get(name)
    by_roles = None if asserter is None else roles[asserter]
    if record.source == ASSESSED_HERE and seen.asserted_by is not None:
        asserter = seen.asserted_by.value
        by_roles = frozenset({seen.asserted_as} if seen.asserted_as else ())
    return Fact(
        id=record.id,
        observation=seen,
        source=record.source,
        namespace=record.namespace,
        asserter=asserter,
        by_roles=by_roles,
        is_self=asserter == member,
        is_signed=record.is_signed,
    )


def _find_asserters(services: Services, records: Sequence[ObservationRecord]) -> dict[_Name, str]:
    """Return members by the names under which they assert something.

    A name that fits two members is left out.
    """
    names = sorted({name for record in records if (name := _asserter_name(record)) is not None})
    if not names:
        return {}
    found: dict[_Name, set[str]] = {}
    for known in services.store.identifiers.named(names):
        if known.ended_at is None:
            found.setdefault((known.kind.value, known.value, known.namespace), set()).add(known.membership_id)
    return {name: next(iter(members)) for name, members in found.items() if len(members) == 1}


def _asserter_name(record: ObservationRecord) -> _Name | None:
    asserted_by = record.observation.asserted_by
    if asserted_by is None or record.source == ASSESSED_HERE:
        return None
    return asserted_by.kind.value, person_value(asserted_by), record.namespace


def _roles(services: Services, member: str, now: datetime) -> frozenset[str]:
    colleague = services.store.colleagues.get(member, services.today(now))
    is_assessor = colleague is not None and Role.ASSESSOR in colleague.roles
    return frozenset({By.ASSESSOR.value} if is_assessor else ())
