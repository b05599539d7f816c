"""Judge a person by the rule of an achievement: what is known of the person becomes facts for the rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject
from credserv.journeys.award.judgement import Judgement, Known
from credserv.journeys.award.knowing import credentials_of, facts_of
from credserv.journeys.award.rules import current_rules, former_rules, rule_as_of
from credserv.journeys.services import Services
from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.index import CurrentRule, RuleIndex
from credserv.mastery.judging import judge_rule
from credserv.mastery.results import build_evidence, build_results
from credserv.records.observed import ObservationRecord


@dataclass(frozen=True)
class RuleJudge:
    """One version of an achievement's rule."""

    services: Services
    current: CurrentRule
    awards: bool = True

    @property
    def achievement_key(self) -> str:
        return self.current.rule.achievement

    @property
    def scope(self) -> str:
        return f"rule:{self.achievement_key}"

    @property
    def grounds(self) -> JsonObject:
        return {"rule": {"achievement": self.achievement_key, "version": self.current.version}}

    def then(self, grounds: JsonObject | None) -> RuleJudge | None:
        told = (grounds or {}).get("rule")
        if not isinstance(told, dict):
            return None
        rule = rule_as_of(self.services, self.achievement_key, int(told["version"]))
        return None if rule is None else RuleJudge(self.services, CurrentRule(int(told["version"]), rule))

    def judge(self, known: Known, at: datetime, /) -> Judgement:
        rule, member = self.current.rule, known.membership_id
        facts = facts_of(self.services, member, known.observations, now=at)
        verdict = judge_rule(rule, facts, credentials_of(self.services, member, [rule]), at)
        counted = frozenset(verdict.observations)
        version = self.services.store.achievements.newest(self.achievement_key) if verdict.is_met else None
        return Judgement(
            is_met=verdict.is_met,
            observations=tuple(record for record in known.observations if record.id in counted),
            credentials=verdict.credentials,
            results=() if version is None else build_results(verdict, version.achievement),
            evidence=build_evidence(verdict, {fact.id: fact for fact in facts}, self.current),
            award=rule.award,
            missing="; ".join(verdict.missing),
        )


def rule_judges(services: Services, about: Sequence[ObservationRecord]) -> tuple[RuleJudge, ...]:
    """Return the rules whose verdict these observations may change: one observation and
    the one it takes back, if any.
    """
    facts = [_bare_fact(each) for each in about]
    return _judges(services, lambda index: index.touching(*facts))


def judges_awaiting(services: Services, credential: PriorCredential) -> tuple[RuleJudge, ...]:
    """Return the rules whose verdict may change with a credential's state."""
    return _judges(services, lambda index: index.awaiting(credential))


def _judges(services: Services, find: Callable[[RuleIndex], Sequence[CurrentRule]]) -> tuple[RuleJudge, ...]:
    """Return the rules that award now, and former rules whose awards have to be reviewed."""
    now = {one.rule.achievement: one for one in find(current_rules(services))}
    before = [one for one in find(former_rules(services)) if one.rule.achievement not in now]
    return (
        *(RuleJudge(services, one) for one in now.values()),
        *(RuleJudge(services, one, awards=False) for one in before),
    )


def _bare_fact(record: ObservationRecord) -> Fact:
    return Fact(record.id, record.observation, record.source, record.namespace)
