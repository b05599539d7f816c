"""Caliper 1.1 and 1.2 (1EdTech): envelopes of events and entities, and bare events.

    {"sensor": "…", "sendTime": "…", "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1", "data": […]}

An envelope's entities are context: they describe what events name only by IRI ("thinned"), and are nothing
anybody did. The learner of a GradeEvent is the `assignee` of the graded attempt; its `actor` graded it.
Whoever completes something is the actor. Submitting is not mastery. An OutcomeEvent of 1.1 drafts, with a
Result instead of the Score, is a GradeEvent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import pointer
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading, Unread
from credserv.sources.caliper_envelope import (
    describe,
    is_envelope,
    is_event,
    names_another_version,
    require_envelope,
)
from credserv.sources.members import Members, read_documents
from credserv.sources.observing import Part, derive_event_id, read_parts

_WHAT = "a Caliper envelope (sensor, dataVersion, data) or event (type, actor, action)"
_MAX_DEPTH = 4  # of IRIs for entities that name others
_COURSES = ("CourseOffering", "CourseSection")
_ACTIVITIES = {
    **dict.fromkeys(_COURSES, ActivityKind.COURSE),
    "Assessment": ActivityKind.ASSESSMENT,
    "AssessmentItem": ActivityKind.ASSESSMENT,
    "AssignableDigitalResource": ActivityKind.ASSESSMENT,
}
# Types of identifier in `otherIdentifiers` of Caliper 1.2 (section 3.3.34, SystemIdentifier).
_IDENTIFIERS = {
    "EmailAddress": PersonKind.EMAIL,
    "UserName": PersonKind.USERNAME,
    "AccountUserName": PersonKind.USERNAME,
    "SisSourcedId": PersonKind.SIS_ID,
    "SystemId": PersonKind.LMS_ID,
    "OneRosterSourcedId": PersonKind.SIS_ID,
}
People = tuple[PersonReference, ...]
PeopleOf = Callable[[Members], People]


def read(message: Message, _options: JsonObject) -> Reading:
    """Read a message. Raises InputError if it is not Caliper."""
    return read_envelopes(read_documents(message), people_of=people_of)


def answer(message: Message, reading: Reading | None, outcome: Outcome) -> Answer:
    """Answer by section 5.4 of the specification: 422 for an unknown dataVersion, 400 for another
    envelope."""
    if outcome is not Outcome.UNREADABLE or reading is not None:
        return Answer(200)
    return Answer(422 if names_another_version(message) else 400)


def is_caliper(part: JsonObject) -> bool:
    return is_envelope(part) or is_event(part) or "ctx/caliper/" in str(part.get("@context", ""))


def read_envelopes(parts: Iterable[Part], *, people_of: PeopleOf) -> Reading:
    """Read each event by itself. `people_of` returns how the sender names a Person.

    Raises InputError where there is neither an envelope nor an event, or an envelope is not Caliper 1.1 or
    1.2.
    """
    items: list[Part] = []
    for place, part in parts:
        if is_envelope(part):
            require_envelope(part)
            items += [(pointer(place, "data", at), item) for at, item in enumerate(part["data"])]
        elif is_caliper(part):
            items.append((place, part))
        else:
            raise InputError(f"this is not {_WHAT}")
    entities = describe([item for _, item in items])
    if not items:
        return Reading(())

    def read_part(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
        if not is_event(part):
            return f"{part.get('type')} is an entity: context, and nothing that anybody did"
        return _CaliperEvent(place, part, unread, entities, people_of).read()

    return read_parts(items, lambda _: True, read_part, _WHAT)


def people_of(entity: Members) -> People:
    """Return its IRI, and the other identifiers that Caliper 1.2 has for people."""
    found = entity.person(PersonKind.LMS_ID, "id")
    for at, item in enumerate(entity.items("otherIdentifiers")):
        other = Members(item, pointer(entity.place, "otherIdentifiers", at), entity.unread)
        kind = _IDENTIFIERS.get(str(other.raw("identifierType")))
        if kind is not None:
            found += other.person(kind, "identifier")
    return found


class _CaliperEvent:
    def __init__(
        self,
        place: str,
        part: JsonObject,
        unread: list[Unread],
        entities: Mapping[str, JsonObject],
        people_of: PeopleOf,
    ) -> None:
        self.top = Members(part, place, unread)
        self._entities = entities
        self._people_of = people_of

    def read(self) -> Observation | str:
        kind, action = str(self.top.raw("type")), str(self.top.raw("action"))
        about = self.entity(self.top, "object")
        if kind in ("GradeEvent", "OutcomeEvent") and action == "Graded":
            return self._graded(about)
        if action == "Completed" and kind in ("Event", "AssignableEvent"):
            return self._completed(about)
        return f"{kind} {action} says nothing of anybody's achievement"

    def entity(self, holder: Members, name: str, depth: int = 0) -> Members:
        """Return the entity, or the envelope's description of it where only its IRI is given."""
        value = holder.raw(name)
        if not isinstance(value, str) or depth >= _MAX_DEPTH:
            return holder.members(name) if isinstance(value, Mapping) else _nothing(holder)
        described = self._entities.get(value, {"id": value})
        return Members(described, pointer(holder.place, name), holder.unread)

    def _graded(self, attempt: Members) -> Observation:
        score = self.entity(self.top, "generated")
        if "assignee" not in attempt:  # the object may be the assessment, with the attempt beside the score
            given = self.entity(score, "attempt")
            attempt = given if "assignee" in given else attempt
        learner = self._person(attempt, "assignee")
        assignable = self.entity(attempt, "assignable")
        about = _activity(ActivityKind.ASSESSMENT, assignable)
        return self._observe(
            Kind.GRADED,
            self._people_of(learner),
            (*about, *self._group()) if about else (),
            raw=_points(score),
            max=score.number("maxScore"),
            attempt=attempt.text("id"),
            name=learner.text("name"),
            asserted_by=self._grader(),
        )

    def _grader(self) -> PersonReference | None:
        """Return the person who graded, where stated; a program asserts nothing."""
        found = self._people_of(self.entity(self.top, "actor"))
        return found[0] if found and self.entity(self.top, "actor").raw("type") == "Person" else None

    def _person(self, holder: Members, name: str) -> Members:
        """Return a person; nobody where something else is described. An IRI alone is accepted."""
        found = self.entity(holder, name)
        value = holder.raw(name)
        is_thin = isinstance(value, str) and value not in self._entities
        return found if is_thin or found.raw("type") == "Person" else _nothing(holder)

    def _completed(self, about: Members) -> Observation:
        attempt = self.entity(self.top, "generated")
        is_attempt = "assignee" in attempt
        learner = self._person(attempt, "assignee") if is_attempt else self._person(self.top, "actor")
        activity = _activity(_ACTIVITIES.get(str(about.raw("type")), ActivityKind.ACTIVITY), about)
        return self._observe(
            Kind.COMPLETED,
            self._people_of(learner),
            (*activity, *self._group()) if activity else (),
            attempt=attempt.text("id") if is_attempt else None,
            name=learner.text("name"),
        )

    def _group(self) -> tuple[ActivityReference, ...]:
        group = self.entity(self.top, "group")
        return _activity(ActivityKind.COURSE, group) if group.raw("type") in (None, *_COURSES) else ()

    def _observe(
        self, kind: Kind, people: People, activities: tuple[ActivityReference, ...], **said: Any
    ) -> Observation:
        occurred_at = self.top.instant("eventTime")
        event_type = f"{self.top.raw('type')}/{self.top.raw('action')}"
        said_ids = ([one.value for one in people], [one.value for one in activities])
        event_id = self.top.text("id") or derive_event_id(
            "caliper", event_type, *said_ids, said.get("attempt"), occurred_at
        )
        return Observation(event_id, event_type, kind, people, activities, occurred_at, **said)


def _points(score: Members) -> Decimal | None:
    """Return the points of a Score; of a Result its total, if it agrees with the rest: some senders leave
    it 0."""
    if "scoreGiven" in score:
        return score.number("scoreGiven")
    total, normal = score.number("totalScore"), score.number("normalScore")
    more, less = score.number("extraCreditScore") or 0, score.number("penaltyScore") or 0
    if normal is not None and total != normal + more - less:
        score.tell_of("totalScore", "is not what normalScore, penaltyScore and extraCreditScore make of it")
        return None
    return total


def _activity(kind: ActivityKind, entity: Members) -> tuple[ActivityReference, ...]:
    identifier = entity.text("id")
    return () if identifier is None else (ActivityReference(kind, identifier, entity.text("name")),)


def _nothing(holder: Members) -> Members:
    return Members(None, holder.place, holder.unread)


ADAPTER = Adapter("caliper", 2, read, answer)
