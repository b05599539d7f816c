"""Which rules an observation or a credential can change: of a thousand, the few that look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.rule import Activity, Held, Rule, activities, leaves


@dataclass(frozen=True)
class CurrentRule:
    """One version of an achievement's rule, mostly the newest."""

    version: int
    rule: Rule


class RuleIndex:
    """Of one organisation's current rules. Never changed; shared by all threads."""

    def __init__(self, rules: Iterable[CurrentRule]) -> None:
        """rules: of several versions of one achievement all count; the newest stands for them."""
        given = sorted(rules, key=lambda one: (one.rule.achievement, -one.version))
        self.rules: dict[str, CurrentRule] = {}
        for one in given:
            self.rules.setdefault(one.rule.achievement, one)
        self._by_activity: dict[str, list[tuple[Activity, CurrentRule]]] = {}
        self._by_credential: dict[str, list[tuple[Held, CurrentRule]]] = {}
        for current in given:
            for activity in dict.fromkeys(activities(current.rule.when)):
                self._by_activity.setdefault(activity.value, []).append((activity, current))
            for leaf in leaves(current.rule.when):
                if isinstance(leaf, Held):
                    name = leaf.alignment or leaf.achievement or ""
                    self._by_credential.setdefault(name, []).append((leaf, current))

    @property
    def asks_for_credentials(self) -> bool:
        return bool(self._by_credential)

    def touching(self, *facts: Fact) -> tuple[CurrentRule, ...]:
        """Whose answer these may change, by achievement. A fact that takes another back touches what that one
        did: give both."""
        found: dict[str, CurrentRule] = {}
        for fact in facts:
            for about in fact.observation.activities[:1]:
                for activity, current in self._by_activity.get(about.value, ()):
                    if activity.is_of(fact):
                        found.setdefault(current.rule.achievement, current)
        return tuple(found[name] for name in sorted(found))

    def awaiting(self, credential: PriorCredential) -> tuple[CurrentRule, ...]:
        """Whose answer it may change that somebody holds this, by achievement."""
        names = (credential.achievement, credential.achievement_key, *sorted(credential.alignments))
        found: dict[str, CurrentRule] = {}
        for name in names:
            for leaf, current in self._by_credential.get(name or "", ()):
                if leaf.is_for(credential):
                    found.setdefault(current.rule.achievement, current)
        return tuple(found[name] for name in sorted(found))
