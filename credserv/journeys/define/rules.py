"""Define what mastery is: the rule of an achievement, in versions that never change.

1. read the rule and report every fault at once
2. check that everything it names exists: result descriptions and levels, sources, achievements
3. if it equals the newest version, there is nothing to do
4. store the next version; issued credentials keep the version they were issued by
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

_RETRIES = 10  # of n concurrent changes of one rule, one succeeds per round
_NO_RULE = hashlib.sha256(b"null").hexdigest()


def set_rule(
    services: Services, key: str, document: JsonObject, *, actor: str, now: datetime
) -> tuple[RuleVersion, bool]:
    """Store a rule as a version.

    Returns:
        The version that holds the rule, and whether it is new.

    Raises:
        NotFoundError: There is no such achievement.
        SchemaFaultsError: The rule is not valid. Its faults name every place.
        ConflictError: Others keep changing the same rule right now.
    """
    require_rule(services, key, document)
    sha256 = hashlib.sha256(canonize_json(document)).hexdigest()
    return _store(services, key, document, sha256, actor=actor, now=now)


def end_rule(services: Services, key: str, *, actor: str, now: datetime) -> bool:
    """End a rule: nothing more is awarded by it, and issued credentials stay.

    Returns:
        Whether there was a rule.

    Raises:
        ConflictError: As `set_rule`.
    """
    if current_rule(services, key) is None:
        return False
    return _store(services, key, None, _NO_RULE, actor=actor, now=now)[1]


def require_rule(services: Services, key: str, document: JsonObject) -> Rule:
    """Validate a rule without storing it.

    Raises:
        NotFoundError: There is no such achievement.
        SchemaFaultsError: The rule is not valid. Its faults name every place.
    """
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
    """Return the current rule; None if there is none or it was ended."""
    newest = services.store.rules.newest(key)
    return None if newest is None or newest.document is None else newest


def rule_version(services: Services, key: str, version: int) -> RuleVersion:
    """Return a version of a rule.

    Raises:
        NotFoundError: There is no such version.
    """
    found = services.store.rules.get(key, version)
    if found is None:
        raise NotFoundError(f"the rule of {key!r} has no version {version}")
    return found


def rule_history(services: Services, key: str) -> tuple[RuleVersion, ...]:
    """Return the versions of a rule, newest first."""
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
