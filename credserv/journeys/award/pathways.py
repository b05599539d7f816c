"""Pathways that people follow.

A pathway begins with what the person has then; their manager sees it if they agree.

Beginning a pathway does not change what is earned: whoever completes all of it earns its badge, begun or not.
It records the starting point for good, to show what the person gained on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import format_instant, hash_token
from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.admit.persons import led_by, member_of
from credserv.journeys.award.knowing import credentials_of, facts_of
from credserv.journeys.award.orders import find_version
from credserv.journeys.award.progress import HELD, Progress, progress_of_member
from credserv.journeys.award.rules import current_rules
from credserv.journeys.services import Services
from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.index import CurrentRule
from credserv.mastery.judging import judge_rule
from credserv.mastery.results import name_leaf
from credserv.mastery.rule import Pathway, Step
from credserv.mastery.verdict import Answer, Verdict
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import Purpose
from credserv.records.pathways import PathwayStart

_MAX_KNOWN = 20  # of one step's known parts, in words


@dataclass(frozen=True)
class Choice:
    """A pathway that a person can begin."""

    key: str
    name: str


@dataclass(frozen=True)
class Led:
    """A person whom the reader manages, and what they let the reader see.

    Attributes:
        name: "" if not known.
    """

    name: str
    pathways: tuple[Progress, ...]


def begin_pathway(
    services: Services, membership_id: str, achievement_key: str, *, actor: str, now: datetime
) -> None:
    """Begin a pathway with what the member has now. If it was begun before, it stays as it was.

    Raises:
        NotFoundError: The achievement has no pathway.
    """
    current, pathway = pathway_of(services, achievement_key)
    start = PathwayStart(
        hash_token(f"pathway {membership_id} {achievement_key}")[:32],
        membership_id,
        achievement_key,
        now,
        actor,
        _baseline(services, membership_id, current, pathway, now),
    )
    with services.store.transaction():
        services.store.pathways.end_proposal(membership_id, achievement_key)
        if services.store.pathways.begin(start):
            line = AuditRecord(now, actor, Action.PATHWAY_BEGUN, membership_id, {"pathway": achievement_key})
            services.store.audit.add(line)


def begin_own(services: Services, person_id: str, achievement_key: str, now: datetime) -> None:
    """Begin a pathway for the signed-in person.

    Raises:
        NotFoundError: The person is not a member, or the achievement has no pathway.
    """
    member = member_of(services, person_id)
    begin_pathway(services, member.id, achievement_key, actor="holder", now=now)


def open_pathways(services: Services, person_id: str) -> tuple[Choice, ...]:
    """Return the pathways that a person can begin; none if they are not a member."""
    member = services.store.members.of_person(person_id)
    if member is None:
        return ()
    return choices_of(services, untouched_by(services, member.id))


def all_pathways(services: Services) -> tuple[Choice, ...]:
    """Return every pathway of the organisation."""
    return choices_of(services, _with_pathway(services))


def choices_of(services: Services, achievement_keys: Iterable[str]) -> tuple[Choice, ...]:
    """Return the pathways of these achievements, skipping achievements without one."""
    found = (find_version(services, key, None) for key in sorted(achievement_keys))
    return tuple(Choice(one.key, str(one.achievement["name"])) for one in found)


def untouched_by(services: Services, membership_id: str) -> frozenset[str]:
    """Return the achievements whose pathway a member has neither begun nor completed."""
    issued = services.store.credentials.of_member(membership_id)
    done = {one.order.achievement_key for one in issued if one.state in HELD}
    done |= {one.achievement_key for one in services.store.pathways.of_member(membership_id)}
    return _with_pathway(services) - done


def _with_pathway(services: Services) -> frozenset[str]:
    return frozenset(
        key for key, one in current_rules(services).rules.items() if one.rule.pathway is not None
    )


def pathway_of(services: Services, achievement_key: str) -> tuple[CurrentRule, Pathway]:
    """Return the rule of an achievement and its pathway.

    Raises:
        NotFoundError: The achievement has no pathway.
    """
    current = current_rules(services).rules.get(achievement_key)
    if current is None or current.rule.pathway is None:
        raise NotFoundError("there is no pathway to this achievement")
    return current, current.rule.pathway


def team_of(services: Services, person_id: str, *, now: datetime) -> tuple[Led, ...]:
    """Return the people whom a person manages now, according to the personnel system, and who agreed
    to be seen, with their pathways.

    The result is empty after the reader's last day here.

    Raises:
        NotFoundError: The reader is not a member.
    """
    manager = member_of(services, person_id)
    if manager.has_left(services.today(now)):
        return ()
    agreed = services.store.consents.members_who_agreed(services.issuer.id, Purpose.PROGRESS, now)
    team = [
        Led(
            (member.name if member is not None else None) or "",
            tuple(one for one in progress_of_member(services, known, now=now) if one.start is not None),
        )
        for known in sorted(led_by(services, manager.id, now) & agreed)
        for member in (services.store.roster.get(known),)
    ]
    return tuple(sorted(team, key=lambda one: one.name))


def _baseline(
    services: Services, member: str, current: CurrentRule, pathway: Pathway, now: datetime
) -> JsonObject:
    """Return for each step whether it was complete, by which credential, and
    otherwise which part of it was there.
    """
    facts = facts_of(services, member, services.store.observations.of_member(member), now=now)
    rules = [one.rule for one in current_rules(services).rules.values()]
    prior = credentials_of(services, member, rules)
    verdict = judge_rule(current.rule, facts, prior, now)
    steps = [
        _step(services, step, verdict, facts, prior, now) for route in pathway.routes for step in route.steps
    ]
    return {"rule_version": current.version, "at": format_instant(now), "steps": steps}


def _step(
    services: Services,
    step: Step,
    verdict: Verdict,
    facts: Sequence[Fact],
    prior: Sequence[PriorCredential],
    now: datetime,
) -> JsonObject:
    leaf = next(one for one in verdict.leaves if one.leaf.place == step.leaf.place)
    had = leaf.answer is Answer.MET
    said = {"of": step.of, "had": had, "credentials": list(leaf.credentials) if had else []}
    own = current_rules(services).rules.get(step.leaf.achievement or "")
    if had or own is None:
        return said
    known = judge_rule(own.rule, facts, prior, now)
    met = dict.fromkeys(name_leaf(one) for one in known.leaves if one.answer is Answer.MET)
    return {**said, "known": list(met)[:_MAX_KNOWN], "asked": len(known.leaves)}
