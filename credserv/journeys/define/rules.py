"""Define what mastery is: the rule of an achievement, in versions that never change.

1. read the rule; every fault in one answer
2. what it names has to be there: result descriptions and levels of the achievement, sources, achievements
3. the same as the newest version: nothing to do
4. store the next version; what was issued keeps the version that it was issued by
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ConflictError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.mastery.reading import parse_rule
from credserv.mastery.rule import Rule
from credserv.mastery.targets import check_targets
from credserv.records.audit import Action, AuditRecord
from credserv.records.rules import RuleVersion

_RETRIES = 10  # of n who set one rule at once, one gets through in each round
_NO_RULE = hashlib.sha256(b"null").hexdigest()


def set_rule(
    services: Services, key: str, document: JsonObject, *, actor: str, now: datetime
) -> tuple[RuleVersion, bool]:
    """The version that holds the rule, and whether it is new.

    Raises NotFoundError for an unknown achievement, SchemaFaultsError with every fault and its place,
    ConflictError when others keep changing the same rule at this moment.
    """
    require_rule(services, key, document)
    sha256 = hashlib.sha256(canonize_json(document)).hexdigest()
    return _store(services, key, document, sha256, actor=actor, now=now)


def end_rule(services: Services, key: str, *, actor: str, now: datetime) -> bool:
    """From now on nothing is awarded by a rule; what was stays. Whether there was one. Raises ConflictError
    as `set_rule`."""
    if current_rule(services, key) is None:
        return False
    return _store(services, key, None, _NO_RULE, actor=actor, now=now)[1]


def require_rule(services: Services, key: str, document: JsonObject) -> Rule:
    """As it would be set. Raises NotFoundError for an unknown achievement, SchemaFaultsError."""
    achievements = services.store.achievements
    version = achievements.newest(key)
    if version is None:
        raise NotFoundError(f"there is no achievement {key!r}")
    rule = parse_rule(document, achievement=key)
    faults = check_targets(
        rule,
        version.achievement,
        award=version.award_rule.value,
        sources={source.name for source in services.store.sources.list()},
        keys={known.key for known in achievements.list_newest()},
    )
    if faults:
        raise SchemaFaultsError("the rule names what is not there", faults=faults)
    return rule


def current_rule(services: Services, key: str) -> RuleVersion | None:
    """None where there is none, or none any more."""
    newest = services.store.rules.newest(key)
    return None if newest is None or newest.document is None else newest


def rule_version(services: Services, key: str, version: int) -> RuleVersion:
    """Raises NotFoundError."""
    found = services.store.rules.get(key, version)
    if found is None:
        raise NotFoundError(f"the rule of {key!r} has no version {version}")
    return found


def rule_history(services: Services, key: str) -> tuple[RuleVersion, ...]:
    """Newest first."""
    return services.store.rules.versions(key)


def _store(
    services: Services, key: str, document: JsonObject | None, sha256: str, *, actor: str, now: datetime
) -> tuple[RuleVersion, bool]:
    for attempt in range(_RETRIES + 1):
        try:
            return _store_next(services, key, document, sha256, actor=actor, now=now)
        except ConflictError:  # another version came in between
            if attempt == _RETRIES:
                raise
    raise AssertionError("the last attempt raises")


def _store_next(
    services: Services, key: str, document: JsonObject | None, sha256: str, *, actor: str, now: datetime
) -> tuple[RuleVersion, bool]:
    store = services.store
    with store.transaction():
        newest = store.rules.newest(key)
        if newest is not None and newest.sha256 == sha256:
            return newest, False
        number = 1 if newest is None else newest.version + 1
        version = RuleVersion(key, number, document, sha256, now, actor)
        store.rules.add(version)
        action = Action.RULE_ENDED if document is None else Action.RULE_SET
        store.audit.add(AuditRecord(now, actor, action, f"{key}/rule/{number}", {"sha256": sha256}))
    return version, True
