"""How far a person has come: for each achievement whose rule looks at something of theirs,
what is met and what is missing.

The person sees it in their wallet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.journeys.award.knowing import credentials_of, facts_of
from credserv.journeys.award.orders import find_version
from credserv.journeys.award.rules import current_rules
from credserv.journeys.services import Services
from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.index import CurrentRule
from credserv.mastery.judging import judge_rule
from credserv.mastery.pathways import RouteProgress, judge_progress
from credserv.mastery.results import name_leaf
from credserv.mastery.verdict import Answer, Verdict
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialState
from credserv.records.pathways import PathwayStart

HELD = (CredentialState.ACTIVE, CredentialState.PENDING)


@dataclass(frozen=True)
class Progress:
    """Progress toward one achievement.

    Attributes:
        met: What was shown, in words. `verdict.missing` says what is left.
        routes: The routes of a pathway, the most advanced first.
        start: When the pathway was begun.
        had: The steps that were complete then.
    """

    version: AchievementVersion
    verdict: Verdict
    met: tuple[str, ...]
    routes: tuple[RouteProgress, ...] = ()
    start: PathwayStart | None = None

    @property
    def coverages(self) -> tuple[tuple[tuple[str, bool], ...], ...]:
        """Return, for each condition that requires several contexts, every context
        and whether it was seen there.
        """
        return tuple(leaf.contexts for leaf in self.verdict.leaves if leaf.contexts)

    @property
    def had(self) -> frozenset[str]:
        steps = () if self.start is None else self.start.baseline["steps"]
        return frozenset(str(one["of"]) for one in steps if one["had"])


def progress_of(services: Services, person_id: str, *, now: datetime) -> tuple[Progress, ...]:
    """Return the progress of a signed-in person, the nearest to completion first.

    Achievements they hold count as done.
    """
    found = services.store.members.of_person(person_id)
    return () if found is None else progress_of_member(services, found.id, now=now)


def progress_of_member(services: Services, member: str, *, now: datetime) -> tuple[Progress, ...]:
    """Return a member's progress, including pathways they began that nothing of theirs counts toward yet."""
    facts = facts_of(services, member, services.store.observations.of_member(member), now=now)
    index = current_rules(services)
    issued = services.store.credentials.of_member(member)
    held = {record.order.achievement_key for record in issued if record.state in HELD}
    prior = credentials_of(services, member, [one.rule for one in index.rules.values()])
    touched: dict[str, CurrentRule] = {one.rule.achievement: one for one in index.touching(*facts)}
    for credential in prior:
        touched |= {one.rule.achievement: one for one in index.awaiting(credential)}
    begun = {one.achievement_key: one for one in services.store.pathways.of_member(member)}
    touched |= {key: index.rules[key] for key in begun if key in index.rules}
    told = [
        _progress(services, touched[key], facts, prior, begun.get(key), now)
        for key in sorted(touched.keys() - held)
    ]
    return tuple(sorted(told, key=lambda one: (-len(one.met) / len(one.verdict.leaves), one.version.key)))


def _progress(
    services: Services,
    current: CurrentRule,
    facts: Sequence[Fact],
    prior: Sequence[PriorCredential],
    start: PathwayStart | None,
    now: datetime,
) -> Progress:
    version = find_version(services, current.rule.achievement, None)
    verdict = judge_rule(current.rule, facts, prior, now)
    met = tuple(dict.fromkeys(name_leaf(leaf) for leaf in verdict.leaves if leaf.answer is Answer.MET))
    pathway = current.rule.pathway
    routes = () if pathway is None else judge_progress(pathway, verdict, services.today(now))
    return Progress(version, verdict, met, routes, start)
