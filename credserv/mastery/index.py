"""An index of which rules an observation or credential can affect: of a thousand, the few that look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.rule import Activity, Held, Rule, activities, leaves


@dataclass(frozen=True)
class CurrentRule:
    """A version of an achievement's rule, usually the newest."""

    version: int
    rule: Rule


class RuleIndex:
    """The current rules of an organisation. Never changed; shared by all threads."""

    def __init__(self, rules: Iterable[CurrentRule]) -> None:
        """Index the rules.

        If there are several versions of one, all count, and the newest represents them.
        """
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
        """Return the rules whose verdict these facts may change, by achievement.

        A fact that takes another back affects what that one did, so pass both.
        """
        found: dict[str, CurrentRule] = {}
        for fact in facts:
            for about in fact.observation.activities[:1]:
                for activity, current in self._by_activity.get(about.value, ()):
                    if activity.is_of(fact):
                        found.setdefault(current.rule.achievement, current)
        return tuple(found[name] for name in sorted(found))

    def awaiting(self, credential: PriorCredential) -> tuple[CurrentRule, ...]:
        """Return the rules whose verdict this credential may change, by achievement."""
        names = (credential.achievement, credential.achievement_key, *sorted(credential.alignments))
        found: dict[str, CurrentRule] = {}
        for name in names:
            for leaf, current in self._by_credential.get(name or "", ()):
                if leaf.is_for(credential):
                    found.setdefault(current.rule.achievement, current)
        return tuple(found[name] for name in sorted(found))
