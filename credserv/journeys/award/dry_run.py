"""What a rule would do with everything stored: to whom it would issue, to whom not, and who waits for what.

A dry run issues nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from credserv.journeys.award.knowing import credentials_of, facts_of
from credserv.journeys.services import Services
from credserv.mastery.judging import judge_rule
from credserv.mastery.rule import Activity, Held, Rule, activities, leaves
from credserv.mastery.verdict import Answer, Verdict
from credserv.records.credentials import CredentialState
from credserv.records.observed import ObservationRecord

_AT_ONCE = 500
_STANDING = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.PENDING)


class Foresight(StrEnum):
    WOULD_ISSUE = "would issue"
    HAS_IT = "has it"  # and keeps it
    WOULD_REVIEW = "would be suspended for review"  # has it, and would not get it now
    WOULD_NOT = "would not"
    WAITS = "waits"  # something is still unknown


@dataclass(frozen=True)
class Foreseen:
    """What would happen to one member.

    Attributes:
        name: As the organisation knows it.
        address: As the organisation knows it.
    """

    member: str
    name: str | None
    address: str | None
    foresight: Foresight
    verdict: Verdict


@dataclass(frozen=True)
class DryRun:
    """The outcome of a dry run.

    Attributes:
        nobody_knows: How many observations fit this rule but are about people who are not known yet.
    """

    rule: Rule
    people: tuple[Foreseen, ...]
    nobody_knows: int


def dry_run(services: Services, rule: Rule, *, now: datetime) -> DryRun:
    """Judge every member about whom something is known that the rule looks at.

    Returns:
        The members ordered by what would happen to them, then by name.
    """
    members, nobody_knows = _find_members(services, rule)
    order = list(Foresight)
    people = [_foresee(services, rule, member, now) for member in sorted(members)]
    people.sort(key=lambda one: (order.index(one.foresight), (one.name or one.address or "").casefold()))
    return DryRun(rule, tuple(people), nobody_knows)


def judge_member(services: Services, rule: Rule, member: str, *, now: datetime) -> Verdict:
    """Return what a rule says of one member, by everything stored."""
    facts = facts_of(services, member, services.store.observations.of_member(member), now=now)
    return judge_rule(rule, facts, credentials_of(services, member, [rule]), now)


def _foresee(services: Services, rule: Rule, member: str, now: datetime) -> Foreseen:
    verdict = judge_member(services, rule, member, now=now)
    known = services.store.roster.get(member)
    live = [one for one in services.store.members.identifiers(member) if one.ended_at is None]
    address = next((one.written for one in live if one.namespace == ""), None)
    has_it = any(
        record.order.achievement_key == rule.achievement and record.state in _STANDING
        for record in services.store.credentials.of_member(member)
    )
    name = None if known is None else known.name
    return Foreseen(member, name, address, _foresight(verdict, has_it), verdict)


def _foresight(verdict: Verdict, has_it: bool) -> Foresight:
    if has_it:
        return Foresight.WOULD_REVIEW if verdict.answer is Answer.NOT_MET else Foresight.HAS_IT
    if verdict.is_met:
        return Foresight.WOULD_ISSUE
    return Foresight.WOULD_NOT if verdict.answer is Answer.NOT_MET else Foresight.WAITS


def _find_members(services: Services, rule: Rule) -> tuple[set[str], int]:
    wanted: dict[str, list[Activity]] = {}
    for activity in activities(rule.when):
        wanted.setdefault(activity.value, []).append(activity)
    members, nobody_knows = set(_holders(services, rule)), 0
    for record in _every(services):
        about = record.observation.activities
        if about and any(_is_of(one, record) for one in wanted.get(about[0].value, ())):
            if record.membership_id is None:
                nobody_knows += 1
            else:
                members.add(record.membership_id)
    return members, nobody_knows


def _is_of(activity: Activity, record: ObservationRecord) -> bool:
    about = record.observation.activities[0]
    is_there = activity.source in (None, record.source, record.namespace)
    return is_there and activity.kind in (None, about.kind)


def _every(services: Services) -> Iterator[ObservationRecord]:
    after = ""
    while found := services.store.observations.every(after, limit=_AT_ONCE):
        yield from found
        after = found[-1].id


def _holders(services: Services, rule: Rule) -> Iterator[str]:
    """Yield the members who hold a credential that the rule looks at (ours or one
    they handed in) or that it awards.
    """
    held = [leaf for leaf in leaves(rule.when) if isinstance(leaf, Held)]
    asked = {leaf.achievement for leaf in held if leaf.achievement}
    if held:
        yield from services.store.handed_in.members()
    for key in sorted({rule.achievement, *asked}):
        yield from services.store.credentials.holders(key)


# --- how a run is reported ------------------------------------------------------------------------


def tell_run(run: DryRun) -> dict[str, Any]:
    """Return a dry run as JSON, for the API and the command."""
    return {
        "achievement": run.rule.achievement,
        "people": [_tell_person(one) for one in run.people],
        "summary": {
            foresight.value: sum(one.foresight is foresight for one in run.people) for foresight in Foresight
        },
        "observations_of_nobody_known": run.nobody_knows,
    }


def _tell_person(one: Foreseen) -> dict[str, Any]:
    return {
        "person": one.member,
        "name": one.name,
        "address": one.address,
        "answer": one.foresight.value,
        "missing": list(one.verdict.missing),
        "leaves": [
            {
                "place": leaf.leaf.place,
                "answer": leaf.answer.value,
                "observations": list(leaf.observations),
                "credentials": list(leaf.credentials),
                "missing": leaf.missing,
            }
            for leaf in one.verdict.leaves
        ],
    }
