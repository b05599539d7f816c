"""Events of Open edX's tracking log: `name`, `context`, and `data` (in the log itself `event`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id


def is_event(part: JsonObject) -> bool:
    named = isinstance(part.get("name"), str) or isinstance(part.get("event_type"), str)
    return named and isinstance(part.get("context"), Mapping) and ("data" in part or "event" in part)


def read_event(place: str, part: JsonObject, unread: list[Unread]) -> Observation | str:
    event = _Event(Members(part, place, unread))
    reader = _READERS.get(event.name)
    if reader is None:
        return f"{event.name} says nothing of anybody's achievement"
    return reader(event)


class _Event:
    def __init__(self, top: Members) -> None:
        self.name = top.text("name") or top.text("event_type") or ""
        self.top = top
        self.context = top.members("context")
        # In the log, an event from a browser is text; one from a server is an object.
        holder = "data" if isinstance(top.raw("data"), Mapping) else "event"
        self.data = top.members(holder) if isinstance(top.raw(holder), Mapping) else Members(None, "", [])

    def people(self) -> tuple[Person, ...]:
        """Return the person, with the username only where the request was the learner's own."""
        learner = self.data.person(PersonKind.LMS_ID, "user_id")
        if not learner or self.context.text("user_id") != learner[0].value:
            return learner
        holder = self.context if "username" in self.context else self.top
        return (*learner, *holder.person(PersonKind.USERNAME, "username"))

    def course(self) -> tuple[ActivityReference, ...]:
        key = self.data.text("course_id") or self.context.text("course_id")
        return () if key is None else (ActivityReference(ActivityKind.COURSE, key),)

    def within(self, kind: ActivityKind, *names: str) -> tuple[ActivityReference, ...]:
        value = next((found for name in names if (found := self.data.text(name)) is not None), None)
        return () if value is None else (ActivityReference(kind, value), *self.course())

    def observe(self, kind: Kind, activities: tuple[ActivityReference, ...], **said: Any) -> Observation:
        """Build an observation. A grade is recalculated within one transaction, so that id does not
        identify the event."""
        people = self.people()
        occurred_at = self.top.instant("timestamp") or self.top.instant("time")
        event_id = derive_event_id(
            "openedx-tracking",
            self.name,
            [one.value for one in people[:1]],
            [one.value for one in activities],
            self.data.raw("event_transaction_id"),
            occurred_at,
        )
        return Observation(event_id, self.name, kind, people, activities, occurred_at, **said)


def _course_grade(event: _Event) -> Observation:
    scaled, level = event.data.number("percent_grade"), event.data.text("letter_grade")
    return event.observe(Kind.GRADED, event.course(), scaled=scaled, level=level)


def _weighted(earned: str, possible: str, *ids: str) -> Callable[[_Event], Observation]:
    def read(event: _Event) -> Observation:
        raw, most = event.data.number(earned), event.data.number(possible)
        return event.observe(Kind.GRADED, event.within(ActivityKind.ASSESSMENT, *ids), raw=raw, max=most)

    return read


def _block_completion(event: _Event) -> Observation | str:
    """Read a completion from 0 to 1; exactly 1 is complete."""
    completion = event.data.number("completion")
    if completion is None:
        return "it does not say how far the learner is"
    kind = Kind.COMPLETED if completion == 1 else Kind.PROGRESS
    return event.observe(kind, event.within(ActivityKind.MODULE, "block_id"))


def _aggregated(event: _Event) -> Observation | str:
    """Read the completion aggregator: a course, or part of one. *completion* is also sent when incomplete."""
    percent = event.data.number("percent")
    if percent is None:
        return "it does not say how far the learner is"
    is_course = event.name.endswith(".course")
    about = event.course() if is_course else event.within(ActivityKind.MODULE, "block_id")
    return event.observe(Kind.COMPLETED if percent == 1 else Kind.PROGRESS, about)


def _course(kind: Kind) -> Callable[[_Event], Observation]:
    return lambda event: event.observe(kind, event.course())


def _badge(event: _Event) -> Observation:
    return event.observe(Kind.COMPLETED, event.within(ActivityKind.BADGE, "badge_slug", "badge_name"))


_READERS: Mapping[str, Callable[[_Event], Observation | str]] = {
    "edx.course.grade.passed.first_time": _course(Kind.PASSED),
    "edx.course.grade.now_passed": _course(Kind.PASSED),
    "edx.course.grade.now_failed": _course(Kind.FAILED),
    "edx.course.completed": _course(Kind.COMPLETED),
    "edx.certificate.created": _course(Kind.COMPLETED),
    "edx.certificate.revoked": _course(Kind.REVOKED),
    "edx.badge.assertion.created": _badge,
    "edx.grades.course.grade_calculated": _course_grade,
    "edx.grades.subsection.grade_calculated": _weighted(
        "weighted_graded_earned", "weighted_graded_possible", "block_id"
    ),
    "edx.grades.problem.submitted": _weighted("weighted_earned", "weighted_possible", "problem_id"),
    "edx.completion.block_completion.changed": _block_completion,
    **{
        f"edx.completion_aggregator.{word}.{block}": _aggregated
        for word in ("completion", "progress")
        for block in ("course", "chapter", "sequential", "vertical")
    },
}
