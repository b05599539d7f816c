"""The rules in force, read once and indexed by what they look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from credserv.ground.canonical_json import to_json
from credserv.ground.strict_json import read_own_json
from credserv.journeys.services import Services
from credserv.mastery.index import CurrentRule, RuleIndex
from credserv.mastery.reading import parse_rule
from credserv.mastery.rule import Rule
from credserv.records.rules import RuleVersion


def current_rules(services: Services) -> RuleIndex:
    """Return the current rules; each process remembers them until anything
    remembered changes (docs/adr/0014).
    """
    return _index(services, "rules", services.store.rules.list_newest)


def former_rules(services: Services) -> RuleIndex:
    """Return every earlier version.

    They award nothing; credentials issued by them are judged by them again. Remembered as well.
    """
    return _index(services, "former rules", services.store.rules.list_former)


def _index(services: Services, name: str, load: Callable[[], Sequence[RuleVersion]]) -> RuleIndex:
    def read() -> RuleIndex:
        known = ((version.version, read_rule(version)) for version in load())
        return RuleIndex(CurrentRule(version, rule) for version, rule in known if rule is not None)

    store = services.store
    found = store.remembered.get((name, store.organisation_id), read)
    return RuleIndex(()) if found is None else found


def rule_as_of(services: Services, achievement_key: str, version: int) -> Rule | None:
    """Return a version of a rule, by which its credentials are judged; None if there is no such version."""
    found = services.store.rules.get(achievement_key, version)
    return None if found is None else read_rule(found)


def read_rule(version: RuleVersion) -> Rule | None:
    """Parse a rule version; None for a version that ended the rule."""
    return None if version.document is None else _parse(version.achievement_key, to_json(version.document))


@lru_cache(maxsize=4_096)  # read again whenever anything remembered changes
def _parse(achievement: str, document: bytes) -> Rule:
    return parse_rule(read_own_json(document), achievement=achievement)
