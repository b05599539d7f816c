"""Award: an event of an LMS, or an order of an API client or administrator, becomes a credential.

Each trip is idempotent by its key, and goes through the one issuing recipe. An event is written down with
what it reserves, or with what was decided about it; nobody is answered before that. So what a crash leaves
behind is found and finished: by the sender's retry or by the worker's sweep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    AbsentError,
    CredservError,
    InputError,
    MappingError,
    NotFoundError,
    SchemaFaultsError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.desk import credential_url
from credserv.issuing.recipe import Issued, Wanted
from credserv.journeys.services import Services
from credserv.openbadges.results import undefined_faults
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord, IssueOrder, Recipient
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources import DIALECTS
from credserv.sources.completion import Completion
from credserv.sources.mapping import Decision, EventMapping, decide, parse_mapping

_MAX_FAULTS = 12
API_SCOPE = "api"  # an idempotency key is one order's, whichever API key of the organisation sends it


@dataclass(frozen=True)
class Award:
    """What became of an event. created: this very call made the credential."""

    state: EventState
    credential_id: str | None
    credential_url: str | None
    note: str
    created: bool


@dataclass(frozen=True)
class OrderRequest:
    """What a client asks for. results, evidence: OB `Result` and `Evidence` objects; `#fragment` ids in a
    result are taken within the achievement. achievement_version: None for the newest."""

    idempotency_key: str
    achievement_key: str
    recipient: Recipient
    achievement_version: int | None = None
    awarded_at: datetime | None = None
    results: tuple[JsonObject, ...] = ()
    evidence: tuple[JsonObject, ...] = ()


def award_event(
    services: Services, source: SourceRecord, event_id: str, body: bytes, *, now: datetime
) -> Award:
    """Take in one authenticated event and carry it as far as it goes. It is kept, whatever is in it.

    Raises ConflictError when the id was used for another body. A closed organisation answers what it knows as
    before, and raises OrganisationClosedError for what is new.
    """
    if not services.issuer.is_open and services.store.events.get(source.name, event_id) is None:
        services.require_open()
    event = EventRecord(
        source=source.name,
        event_id=event_id,
        body_sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        received_at=now,
        state=EventState.RECEIVED,
    )
    return _settle(services, source, event, now=now)


def resume_event(services: Services, event: EventRecord, *, now: datetime) -> Award:
    """Carry on with an event that a crash left unfinished, or that earned nothing (after a mended mapping).

    Raises NotFoundError when its source is gone.
    """
    if event.state is EventState.ISSUED:
        return _answer(services, event, created=False)
    if event.state is not EventState.RECEIVED:
        services.require_open()
    source = services.store.sources.get(event.source)
    if source is None:
        raise NotFoundError(f"there is no source {event.source}")
    return _settle(services, source, event, now=now)


def retry_event(services: Services, source: str, event_id: str, *, now: datetime) -> Award:
    """`resume_event` by name; raises NotFoundError for an unknown event."""
    return resume_event(services, find_event(services, source, event_id), now=now)


def find_event(services: Services, source: str, event_id: str) -> EventRecord:
    """As it is kept. Raises NotFoundError."""
    event = services.store.events.get(source, event_id)
    if event is None:
        raise NotFoundError("there is no such event")
    return event


def award_request(
    services: Services, scope: str, request: OrderRequest, *, now: datetime, actor: str = ""
) -> tuple[CredentialRecord, Issued]:
    """Issue what a client or administrator asks for; returns the credential and how it came about.

    scope: within which idempotency keys are one order's. actor: who orders, by default the scope.
    Raises NotFoundError for an unknown achievement, and as `Recipe.issue` tells.
    """
    version = find_version(services, request.achievement_key, request.achievement_version)
    order = build_order(services, scope, request, version, now=now)
    (issued,) = services.recipe.issue([Wanted(order, now, actor=actor)])
    return issued.require(), issued


def hash_request(request: OrderRequest) -> str:
    """By which a repeat is told from another order under the same key. Raises InputError."""
    awarded_at = request.awarded_at
    asked = {
        "achievement": request.achievement_key,
        "version": request.achievement_version,
        "email": request.recipient.email,
        "did": request.recipient.did,
        "awarded_at": None if awarded_at is None else format_instant(awarded_at),
        "results": [dict(result) for result in request.results],
        "evidence": [dict(item) for item in request.evidence],
    }
    return hashlib.sha256(canonize_json(asked)).hexdigest()


def build_order(
    services: Services, scope: str, request: OrderRequest, version: AchievementVersion, *, now: datetime
) -> IssueOrder:
    """The order that a request is, for the achievement version that it means.

    Raises SchemaFaultsError for results that this version does not define, unless the order is a repeat.
    """
    results = tuple(_absolute_result(version, result) for result in request.results)
    known = services.store.credentials.find
    faults = undefined_faults(version.achievement, results) if results else ()
    if faults and not known(scope, request.idempotency_key):
        _require_defined(version, results)
    return IssueOrder(
        scope=scope,
        idempotency_key=request.idempotency_key,
        order_sha256=hash_request(request),
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=request.recipient,
        awarded_at=request.awarded_at or now,
        results=results,
        evidence=request.evidence,
    )


def find_version(services: Services, key: str, number: int | None) -> AchievementVersion:
    """An achievement version, the newest by default. Raises NotFoundError."""
    achievements = services.store.achievements
    version = achievements.newest(key) if number is None else achievements.get(key, number)
    if version is None:
        raise NotFoundError(f"there is no achievement {key!r}" + (f" version {number}" if number else ""))
    return version


def _settle(services: Services, source: SourceRecord, event: EventRecord, *, now: datetime) -> Award:
    """Decide, and issue what is due. The type of an event is asked first: what no rule is for may have any
    shape. Raises SigningKeyError, ProofError or UnavailableError: later."""
    scope, dialect = f"hook:{source.name}", DIALECTS[source.dialect]
    try:
        payload, rules = parse_json_object(event.body), _rules(services, source)
        kind = dialect.read_type(payload)
        if kind and rules.rules and all(rule.event != kind for rule in rules.rules):
            note = f"not for this source: no rule is for events of the type {kind[:100]!r}"
            return _close(services, scope, event, EventState.IGNORED, note, now)
        completion = dialect.parse(payload)
        decision = decide(rules, completion)
        if decision.achievement_key is None:
            return _close(services, scope, event, EventState.IGNORED, decision.reason, now)
        order = _order(services, scope, event, completion, decision)
    except (MappingError, InputError, AbsentError) as error:
        return _close(services, scope, event, EventState.QUARANTINED, _told(error), now)
    return _issue(services, Wanted(order, now, event))


def _told(error: CredservError) -> str:
    """With every fault and its place, up to a dozen."""
    faults = [f"{fault.place or '/'} {fault.message}" for fault in error.faults[:_MAX_FAULTS]]
    return "; ".join([error.detail, *faults])


def _rules(services: Services, source: SourceRecord) -> EventMapping:
    """Read once for each change of the source. Raises SchemaFaultsError."""
    if services.store.sources.get(source.name) is not source:  # it was changed while this event came in
        return parse_mapping(source.mapping)
    key = ("rules", services.store.organisation_id, source.name)
    return services.store.remembered.get(key, lambda: parse_mapping(source.mapping)) or EventMapping(())


def _issue(services: Services, wanted: Wanted) -> Award:
    (issued,) = services.recipe.issue([wanted])
    event = wanted.event
    if event is None:
        raise TypeError("an award is of an event")
    if issued.event is not None:
        return _answer(services, issued.event, created=False)
    if isinstance(issued.error, InputError | AbsentError):
        return _answer(services, _hold(services, event, issued.error.detail), created=False)
    record = issued.require()
    done = replace(event, state=EventState.ISSUED, credential_id=record.id, note=issued.note)
    return _answer(services, done, created=issued.created)


def _close(
    services: Services, scope: str, event: EventRecord, state: EventState, note: str, now: datetime
) -> Award:
    """Nothing is due by the mapping of now. A credential that the event reserved before stands all the same,
    and what was decided before stays. Raises ConflictError when the id was used for another body."""
    kept, created = services.store.events.record(replace(event, state=state, note=note))
    if created or kept.state not in (EventState.RECEIVED, event.state):
        return _answer(services, kept, created=False)
    reserved = services.store.credentials.find(scope, event.event_id)
    if reserved is not None:
        return _issue(services, Wanted(reserved.order, now, event))
    ended = services.store.events.finish(event.source, event.event_id, state, note=note)
    return _answer(services, ended, created=False)


def _hold(services: Services, event: EventRecord, note: str) -> EventRecord:
    """Keep an event whose credential can never be issued, for an administrator."""
    kept, created = services.store.events.record(replace(event, state=EventState.QUARANTINED, note=note))
    if created:
        return kept
    return services.store.events.finish(event.source, event.event_id, EventState.QUARANTINED, note=note)


def _order(
    services: Services, scope: str, event: EventRecord, completion: Completion, decision: Decision
) -> IssueOrder:
    version = find_version(services, decision.achievement_key or "", None)
    base = str(version.achievement["id"])
    results = tuple(draft.build(base) | {"status": "Completed"} for draft in decision.results)
    _require_defined(version, results)
    return IssueOrder(
        scope=scope,
        idempotency_key=event.event_id,
        order_sha256=event.body_sha256,
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=Recipient(email=completion.email, did=completion.did, name=completion.name),
        awarded_at=completion.completed_at,
        results=results,
    )


def _require_defined(version: AchievementVersion, results: Sequence[JsonObject]) -> None:
    """What a verifier would fault is not signed: an achievement may have changed under a mapping."""
    faults = undefined_faults(version.achievement, results)
    if faults:
        told = f"{version.key} version {version.version} does not define what this says of the result: "
        raise SchemaFaultsError(told + faults[0].message, faults=faults)


def _absolute_result(version: AchievementVersion, result: JsonObject) -> dict[str, Any]:
    """`#fragment` ids made absolute under the achievement's id; relative ids are not signable."""
    base = str(version.achievement["id"])
    absolute = dict(result)
    for member in ("resultDescription", "achievedLevel"):
        value = absolute.get(member)
        if isinstance(value, str) and value.startswith("#"):
            absolute[member] = base + value
    return absolute


def _answer(services: Services, event: EventRecord, *, created: bool) -> Award:
    url = None if event.credential_id is None else credential_url(services.public_url, event.credential_id)
    return Award(event.state, event.credential_id, url, event.note, created)
