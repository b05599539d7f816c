"""Turn one statement into one observation: who the learner is, what happened in what, and how well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.sources.xapi import data_types as types
from credserv.sources.xapi import verbs
from credserv.sources.xapi.identity import statement_id
from credserv.sources.xapi.people import find_award, find_recipient, name_of, people_of
from credserv.sources.xapi.scores import Score, read_score
from credserv.sources.xapi.validation import VOIDED

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_ATTEMPT = "http://adlnet.gov/expapi/activities/attempt"
_MAX_CHARS = 2_000
_GIVEN = (
    *("created", "create", "issued", "issue", "awarded", "award", "earned", "achieved"),
    *("granted", "gave", "received", "receive"),
)
_TAKEN = ("revoked", "revoke", "expired", "expire", "deleted", "delete", "removed")
_DOUBT = "the verb and the result contradict each other"


def read_observation(
    statement: Mapping[str, Any], *, account_kind: PersonKind | None = None
) -> Observation | None:
    """Return what a statement says of somebody; None if it says nothing about what anybody can do.

    A statement about a group, or without a name for its learner, has no people: it is nobody's.
    """
    verb = _text(_object(statement.get("verb")).get("id")) or ""
    thing = _object(statement.get("object"))
    if verb == VOIDED:
        return _read_voiding(statement, thing)
    score = read_score(statement.get("result"))
    recipient = find_recipient(statement)
    kind, doubts = _kind_of_award(verb) if recipient is not None else kind_of_result(verb, score)
    if kind is None or thing.get("objectType", "Activity") != "Activity":
        return None
    actor = statement.get("actor")
    context = _object(statement.get("context"))
    read = Observation(
        event_id=statement_id(statement),
        event_type=verb,
        kind=kind,
        people=people_of(actor, account_kind=account_kind),
        activities=_activities(thing, context),
        raw=score.raw,
        min=score.min,
        max=score.max,
        scaled=score.scaled,
        success=score.success,
        completion=score.completion,
        attempt=_attempt(thing, context),
        level=score.level,
        name=name_of(actor),
        asserted_by=_instructor(verb, context),
        flags=score.flags + doubts,
    )
    if recipient is not None:
        read = _as_award(read, statement, recipient)
    return _at_its_time(read, statement)


def _read_voiding(statement: Mapping[str, Any], thing: Mapping[str, Any]) -> Observation | None:
    """Read a voiding (2.3.2). Its actor takes the statement back, and says nothing about themselves."""
    voided = thing.get("id")
    if not isinstance(voided, str) or not types.is_uuid(voided):
        return None
    read = Observation(
        event_id=statement_id(statement),
        event_type=VOIDED,
        kind=Kind.REVOKED,
        asserted_by=next(iter(people_of(statement.get("actor"))), None),
        supersedes=voided.lower(),
    )
    return _at_its_time(read, statement)


def kind_of_result(verb: str, score: Score) -> tuple[Kind | None, tuple[str, ...]]:
    """Return the kind and its oddities. A verb contradicted by its result keeps only the lesser of both."""
    if verbs.is_about_nothing(verb):
        return None, ()
    kind = verbs.kind_of_verb(
        verb,
        scored=score.is_scored,
        judged=score.success is not None,
        completed=score.completion is True,
    )
    if kind in (Kind.PASSED, Kind.MASTERED) and score.success is False:
        return Kind.GRADED, (_DOUBT,)
    if kind is Kind.COMPLETED and score.completion is False:
        return Kind.PROGRESS, (_DOUBT,)
    if kind is Kind.FAILED and score.success is True:
        return kind, (_DOUBT,)
    if verb == verbs.WAIVED:
        return kind, ("waived: the system counts it as met by other means",)
    return kind, _lapsed(verb)


def _kind_of_award(verb: str) -> tuple[Kind | None, tuple[str, ...]]:
    word = verb.rstrip("/").replace("#", "/").rpartition("/")[2].lower()
    if word in _GIVEN:
        return Kind.COMPLETED, ()
    return (Kind.REVOKED, _lapsed(verb)) if word in _TAKEN else (None, ())


def _lapsed(verb: str) -> tuple[str, ...]:
    word = verb.rstrip("/").rpartition("/")[2].lower()
    return ("expired: it ran out at the sender's, nobody took it back",) if word.startswith("expire") else ()


def _as_award(read: Observation, statement: Mapping[str, Any], recipient: PersonReference) -> Observation:
    """Read a Brightspace award: the recipient is in an extension, and the actor gave it."""
    award = find_award(statement)
    named = () if award is None else (ActivityReference(ActivityKind.BADGE, award),)
    about, beyond = read.activities[:1], read.activities[1:]
    return replace(
        read,
        people=(recipient,),
        activities=named + tuple(replace(one, kind=ActivityKind.BADGE) for one in about) + beyond,
        name=None,
        asserted_by=next(iter(read.people), None),
    )


def _at_its_time(read: Observation, statement: Mapping[str, Any]) -> Observation:
    """Set when it happened; without a timestamp, when the store that forwards it first had it."""
    text = _text(statement.get("timestamp")) or _text(statement.get("stored"))
    when = None if text is None else types.read_timestamp(text)
    if text is None or when is None:
        return read
    flags = read.flags
    if not types.has_zone(text):
        flags += ("its time has no zone and is taken as UTC",)
    if when < _FIRST:
        flags += ("it happened before the year 2000",)
    return replace(read, occurred_at=when, flags=flags)


def _activities(thing: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[ActivityReference, ...]:
    """Return what it is about (the object, or the assessment of an attempt), then what that is part of.

    cmi5 adds the publisher's id (10.2.1).
    """
    around = _object(context.get("contextActivities"))
    categories = [_text(one.get("id")) or "" for one in _listed(around.get("category"))]
    parents = [_activity(one, ()) for one in _listed(around.get("parent"))]
    found = [_activity(thing, categories), *parents]
    found += [_activity(one, ()) for one in _listed(around.get("grouping"))]
    read = list(dict.fromkeys(one for one in found if one is not None))
    if _is_attempt(thing):
        read.sort(key=lambda one: one.kind is not ActivityKind.ASSESSMENT)
    return tuple(read)


def _activity(thing: Mapping[str, Any], categories: Iterable[str]) -> ActivityReference | None:
    identifier, definition = _text(thing.get("id")), _object(thing.get("definition"))
    if identifier is None:
        return None
    kind = verbs.kind_of_activity(definition, categories=categories)
    names = [name for name in _object(definition.get("name")).values() if isinstance(name, str)]
    return ActivityReference(kind, identifier, next(iter(names), None))


def _attempt(thing: Mapping[str, Any], context: Mapping[str, Any]) -> str | None:
    return _text(thing.get("id")) if _is_attempt(thing) else _text(context.get("registration"))


def _is_attempt(thing: Mapping[str, Any]) -> bool:
    return _object(thing.get("definition")).get("type") == _ATTEMPT


def _instructor(verb: str, context: Mapping[str, Any]) -> PersonReference | None:
    """Return who gave or took it; for other verbs an instructor is only present and asserts nothing."""
    if not verbs.is_given_by_somebody(verb):
        return None
    return next(iter(people_of(context.get("instructor"))), None)


def _listed(value: object) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, Mapping)]


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() and len(value) <= _MAX_CHARS else None
