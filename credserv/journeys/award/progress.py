"""How far a person came: of each achievement with a rule that looks at something of theirs, what is met and
what is missing. It is shown to the person."""

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

_HELD = (CredentialState.ACTIVE, CredentialState.PENDING)


@dataclass(frozen=True)
class Progress:
    """met: what was shown, in words. verdict.missing: what is still to come. routes: of a pathway, the
    furthest first."""

    version: AchievementVersion
    verdict: Verdict
    met: tuple[str, ...]
    routes: tuple[RouteProgress, ...] = ()


def progress_of(services: Services, person_id: str, *, now: datetime) -> tuple[Progress, ...]:
    """Of one who is signed in; nearest to being earned first. What they hold is done."""
    found = services.store.members.of_person(person_id)
    if found is None:
        return ()
    facts = facts_of(services, found.id, services.store.observations.of_member(found.id), now=now)
    index = current_rules(services)
    issued = services.store.credentials.of_member(found.id)
    held = {record.order.achievement_key for record in issued if record.state in _HELD}
    prior = credentials_of(services, found.id, [one.rule for one in index.rules.values()])
    touched: dict[str, CurrentRule] = {one.rule.achievement: one for one in index.touching(*facts)}
    for credential in prior:
        touched |= {one.rule.achievement: one for one in index.awaiting(credential)}
    told = [_progress(services, touched[key], facts, prior, now) for key in sorted(touched.keys() - held)]
    return tuple(sorted(told, key=lambda one: (-len(one.met) / len(one.verdict.leaves), one.version.key)))


def _progress(
    services: Services,
    current: CurrentRule,
    facts: Sequence[Fact],
    prior: Sequence[PriorCredential],
    now: datetime,
) -> Progress:
    version = find_version(services, current.rule.achievement, None)
    verdict = judge_rule(current.rule, facts, prior, now)
    met = tuple(dict.fromkeys(name_leaf(leaf) for leaf in verdict.leaves if leaf.answer is Answer.MET))
    pathway = current.rule.pathway
    routes = () if pathway is None else judge_progress(pathway, verdict, services.today(now))
    return Progress(version, verdict, met, routes)
