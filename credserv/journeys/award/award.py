"""Award: turn an LMS event, or an order from an API client or administrator, into a credential.

Each event and order is idempotent by its key and goes through the one issuing recipe. An event is stored
together with what it reserves or what was decided about it, and the sender gets no answer before that. The
sender's retry or the worker's sweep finishes whatever a crash leaves behind.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.errors import (
    AbsentError,
    CredservError,
    DeclinedError,
    InputError,
    MappingError,
    NotFoundError,
    SigningKeyError,
    UnavailableError,
)
from credserv.issuing.addresses import credential_url
from credserv.issuing.recipe import Wanted
from credserv.journeys.award.judging import has_rules, mapping_grounds
from credserv.journeys.award.orders import find_version, require_defined
from credserv.journeys.award.resolving import names_of
from credserv.journeys.award.settle import judge_date, settle
from credserv.journeys.services import Services
from credserv.records.credentials import IssueOrder, Recipient
from credserv.records.observed import ObservationRecord, ObservationState, observation_id
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources import generic
from credserv.sources.completion import Completion
from credserv.sources.mapped import judge_mapping, may_take_back
from credserv.sources.mapping import Decision, EventMapping, decide, parse_mapping

_MAX_FAULTS = 12
_SIGNED = {"method": "standard-webhooks", "is_signed": True}
_VERSION = 1  # version of the reader of our own event dialect, for mappings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Award:
    """The outcome of an event.

    Attributes:
        created: Whether this very call made the credential.
    """

    state: EventState
    credential_id: str | None
    credential_url: str | None
    note: str
    created: bool


def award_event(
    services: Services, source: SourceRecord, event_id: str, body: bytes, *, now: datetime
) -> Award:
    """Store an authenticated event and process it as far as possible. It is stored whatever it contains.

    Args:
        event_id: The sender's id for the event; its idempotency key.
        body: The event as received.

    Raises:
        ConflictError: The id was used for another body.
        OrganisationClosedError: The organisation is closed and the event is new. Events it knows are answered
            as before.
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
        authentication=_SIGNED,
        adapter=source.dialect,
        adapter_version=_VERSION,
    )
    return _settle(services, source, event, now=now)


def resume_event(services: Services, event: EventRecord, *, now: datetime) -> Award:
    """Continue with an event that a crash left unfinished, or that earned nothing
    before its mapping was corrected.

    Raises:
        NotFoundError: The event's source no longer exists.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
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
    """Call `resume_event` for the event with this source and id.

    Raises:
        NotFoundError: There is no such event, or its source no longer exists.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    return resume_event(services, find_event(services, source, event_id), now=now)


def find_event(services: Services, source: str, event_id: str) -> EventRecord:
    """Return a stored event.

    Raises:
        NotFoundError: There is no such event.
    """
    event = services.store.events.get(source, event_id)
    if event is None:
        raise NotFoundError("there is no such event")
    return event


def _settle(services: Services, source: SourceRecord, event: EventRecord, *, now: datetime) -> Award:
    """Decide about an event and issue what it earns.

    Raises SigningKeyError, ProofError or UnavailableError if it has to wait.

    The event's type is looked at first, because an event without a rule may have any shape.
    """
    scope = f"hook:{source.name}"
    said: ObservationRecord | None = None
    try:
        payload, rules = generic.read_payload(event.body), _rules(services, source)
        kind = generic.read_type(payload)
        if kind and all(rule.event != kind for rule in rules.rules):
            note = f"not for this source: no rule is for events of the type {kind[:100]!r}"
            return _close(services, scope, event, EventState.IGNORED, note, now)
        completion = generic.parse_event(payload)
        said = _observe(services, source, event, completion)
        _require_date(completion.completed_at, now)
        decision = decide(rules, completion)
        reason = decision.reason or _contradiction(services, source, rules, decision, said)
        if reason:
            return _close(services, scope, event, EventState.IGNORED, reason, now, said)
        order = _order(services, source, event, completion, decision, said)
    except (MappingError, InputError, AbsentError) as error:
        return _close(services, scope, event, EventState.QUARANTINED, _told(error), now, said)
    return _issue(services, event, order, now, said)


def _observe(
    services: Services, source: SourceRecord, event: EventRecord, completion: Completion
) -> ObservationRecord:
    """Return what the event says, to be stored with it.

    It is JUDGED if the mapping alone decides and nothing was ever taken back.
    """
    said = completion.observe(event.event_id)
    record = ObservationRecord(
        id=observation_id(source.namespace, event.event_id),
        source=source.name,
        message=event.event_id,
        place=0,
        namespace=source.namespace,
        observation=said,
        is_signed=True,
        received_at=event.received_at,
    )
    is_final = not source.corrects and not has_rules(services)
    return replace(record, state=ObservationState.JUDGED) if is_final else record


def _require_date(completed_at: datetime, now: datetime) -> None:
    """Raise InputError for a date that an administrator has to check."""
    odd = judge_date(completed_at, now)
    if odd:
        raise InputError(odd)


def _contradiction(
    services: Services,
    source: SourceRecord,
    rules: EventMapping,
    decision: Decision,
    said: ObservationRecord,
) -> str:
    """Return why the event earns nothing although it says so: an earlier message reports the opposite for a
    later time. "" if there is no contradiction.
    """
    if not source.corrects or decision.achievement_key is None:
        return ""
    names = [name for person in said.observation.people for name in names_of(source, said, person)]
    for known in services.store.identifiers.named(names):
        before = services.store.observations.of_member(known.membership_id)
        own = [one for one in before if one.source == source.name and one.id != said.id]
        if not judge_mapping(rules, decision.achievement_key, [*own, said]).is_met:
            return "a message about a later time takes it back"
    return ""


def _told(error: CredservError) -> str:
    """Return the error's text with up to a dozen faults and their places."""
    faults = [f"{fault.place or '/'} {fault.message}" for fault in error.faults[:_MAX_FAULTS]]
    return "; ".join([error.detail, *faults])


def _rules(services: Services, source: SourceRecord) -> EventMapping:
    """Return the source's mapping, read once per change of the source. Raises SchemaFaultsError."""
    # The source was changed while this event came in.
    if services.store.sources.get(source.name) is not source:
        return parse_mapping(source.mapping)
    key = ("rules", services.store.organisation_id, source.name)
    return services.store.remembered.get(key, lambda: parse_mapping(source.mapping)) or EventMapping(())


def _issue(
    services: Services,
    event: EventRecord,
    order: IssueOrder,
    now: datetime,
    said: ObservationRecord | None = None,
) -> Award:
    (issued,) = services.recipe.issue([Wanted(order, now, event, observation=said)])
    if said is not None and said.state is ObservationState.RECEIVED:
        _look_again(services, said, now)
    if issued.event is not None:
        return _answer(services, issued.event, created=False)
    if isinstance(issued.error, DeclinedError):  # the decline ended the event
        return _answer(
            services,
            replace(event, state=EventState.IGNORED, note=issued.error.detail),
            created=False,
        )
    if isinstance(issued.error, InputError | AbsentError):
        return _answer(services, _hold(services, event, issued.error.detail), created=False)
    record = issued.require()
    done = replace(event, state=EventState.ISSUED, credential_id=record.id, note=issued.note)
    return _answer(services, done, created=issued.created)


def _look_again(services: Services, said: ObservationRecord, now: datetime) -> None:
    """Have the other rules that look at this observation judged now, or by the sweep."""
    kept = services.store.observations.get(said.id)
    if kept is None:
        return
    try:
        settle(services, kept, now=now)
    except (UnavailableError, SigningKeyError) as error:
        logger.warning("observation %s is judged later: %s", said.id, error.code)


def _close(
    services: Services,
    scope: str,
    event: EventRecord,
    state: EventState,
    note: str,
    now: datetime,
    said: ObservationRecord | None = None,
) -> Award:
    """Close an event that earns nothing under the current mapping.

    Raises ConflictError if its id was used for another body.

    A credential that the event reserved earlier still stands, and so does an earlier decision.
    """
    observed = () if said is None else (replace(said, state=ObservationState.RECEIVED),)
    if said is not None and may_take_back(said.observation):
        _note_correction(services, event.source)
    kept, created = services.store.events.record(replace(event, state=state, note=note), observed)
    if said is not None:
        _look_again(services, said, now)
    if created or kept.state not in (EventState.RECEIVED, event.state):
        return _answer(services, kept, created=False)
    reserved = services.store.credentials.find(scope, event.event_id)
    if reserved is not None:
        return _issue(services, event, reserved.order, now)
    ended = services.store.events.finish(event.source, event.event_id, state, note=note)
    return _answer(services, ended, created=False)


def _note_correction(services: Services, source: str) -> None:
    """Note a correction before it is stored, so that whoever reads the correction also reads the note."""
    known = services.store.sources.get(source)
    if known is not None and not known.corrects:
        services.store.sources.note_correction(source)


def _hold(services: Services, event: EventRecord, note: str) -> EventRecord:
    """Keep an event whose credential can never be issued for an administrator."""
    kept, created = services.store.events.record(replace(event, state=EventState.QUARANTINED, note=note))
    if created:
        return kept
    return services.store.events.finish(event.source, event.event_id, EventState.QUARANTINED, note=note)


def _order(
    services: Services,
    source: SourceRecord,
    event: EventRecord,
    completion: Completion,
    decision: Decision,
    said: ObservationRecord,
) -> IssueOrder:
    version = find_version(services, decision.achievement_key or "", None)
    grounds = {"mapping": mapping_grounds(source, version.key), "observations": [said.id]}
    base = str(version.achievement["id"])
    results = tuple(draft.build(base) | {"status": "Completed"} for draft in decision.results)
    require_defined(version, results)
    return IssueOrder(
        scope=f"hook:{source.name}",
        idempotency_key=event.event_id,
        order_sha256=event.body_sha256,
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=Recipient(email=completion.email, did=completion.did, name=completion.name),
        awarded_at=completion.completed_at,
        results=results,
        grounds=grounds,
    )


def _answer(services: Services, event: EventRecord, *, created: bool) -> Award:
    url = None if event.credential_id is None else credential_url(services.public_url, event.credential_id)
    return Award(event.state, event.credential_id, url, event.note, created)
