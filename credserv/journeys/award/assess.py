"""Assess: an authorised assessor records what they observed of a person, against an achievement's rubric.

The record becomes an ordinary observation, from a source of the organisation's own to which nobody can send
messages. It is never changed. A further observation takes it back.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import has_unseen
from credserv.journeys.award.orders import find_version
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.settle import settle
from credserv.journeys.services import Services
from credserv.mastery.facts import ASSESSED_HERE
from credserv.mastery.rule import By, Covered, fold_word, leaves
from credserv.mastery.targets import fragment_of
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.records.observed import ObservationRecord, observation_id
from credserv.records.sources import EventRecord, EventState, SourceRecord

_MAX_NOTE_CHARS = 2_000
_MAX_ID_CHARS = 64


@dataclass(frozen=True)
class Word:
    """One assessment.

    Attributes:
        id: The id of the submitted form. Submitting it twice records one assessment.
        of: The membership assessed.
        by: The assessor's membership.
        level: A level id from the achievement's rubric. None if it has no rubric; then `shown` says whether
            the competence was seen.
        context: One of the contexts that the achievement's rule names; "" for any other.
    """

    id: str
    of: str
    by: str
    role: By
    achievement_key: str
    level: str | None = None
    shown: bool = True
    note: str = ""
    context: str = ""


def record_word(services: Services, word: Word, *, actor: str, now: datetime) -> ObservationRecord:
    """Record an assessment and award what it earns. Safe to repeat.

    Raises:
        InputError: The level, context or text is not valid.
        NotFoundError: There is no such person or achievement.
        ForbiddenError: The assessor is the person assessed.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    version = _require_word(services, word)
    said = Observation(
        event_id=word.id,
        event_type=f"observed as {word.role.value}",
        kind=Kind.OBSERVED,
        people=(_member(word.of),),
        activities=_about(word.achievement_key, version),
        occurred_at=now,
        success=None if word.level is not None else word.shown,
        level=word.level,
        context=word.context or None,
        asserted_by=_member(word.by),
        asserted_as=word.role.value,
    )
    body: dict[str, Any] = {
        "achievement": word.achievement_key,
        "version": version.version,
        "person": word.of,
        "by": word.by,
        "as": word.role.value,
        "level": word.level,
        "shown": word.shown,
        "note": word.note,
    }
    if word.context:
        body["context"] = word.context
    return _keep(services, said, body, Action.OBSERVATION_RECORDED, actor=actor, now=now)


def take_back(services: Services, word_id: str, by: str, *, actor: str, now: datetime) -> ObservationRecord:
    """Take back an assessment; only the assessor who recorded it can.

    Raises:
        NotFoundError: There is no such assessment by this assessor.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    record = services.store.observations.get(observation_id(ASSESSED_HERE, word_id))
    said = None if record is None else record.observation
    if said is None or said.kind is not Kind.OBSERVED or said.asserted_by != _member(by):
        raise NotFoundError("there is no such observation of yours")
    taken = Observation(
        event_id=f"{word_id}.back",
        event_type="taken back",
        kind=Kind.REVOKED,
        people=said.people,
        activities=said.activities,
        occurred_at=now,
        context=said.context,
        asserted_by=said.asserted_by,
        asserted_as=said.asserted_as,
        supersedes=word_id,
    )
    body = {"takes_back": word_id, "by": by}
    return _keep(services, taken, body, Action.OBSERVATION_TAKEN_BACK, actor=actor, now=now)


def rubric_of(version: AchievementVersion) -> tuple[JsonObject, ...]:
    """Return the levels of the first result description that has any, lowest first."""
    described = version.achievement.get("resultDescription", ())
    return next(
        (tuple(one["rubricCriterionLevel"]) for one in described if one.get("rubricCriterionLevel")), ()
    )


def contexts_of(services: Services, key: str) -> tuple[str, ...]:
    """Return the contexts in which the achievement's rule requires an observation; empty if it names none."""
    current = current_rules(services).rules.get(key)
    asked = () if current is None else leaves(current.rule.when)
    named = (one for leaf in asked if isinstance(leaf, Covered) for one in leaf.contexts)
    return tuple({fold_word(one): one for one in named}.values())


def _require_word(services: Services, word: Word) -> AchievementVersion:
    version = find_version(services, word.achievement_key, None)
    if services.store.roster.get(word.of) is None:
        raise NotFoundError("there is no such person")
    if word.of == word.by:
        raise ForbiddenError("nobody assesses themselves: ask somebody else")
    levels = [fragment_of(level) for level in rubric_of(version)]
    if levels and word.level not in levels:
        raise InputError("choose a level")
    if not levels and word.level is not None:
        raise InputError("this achievement has no levels")
    if word.context and word.context not in contexts_of(services, word.achievement_key):
        raise InputError("choose one of the contexts, or none")
    if not 16 <= len(word.id) <= _MAX_ID_CHARS or not word.id.isascii() or not word.id.isalnum():
        raise InputError("the form was not sent whole: open it again")
    if len(word.note) > _MAX_NOTE_CHARS or has_unseen(word.note.replace("\r", "").replace("\n", "")):
        raise InputError(f"a note has at most {_MAX_NOTE_CHARS} characters, and no control characters")
    return version


def _about(key: str, version: AchievementVersion) -> tuple[ActivityReference, ...]:
    return (ActivityReference(ActivityKind.BADGE, key, str(version.achievement.get("name", key))),)


def _member(membership_id: str) -> PersonReference:
    return PersonReference(PersonKind.UUID, membership_id)


def _keep(
    services: Services,
    said: Observation,
    body: JsonObject,
    action: Action,
    *,
    actor: str,
    now: datetime,
) -> ObservationRecord:
    """Store the form as a message, and the observation in it with its person."""
    services.require_open()
    store = services.store
    person = said.people[0].value
    raw = json.dumps(body, sort_keys=True).encode()
    message = EventRecord(
        source=ASSESSED_HERE,
        event_id=said.event_id,
        body_sha256=hashlib.sha256(raw).hexdigest(),
        body=raw,
        received_at=now,
        state=EventState.RECEIVED,
        authentication={"method": "session", "is_signed": False, "key": None},
        adapter="assessed-here",
        adapter_version=1,
    )
    with store.transaction():
        _require_source(services, now)
        _, is_new = store.events.record(message)
        known = store.members.identifiers(person)
        identifier = next((one for one in known if one.ended_at is None), None) or next(iter(known), None)
        if identifier is None:
            raise InputError("this person has no address here: nothing can be recorded of them")
        record = ObservationRecord(
            id=observation_id(ASSESSED_HERE, said.event_id),
            source=ASSESSED_HERE,
            message=said.event_id,
            place=0,
            namespace=ASSESSED_HERE,
            observation=said,
            is_signed=False,
            received_at=now,
            identifier_id=identifier.id,
            membership_id=person,
        )
        if is_new:
            (record,) = store.observations.keep(ASSESSED_HERE, said.event_id, [record])
            store.audit.add(AuditRecord(now, actor, action, record.id))
        else:
            record = store.observations.get(record.id) or record
    return settle(services, record, now=now)


def _require_source(services: Services, now: datetime) -> None:
    """Create the organisation's own source if needed. It has no secret and no address to send to."""
    if services.store.sources.get(ASSESSED_HERE) is None:
        try:
            services.store.sources.create(
                SourceRecord(ASSESSED_HERE, "generic", (), {"rules": []}, now, enabled=False)
            )
        except ConflictError:  # another process was first
            return
