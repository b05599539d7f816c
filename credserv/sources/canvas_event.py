"""One Canvas event by its parts: whose it is, what it is about, and what else it says.

Canvas writes the id of one thing in two ways: 48, and 21070000000000048 (shard 2107; 10**13 ids each). An id
on the root account's own shard is matched by its short form, and named in the long one too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources.adapter import Unread
from credserv.sources.members import Members
from credserv.sources.observing import derive_event_id

_SHARD = 10**13
Activities = tuple[ActivityReference, ...]


class CanvasEvent:
    def __init__(self, place: str, part: JsonObject, unread: list[Unread]) -> None:
        top = Members(part, place, unread)
        self.metadata = top.members("metadata")
        self.body = top.members("body")
        self.name = self.metadata.text("event_name") or ""
        root = self.metadata.text("root_account_id") or ""
        self._shard = int(root) // _SHARD if root.isascii() and root.isdigit() and len(root) < 40 else 0

    def ids(self, holder: Members, name: str) -> tuple[str, ...]:
        """Return the short form, if it is on this shard, and what was sent."""
        sent = holder.text(name)
        return () if sent is None else _both_forms(sent, self._shard)

    def people(self, holder: Members, name: str) -> tuple[Person, ...]:
        """Return ids as sent, then the short form: any of somebody's names finds them."""
        return tuple(Person(PersonKind.LMS_ID, one) for one in reversed(self.ids(holder, name)))

    def activities(
        self, kind: ActivityKind, holder: Members, name: str, title: str | None = None
    ) -> Activities:
        return tuple(ActivityReference(kind, one, title) for one in self.ids(holder, name))

    def context(self) -> Activities:
        """Return the course in which the request was made."""
        if self.metadata.raw("context_type") != "Course":
            return ()
        return self.activities(ActivityKind.COURSE, self.metadata, "context_id")

    def time(self, *found: datetime | None) -> datetime | None:
        """Return the first time given; else when Canvas made the event."""
        return next((one for one in found if one is not None), None) or self.metadata.instant("event_time")

    def observe(
        self, kind: Kind, people: tuple[Person, ...], activities: Activities, **said: Any
    ) -> Observation:
        """Build an observation whose id is the same when Canvas repeats the event."""
        parts = (
            self.metadata.raw("root_account_uuid"),
            self.name,
            min((one.value for one in people), key=len, default=None),
            {one.kind.value: one.value for one in reversed(activities)},  # the short form comes first
            said.get("attempt"),
            said.get("occurred_at"),
        )
        return Observation(derive_event_id("canvas", *parts), self.name, kind, people, activities, **said)


def _both_forms(sent: str, shard: int) -> tuple[str, ...]:
    if not (sent.isascii() and sent.isdigit()) or int(sent) // _SHARD != shard or not shard:
        return (sent,)
    return (str(int(sent) % _SHARD), sent)
