"""Connect: a system that sends events becomes a source, with its secret and its mapping.

A secret is shown once, when it is made. To change it without a gap, a second one is made, the sender is
given it, and then the older ones are ended: until then both are accepted (Standard Webhooks, rotation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, InputError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import SLUG_RULE, is_slug
from credserv.ground.reading import FaultList, ObjectReader
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.connect.pulls import plan_pull
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.observed import ObservationState
from credserv.records.paging import Place, by_place
from credserv.records.sources import EventRecord, SourceRecord
from credserv.sources.adapters import ADAPTERS
from credserv.sources.mapping import check_targets, parse_mapping
from credserv.sources.pulling.settings import require_pull
from credserv.sources.signing.settings import Method, parse_settings
from credserv.sources.webhook import create_secret

NO_MAPPING: JsonObject = {"rules": []}
_MAX_SECRETS = 4
_LONGEST = timedelta(days=3_650)
_BY_ADDRESS = (Method.SECRET_PATH.value, Method.CANVAS_JWT.value)
_MAX_CHARS = 2_048
_SHOWN_DAYS = 14


@dataclass(frozen=True)
class Traffic:
    """What came of a source lately: how many messages on each of the last days, the oldest first, when the
    last one came, since how many days there is none (None: never was one), and what waits for somebody."""

    days: tuple[tuple[date, int], ...]
    last: datetime | None
    silent_days: int | None
    waiting: Mapping[ObservationState, int]


def traffic(services: Services, name: str, *, now: datetime) -> Traffic:
    since = (now - timedelta(days=_SHOWN_DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = services.store.events.per_day(name, since)
    days = [(since + timedelta(days=number)).date() for number in range(_SHOWN_DAYS)]
    last = services.store.events.last_by_source().get(name)
    return Traffic(
        days=tuple((day, counts.get(day.isoformat(), 0)) for day in days),
        last=last,
        silent_days=None if last is None else max(0, (now - last).days),
        waiting=services.store.observations.count_open(name),
    )


def build_options(form: Mapping[str, str]) -> JsonObject:
    """From the fields of a form: `method`, `username`, `jwks_url`, `namespace`, `authoritative_email`; or
    `options`, as JSON, in place of them. Raises InputError."""
    raw = form.get("options", "").strip()
    if raw:
        return parse_json_object(raw.encode())
    options: dict[str, object] = {}
    method = form.get("method", "")
    if method:
        username = form.get("username", "").strip()
        options["authentication"] = {"method": method, **({"username": username} if username else {})}
    for name in ("namespace", "jwks_url"):
        if form.get(name, "").strip():
            options[name] = form[name].strip()
    if form.get("authoritative_email") == "yes":
        options["authoritative_email"] = True
    return options


def build_rule(
    achievement_key: str, course: str, minimum_percent: str, *, event: str = "course.completed"
) -> JsonObject:
    """A mapping of one rule, from the fields of a form. minimum_percent: 0 to 100 as text, or empty. event:
    its type, or the kind of what happened (`completed`).

    Raises InputError.
    """
    rule: dict[str, object] = {"event": event, "course": course, "achievement": achievement_key}
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
    services: Services,
    *,
    name: str,
    dialect: str,
    mapping: JsonObject | None = None,
    options: JsonObject | None = None,
    actor: str,
    now: datetime,
) -> tuple[SourceRecord, str]:
    """A new source and its first secret. mapping: None where the rules of achievements decide alone.

    Raises InputError, SchemaFaultsError, ConflictError.
    """
    if not is_slug(name):
        raise InputError(f"the name of a source: {SLUG_RULE}")
    if dialect not in ADAPTERS:
        raise InputError("the dialect is one of " + ", ".join(sorted(ADAPTERS)))
    if mapping is not None:
        _require_mapping(services, mapping)
    _require_options(dialect, options or {})
    secret = create_secret()
    record = SourceRecord(name, dialect, (secret,), mapping or NO_MAPPING, now, options=options or {})
    with services.store.transaction():
        services.store.sources.create(record)
        plan_pull(services, name, dialect, record.options, now=now)
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


def change_options(services: Services, name: str, options: JsonObject, *, actor: str, now: datetime) -> None:
    """How it authenticates, and what its adapter has to know, from now on. Raises NotFoundError, and
    SchemaFaultsError with every fault."""
    known = source(services, name)
    _require_options(known.dialect, options)
    with services.store.transaction():
        services.store.sources.set_options(name, options)
        plan_pull(services, name, known.dialect, options, before=known.options, now=now)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_OPTIONS_CHANGED, name))


def add_secret(
    services: Services,
    name: str,
    *,
    overlap: timedelta | None = None,
    lasts: timedelta | None = None,
    actor: str,
    now: datetime,
) -> str:
    """Make a further secret, accepted beside the others.

    Args:
        overlap: for how long the others still count; None for until `end_older_secrets`.
        lasts: for how long this one counts; None for no end.

    Raises NotFoundError, InputError when there are many.
    """
    known = source(services, name)
    others, secret = known.secrets_at(now), create_secret()
    if len(others) >= _MAX_SECRETS:
        raise InputError("there are several secrets already: end the older ones first")
    if any(span is not None and not timedelta(0) < span <= _LONGEST for span in (overlap, lasts)):
        raise InputError(f"a secret counts for 1 to {_LONGEST.days} days")
    with services.store.transaction():
        for ended in set(known.secrets) - set(others):
            services.store.sources.remove_secret(name, ended)
        if overlap is not None:
            for older in others:
                services.store.sources.end_secret(name, older, now + overlap)
        services.store.sources.add_secret(name, secret, None if lasts is None else now + lasts)
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


def address_of(services: Services, record: SourceRecord, secret: str = "") -> str:
    """Where the system sends to. secret: for those whose address holds it; "" to leave it out."""
    if record.dialect == "xapi":  # clients put the name of a resource behind it
        return f"{services.public_url}/xapi/{record.name}/"
    if record.dialect == "lti":  # where a platform registers by itself, until one has
        done = "launch" if "lti" in record.options else f"register/{secret or 'SECRET'}"
        return f"{services.public_url}/lti/{record.name}/{done}"
    address = f"{services.public_url}/hooks/{record.name}"
    return f"{address}/{secret or 'SECRET'}" if method_of(record) in _BY_ADDRESS else address


def method_of(record: SourceRecord) -> str:
    """By which its messages show who sent them."""
    told = record.options.get("authentication")
    if record.dialect == "xapi":
        return Method.BASIC.value
    method = told.get("method") if isinstance(told, dict) else None
    return str(method or Method.STANDARD_WEBHOOKS.value)


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


def all_events(services: Services, name: str, after: Place | None = None) -> Iterator[EventRecord]:
    """Of one source, newest first, behind one or all, as they are needed. Raises NotFoundError at once."""
    source(services, name)
    events = services.store.events
    return by_place(
        lambda count, last: events.recent(name, limit=count, after=last), lambda event: event.place, after
    )


def _require_options(dialect: str, options: JsonObject) -> None:
    """What every dialect shares of them, then what its own adapter takes. Raises SchemaFaultsError with every
    fault and its place."""
    faults = FaultList()
    reader = ObjectReader(options, "", faults, members=None)
    reader.read_flag("authoritative_email")
    reader.read_text("namespace", max_chars=_MAX_CHARS)
    address = reader.read_text("jwks_url", max_chars=_MAX_CHARS)
    settings = reader.read("authentication")
    try:
        if settings is not None:
            chosen = parse_settings(settings if isinstance(settings, dict) else {"method": settings})
            if chosen.method is Method.CANVAS_JWT and address is None:
                reader.fault("jwks_url", "is required: where the sender publishes its keys")
        if address is not None:
            require_https(address)
    except SchemaFaultsError as error:
        for fault in error.faults:
            faults.add(fault.place, fault.message)
    except (InputError, FetchRefusedError) as error:
        faults.add("/jwks_url", error.detail)
    require_pull(dialect, options, faults)
    faults.require("the options of the source")
    ADAPTERS[dialect].require_options(options)


def _require_mapping(services: Services, mapping: JsonObject) -> None:
    """Every fault of the rules themselves, else every target that does not exist."""

    def achievement(key: str) -> JsonObject | None:
        newest = services.store.achievements.newest(key)
        return None if newest is None else newest.achievement

    faults = check_targets(parse_mapping(mapping), achievement)
    if faults:
        raise SchemaFaultsError("the mapping names what is not there", faults=faults)
