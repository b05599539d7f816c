"""The rules that award, as they are now: read once, and found by what they look at."""

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
    """Remembered by each process until anything that is remembered changes (docs/adr/0014)."""
    return _index(services, "rules", services.store.rules.list_newest)


def former_rules(services: Services) -> RuleIndex:
    """Every version that was in use before: nothing is awarded by one, and what was is judged by it again.
    Remembered, too."""
    return _index(services, "former rules", services.store.rules.list_former)


def _index(services: Services, name: str, load: Callable[[], Sequence[RuleVersion]]) -> RuleIndex:
    def read() -> RuleIndex:
        known = ((version.version, read_rule(version)) for version in load())
        return RuleIndex(CurrentRule(version, rule) for version, rule in known if rule is not None)

    store = services.store
    found = store.remembered.get((name, store.organisation_id), read)
    return RuleIndex(()) if found is None else found


def rule_as_of(services: Services, achievement_key: str, version: int) -> Rule | None:
    """As it was in a version: what was issued by it is judged by it. None for an unknown one."""
    found = services.store.rules.get(achievement_key, version)
    return None if found is None else read_rule(found)


def read_rule(version: RuleVersion) -> Rule | None:
    """None for a version that ended the rule."""
    return None if version.document is None else _parse(version.achievement_key, to_json(version.document))


@lru_cache(maxsize=4_096)  # all are read anew whenever anything that is remembered changes
def _parse(achievement: str, document: bytes) -> Rule:
    return parse_rule(read_own_json(document), achievement=achievement)
