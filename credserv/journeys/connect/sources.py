"""Connect: a system that sends events becomes a source, with its secret and its mapping.

A secret is shown once, when it is made. To change it without a gap, a second one is made, the sender is
given it, and then the older ones are ended: until then both are accepted (Standard Webhooks, rotation).
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import SLUG_RULE, is_slug
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import EventRecord, SourceRecord
from credserv.sources import DIALECTS
from credserv.sources.mapping import check_targets, parse_mapping
from credserv.sources.webhook import create_secret

_MAX_SECRETS = 4


def build_rule(achievement_key: str, course: str, minimum_percent: str) -> JsonObject:
    """A mapping of one rule, from the fields of a form. minimum_percent: 0 to 100 as text, or empty.

    Raises InputError.
    """
    rule: dict[str, object] = {"event": "course.completed", "course": course, "achievement": achievement_key}
    if minimum_percent:
        try:
            percent = float(minimum_percent)
        except ValueError as error:
            raise InputError("the minimum score is a number from 0 to 100") from error
        if not 0 <= percent <= 100:
            raise InputError("the minimum score is a number from 0 to 100")
        rule["minimum_score"] = percent / 100
    return {"rules": [rule]}


def connect(
    services: Services, *, name: str, dialect: str, mapping: JsonObject, actor: str, now: datetime
) -> tuple[SourceRecord, str]:
    """A new source and its first secret. Raises InputError, SchemaFaultsError, ConflictError."""
    if not is_slug(name):
        raise InputError(f"the name of a source: {SLUG_RULE}")
    if dialect not in DIALECTS:
        raise InputError("the dialect is one of " + ", ".join(sorted(DIALECTS)))
    _require_mapping(services, mapping)
    secret = create_secret()
    record = SourceRecord(name, dialect, (secret,), mapping, now)
    with services.store.transaction():
        services.store.sources.create(record)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_CREATED, name))
    return record, secret


def change_mapping(services: Services, name: str, mapping: JsonObject, *, actor: str, now: datetime) -> None:
    """Events that come from now on, and those retried, are decided by `mapping`.

    Raises NotFoundError, and as `connect`.
    """
    source(services, name)
    _require_mapping(services, mapping)
    with services.store.transaction():
        services.store.sources.set_mapping(name, mapping)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_MAPPING_CHANGED, name))


def add_secret(services: Services, name: str, *, actor: str, now: datetime) -> str:
    """A further secret, accepted beside the others. Raises NotFoundError, InputError when there are many."""
    if len(source(services, name).secrets) >= _MAX_SECRETS:
        raise InputError("there are several secrets already: end the older ones first")
    secret = create_secret()
    with services.store.transaction():
        services.store.sources.add_secret(name, secret)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_SECRET_ADDED, name))
    return secret


def end_older_secrets(services: Services, name: str, *, actor: str, now: datetime) -> int:
    """Only the newest secret goes on working; returns how many were ended. Raises NotFoundError."""
    older = source(services, name).secrets[1:]
    with services.store.transaction():
        for secret in older:
            services.store.sources.remove_secret(name, secret)
        services.store.audit.add(
            AuditRecord(now, actor, Action.SOURCE_SECRETS_ENDED, name, {"count": len(older)})
        )
    return len(older)


def set_enabled(services: Services, name: str, enabled: bool, *, actor: str, now: datetime) -> None:
    """A source that is paused takes no events in. Raises NotFoundError."""
    with services.store.transaction():
        services.store.sources.set_enabled(name, enabled)
        action = Action.SOURCE_RESUMED if enabled else Action.SOURCE_PAUSED
        services.store.audit.add(AuditRecord(now, actor, action, name))


def source(services: Services, name: str) -> SourceRecord:
    """Raises NotFoundError."""
    found = find_source(services, name)
    if found is None:
        raise NotFoundError("there is no such source")
    return found


def find_source(services: Services, name: str) -> SourceRecord | None:
    return services.store.sources.get(name)


def all_sources(services: Services) -> tuple[SourceRecord, ...]:
    """But for those of the organisation's own, to which nothing can be sent."""
    return tuple(source for source in services.store.sources.list() if is_slug(source.name))


def recent_events(services: Services, name: str, *, limit: int) -> tuple[EventRecord, ...]:
    """Of one source, newest first."""
    return services.store.events.recent(name, limit=limit, offset=0)


def _require_mapping(services: Services, mapping: JsonObject) -> None:
    """Every fault of the rules themselves, else every target that does not exist."""

    def achievement(key: str) -> JsonObject | None:
        newest = services.store.achievements.newest(key)
        return None if newest is None else newest.achievement

    faults = check_targets(parse_mapping(mapping), achievement)
    if faults:
        raise SchemaFaultsError("the mapping names what is not there", faults=faults)
