"""Read a message by the profile of its source, each part by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did, one_line
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation, PersonKind
from credserv.records.observations import PersonReference as Person
from credserv.sources.adapter import Message, Reading, Unread
from credserv.sources.members import Members, read_epoch
from credserv.sources.observing import derive_event_id, with_flags
from credserv.sources.pointers import unfold
from credserv.sources.profile import PERSON_FIELDS, Profile, parse_profile, read_document

# Narrowest first: what it is about, then what that is part of.
_ACTIVITIES = sorted(ActivityKind, key=lambda kind: kind in (ActivityKind.COURSE, ActivityKind.PROGRAM))
_ACHIEVED = (Kind.COMPLETED, Kind.PASSED, Kind.MASTERED)


def read_with_profile(message: Message, options: JsonObject) -> Reading:
    """Read a message.

    Raises InputError if it is neither JSON nor a form, SchemaFaultsError for an invalid profile.
    """
    profile = parse_profile(options)
    whole = read_document(message)
    if not isinstance(whole, Mapping | list):
        raise InputError("an object, or a list of them, is expected")
    parts = [one for pointer in profile.unfold or ("",) for one in unfold(whole, pointer)]
    if isinstance(whole, list) and not profile.unfold:
        parts = list(unfold(whole, "/*"))
    observations: list[Observation] = []
    unread: list[Unread] = []
    passed_over: list[Unread] = []
    for place, part in parts:
        found = _Found(profile, place, part, whole, message, unread)
        said = _observe(found, is_alone=len(parts) == 1)
        if isinstance(said, str):
            passed_over.append(Unread(place, said))
        else:
            observations.append(with_flags(said))
    if not parts:
        passed_over.append(Unread("", "nothing stands where this source unfolds its messages"))
    return Reading(tuple(observations), tuple(unread), tuple(passed_over))


class _Found(Members):
    """What the profile finds, by field."""

    def __init__(
        self, profile: Profile, place: str, part: Any, whole: Any, message: Message, unread: list[Unread]
    ) -> None:
        fields = profile.fields
        found = {name: where.find(part, whole, message.headers) for name, where in fields.items()}
        super().__init__(found, place, unread)
        self._profile = profile

    def tell_of(self, name: str, why: str) -> None:
        where = self._profile.fields[name]
        base = "" if where.of_message else self.place
        place = f"header {where.header}" if where.header else f"{base}{where.pointer}"
        self.unread.append(Unread(place, f"{why} ({name})"))

    def time(self) -> Any:
        where = self._profile.fields.get("occurred_at")
        if where is None or where.function != "epoch":
            return self.instant("occurred_at")
        number = self.number("occurred_at")
        if number is None:
            return None
        found = read_epoch(number / 1_000 if abs(number) >= 10**11 else number)  # milliseconds
        if found is None:
            self.tell_of("occurred_at", "seconds since 1970 are expected")
        return found

    def is_shared(self, name: str) -> bool:
        where = self._profile.fields.get(name)
        return where is not None and (where.of_message or where.header is not None)


def _observe(found: _Found, *, is_alone: bool) -> Observation | str:
    event_type = found.text("event_type") or ""
    meant = found.raw("kind")
    before = len(found.unread)
    success = found.flag("success")
    if success is None and len(found.unread) > before:
        return "whether it was passed is not understood, and is not guessed"
    if meant not in set(Kind):
        return f"{event_type or 'it'} says nothing of anybody's achievement"
    kind = Kind.FAILED if success is False and meant in _ACHIEVED else Kind(meant)
    people = tuple(one for name in PERSON_FIELDS for one in _people(found, name))
    title = found.text("title")
    about = tuple(
        ActivityReference(one, value, title) for one in _ACTIVITIES if (value := found.text(one)) is not None
    )
    occurred_at, attempt = found.time(), found.text("attempt")
    sent_id = found.text("event_id") if is_alone or not found.is_shared("event_id") else None
    known = ([(one.kind, one.value) for one in people[:1]], [(one.kind, one.value) for one in about])
    raw, low, high, scaled = (found.number(name) for name in ("raw", "min", "max", "scaled"))
    level, completion = found.text("level"), found.flag("completion")
    derived = ("profile", event_type, kind, *known, occurred_at, attempt, raw, scaled, success, level)
    return Observation(
        event_id=sent_id or derive_event_id(*derived),
        event_type=event_type,
        kind=kind,
        people=people,
        activities=about,
        occurred_at=occurred_at,
        raw=raw,
        min=low,
        max=high,
        scaled=scaled,
        success=success,
        completion=completion,
        attempt=attempt,
        level=level,
        name=one_line(found.text("name") or "") or None,
    )


def _people(found: _Found, name: str) -> tuple[Person, ...]:
    kind = PersonKind(name)
    people = found.person(kind, name)
    return people if kind is not PersonKind.DID or all(is_did(one.value) for one in people) else ()
