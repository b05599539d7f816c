"""Pathways that people walk: begun with what they had then, and seen by their manager if they agree.

Beginning changes nothing of what is earned: whoever holds all of a pathway earns its badge, begun or not. It
writes down what there was, for good, so that what somebody gained on the way can be told.
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

_MAX_KNOWN = 20  # of one step, in words


@dataclass(frozen=True)
class Choice:
    """A pathway that somebody has not begun."""

    key: str
    name: str


@dataclass(frozen=True)
class Led:
    """Somebody whom the reader leads, and what they let be seen of it. name: "" where none is known."""

    name: str
    pathways: tuple[Progress, ...]


def begin_pathway(
    services: Services, membership_id: str, achievement_key: str, *, actor: str, now: datetime
) -> None:
    """With what the member has now. Once more on one that was begun: it stays as it was.

    Raises NotFoundError for an achievement without a pathway.
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
    """By the one who is signed in. Raises NotFoundError for no member, and as `begin_pathway`."""
    member = member_of(services, person_id)
    begin_pathway(services, member.id, achievement_key, actor="holder", now=now)


def open_pathways(services: Services, person_id: str) -> tuple[Choice, ...]:
    """Those that somebody can begin. None for who is no member."""
    member = services.store.members.of_person(person_id)
    if member is None:
        return ()
    return choices_of(services, untouched_by(services, member.id))


def all_pathways(services: Services) -> tuple[Choice, ...]:
    return choices_of(services, _with_pathway(services))


def choices_of(services: Services, achievement_keys: Iterable[str]) -> tuple[Choice, ...]:
    found = (find_version(services, key, None) for key in sorted(achievement_keys))
    return tuple(Choice(one.key, str(one.achievement["name"])) for one in found)


def untouched_by(services: Services, membership_id: str) -> frozenset[str]:
    """The achievements whose pathway a member has neither begun nor earned."""
    issued = services.store.credentials.of_member(membership_id)
    done = {one.order.achievement_key for one in issued if one.state in HELD}
    done |= {one.achievement_key for one in services.store.pathways.of_member(membership_id)}
    return _with_pathway(services) - done


def _with_pathway(services: Services) -> frozenset[str]:
    return frozenset(
        key for key, one in current_rules(services).rules.items() if one.rule.pathway is not None
    )


def pathway_of(services: Services, achievement_key: str) -> tuple[CurrentRule, Pathway]:
    """Raises NotFoundError for an achievement without one."""
    current = current_rules(services).rules.get(achievement_key)
    if current is None or current.rule.pathway is None:
        raise NotFoundError("there is no pathway to this achievement")
    return current, current.rule.pathway


def team_of(services: Services, person_id: str, *, now: datetime) -> tuple[Led, ...]:
    """Of those whom somebody leads now, by what the personnel system tells, the ones who agreed to it: the
    pathways they began. Nothing after the reader's last day here. Raises NotFoundError for no member."""
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
    """Of each step whether it was there, by which credential, and where it was not, what of it was."""
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
