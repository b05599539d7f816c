"""Sources: connect a system that sends events, with its secret and its mapping.

A secret is shown once, when it is made. To change it without a gap, add a second one, give it to the sender,
then end the older ones. Until then both work (Standard Webhooks, rotation).
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
    """A source's recent activity: messages per day (oldest first), the time of the last one, days without any
    (None if there never was one), and what waits for a person.
    """

    days: tuple[tuple[date, int], ...]
    last: datetime | None
    silent_days: int | None
    waiting: Mapping[ObservationState, int]


def traffic(services: Services, name: str, *, now: datetime) -> Traffic:
    """Return a source's recent activity."""
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
    """Build options from the form fields `method`, `username`, `jwks_url`, `namespace` and
    `authoritative_email`, or from `options` as JSON instead.

    Raises:
        InputError: A value is not valid.
    """
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
    """Build a mapping with one rule from form fields.

    Args:
        minimum_percent: 0 to 100 as text, or empty.
        event: The event's type, or the kind of what happened (`completed`).

    Raises:
        InputError: The minimum is not valid.
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
    """Add a source.

    Args:
        mapping: None if the rules of achievements alone decide.

    Returns:
        The source and its first secret.

    Raises:
        InputError: The name or dialect is not valid.
        SchemaFaultsError: The mapping or options are not valid. The faults name the place.
        ConflictError: The name is taken.
    """
    if not is_slug(name):
        raise InputError(f"the name of a source: {SLUG_RULE}")
    if dialect not in ADAPTERS:
        raise InputError("the dialect is one of " + ", ".join(sorted(ADAPTERS)))
    if mapping is not None:
        require_mapping(services, mapping)
    _require_options(dialect, options or {})
    secret = create_secret()
    record = SourceRecord(name, dialect, (secret,), mapping or NO_MAPPING, now, options=options or {})
    with services.store.transaction():
        services.store.sources.create(record)
        plan_pull(services, name, dialect, record.options, now=now)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_CREATED, name))
    return record, secret


def change_mapping(services: Services, name: str, mapping: JsonObject, *, actor: str, now: datetime) -> None:
    """Replace a source's mapping for events that arrive or are retried from now on.

    Raises:
        NotFoundError: There is no such source.
        SchemaFaultsError: The mapping is not valid. The faults name the place.
    """
    source(services, name)
    require_mapping(services, mapping)
    with services.store.transaction():
        services.store.sources.set_mapping(name, mapping)
        services.store.audit.add(AuditRecord(now, actor, Action.SOURCE_MAPPING_CHANGED, name))


def change_options(services: Services, name: str, options: JsonObject, *, actor: str, now: datetime) -> None:
    """Replace a source's options: how it authenticates, and what its adapter needs.

    Raises:
        NotFoundError: There is no such source.
        SchemaFaultsError: An option is not valid. The faults name every place.
    """
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
    """Make a further secret that works next to the others.

    Args:
        overlap: How long the others still work; None until `end_older_secrets`.
        lasts: How long this one works; None for no end.

    Returns:
        The secret.

    Raises:
        NotFoundError: There is no such source.
        InputError: There are too many secrets, or `lasts` is out of range.
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
    """End all but the newest secret.

    Returns:
        How many were ended.

    Raises:
        NotFoundError: There is no such source.
    """
    older = source(services, name).secrets[1:]
    with services.store.transaction():
        for secret in older:
            services.store.sources.remove_secret(name, secret)
        services.store.audit.add(
            AuditRecord(now, actor, Action.SOURCE_SECRETS_ENDED, name, {"count": len(older)})
        )
    return len(older)


def set_enabled(services: Services, name: str, enabled: bool, *, actor: str, now: datetime) -> None:
    """Pause or resume a source. A paused source accepts no events.

    Raises:
        NotFoundError: There is no such source.
    """
    with services.store.transaction():
        services.store.sources.set_enabled(name, enabled)
        action = Action.SOURCE_RESUMED if enabled else Action.SOURCE_PAUSED
        services.store.audit.add(AuditRecord(now, actor, action, name))


def address_of(services: Services, record: SourceRecord, secret: str = "") -> str:
    """Return the URL that the system sends to.

    Args:
        secret: For systems whose URL contains it; "" to leave it out.
    """
    if record.dialect == "xapi":  # clients append a resource's name
        return f"{services.public_url}/xapi/{record.name}/"
    if record.dialect == "lti":  # where a platform registers itself, until one has
        done = "launch" if "lti" in record.options else f"register/{secret or 'SECRET'}"
        return f"{services.public_url}/lti/{record.name}/{done}"
    address = f"{services.public_url}/hooks/{record.name}"
    return f"{address}/{secret or 'SECRET'}" if method_of(record) in _BY_ADDRESS else address


def method_of(record: SourceRecord) -> str:
    """Return how a source's messages are authenticated."""
    told = record.options.get("authentication")
    if record.dialect == "xapi":
        return Method.BASIC.value
    method = told.get("method") if isinstance(told, dict) else None
    return str(method or Method.STANDARD_WEBHOOKS.value)


def source(services: Services, name: str) -> SourceRecord:
    """Return a source.

    Raises:
        NotFoundError: There is no such source.
    """
    found = find_source(services, name)
    if found is None:
        raise NotFoundError("there is no such source")
    return found


def find_source(services: Services, name: str) -> SourceRecord | None:
    """Return a source, or None."""
    return services.store.sources.get(name)


def all_sources(services: Services) -> tuple[SourceRecord, ...]:
    """Return all sources except the organisation's own, to which nothing can be sent."""
    return tuple(source for source in services.store.sources.list() if is_slug(source.name))


def all_events(services: Services, name: str, after: Place | None = None) -> Iterator[EventRecord]:
    """Yield the events of a source as needed, newest first, or those after `after`.

    Raises:
        NotFoundError: There is no such source. Raised at once, not on the first event.
    """
    source(services, name)
    events = services.store.events
    return by_place(
        lambda count, last: events.recent(name, limit=count, after=last), lambda event: event.place, after
    )


def _require_options(dialect: str, options: JsonObject) -> None:
    """Check the options common to all dialects, then those of the adapter. Raises SchemaFaultsError."""
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


def require_mapping(services: Services, mapping: JsonObject) -> None:
    """Check the rules, then that every target exists. Raises SchemaFaultsError."""

    def achievement(key: str) -> JsonObject | None:
        newest = services.store.achievements.newest(key)
        return None if newest is None else newest.achievement

    faults = check_targets(parse_mapping(mapping), achievement)
    if faults:
        raise SchemaFaultsError("the rules name what is not there", faults=faults)
