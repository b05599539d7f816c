"""One Moodle event by its parts: whose it is, what it is about, and what else it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import pointer
from credserv.ground.strict_json import parse_json
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id
from credserv.sources.php_values import parse_php

_NO_COURSE = "0"
Activities = tuple[ActivityReference, ...]


class MoodleEvent:
    def __init__(self, place: str, part: JsonObject, unread: list[Unread]) -> None:
        top = Members(part, place, unread)
        self.expanded = top
        self.top = top if "eventname" in top else top.members("event")
        self.name = (self.top.text("eventname") or "").lstrip("\\")
        self.other = _read_other(self.top)

    def learner(self) -> tuple[Person, ...]:
        """Return `relateduserid`, and the username where that user's record is included."""
        return self._person("relateduserid", "relateduser")

    def self(self) -> tuple[Person, ...]:
        """Return `userid`, for what learners do alone; what others do names the learner."""
        return self.learner() or self._person("userid", "user")

    def _person(self, name: str, record: str) -> tuple[Person, ...]:
        found = user_of(self.top, name)
        beside = self.expanded.members(record) if self.expanded is not self.top else None
        if not found or beside is None or beside.text("id") != found[0].value:
            return found
        return (
            *found,
            *beside.person(PersonKind.USERNAME, "username"),
            *beside.person(PersonKind.EMAIL, "email"),
        )

    def full_name(self) -> str | None:
        """Return the learner's name where their record is included."""
        beside = self.expanded.members("relateduser") if self.expanded is not self.top else None
        is_theirs = beside is not None and beside.text("id") == self.top.text("relateduserid")
        return beside.text("fullname") if beside is not None and is_theirs else None

    def actor(self) -> Person | None:
        found = user_of(self.top, "userid")
        return found[0] if found else None

    def course(self) -> Activities:
        key = self.top.text("courseid")
        if key is None or key == _NO_COURSE:
            return ()
        beside = self.expanded.members("course") if self.expanded is not self.top else None
        is_it = beside is not None and beside.text("id") == key
        return (
            ActivityReference(
                ActivityKind.COURSE, key, beside.text("fullname") if beside and is_it else None
            ),
        )

    def module(self) -> Activities:
        """Return the course module, and its course."""
        key = self.top.text("contextinstanceid")
        return () if key is None else (ActivityReference(ActivityKind.MODULE, key), *self.course())

    def object(self, kind: ActivityKind, prefix: str = "") -> Activities:
        """Return the object. `prefix` marks an id of a person's own row (a rating), which does not
        identify the achievement."""
        key = self.top.text("objectid")
        return () if key is None else (ActivityReference(kind, prefix + key), *self.course())

    def time(self) -> datetime | None:
        return self.top.epoch("timecreated")

    def observe(
        self, kind: Kind, people: tuple[Person, ...], activities: Activities, **said: Any
    ) -> Observation:
        event_id = derive_event_id(
            "moodle",
            *(self.top.text(name) for name in ("host", "objectid", "contextinstanceid", "courseid")),
            self.name,
            [one.value for one in people[:1]],
            {name: self.other.raw(name) for name in self.other},
            self.time(),
        )
        said.setdefault("name", self.full_name())
        return Observation(event_id, self.name, kind, people, activities, self.time(), **said)


def user_of(holder: Members, name: str) -> tuple[Person, ...]:
    """Return a user; 0 and negative numbers are nobody: not logged in, the system."""
    found = holder.person(PersonKind.LMS_ID, name)
    return () if found and (found[0].value == "0" or found[0].value.startswith("-")) else found


def _read_other(event: Members) -> Members:
    value, place = event.raw("other"), pointer(event.place, "other")
    if isinstance(value, str) and value not in ("N;", "null"):
        try:
            value = parse_json(value.encode(), exact=True) if value[:1] in "{[" else parse_php(value)
        except InputError as error:
            event.unread.append(Unread(place, error.detail))
            value = None
    return Members(value if isinstance(value, Mapping) else None, place, event.unread)
