"""Read what a learning system sent, member by member: a wrong member never loses the others.

What is absent, null or empty is None. What cannot be read is None too, and is reported with its place. Only
text that spells a number is converted (Moodle and Open edX send `"0.81"`), never the reverse: true is not a
number, and 1 is not a boolean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_email
from credserv.ground.reading import pointer, text_fault
from credserv.ground.strict_json import parse_json
from credserv.records.observations import PersonKind, PersonReference
from credserv.sources.adapter import Message, Unread
from credserv.sources.repair import repair_text

_MAX_CHARS = 2_048
_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
# ISO 8601 as systems write it: `T` or a space, any fraction, and a zone as Z, UTC, +00:00, +0000, with or
# without a space before it (Canvas: `2018-11-05 05:38:00 -0800`; Open edX: `2026-11-21 09:00:00+00:00`).
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?"
    r" ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


class Members:
    """The members of one JSON object. `unread` collects what could not be read."""

    def __init__(self, value: object, place: str, unread: list[Unread]) -> None:
        self.place = place
        self.unread = unread
        self._value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if value is not None and not isinstance(value, Mapping):
            self._tell(place, "an object is expected here")

    def __contains__(self, name: str) -> bool:
        return self.raw(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    def raw(self, name: str) -> Any:
        """Return a member; None where it is absent, null or an empty text."""
        value = self._value.get(name)
        return None if value == "" else value

    def text(self, name: str) -> str | None:
        """Return text, or a whole number, as many systems send ids."""
        value = self.raw(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None:
            return None
        if not isinstance(value, str):
            self.tell_of(name, "text is expected")
            return None
        text = value.strip()
        if text and len(value) <= _MAX_CHARS and text.isprintable():  # true of nearly all
            return text
        if fault := text_fault(value, max_chars=_MAX_CHARS):
            self.tell_of(name, fault)
            return None
        return text

    def email(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not is_email(value):
            self.tell_of(name, "is not one plain e-mail address")
            return None
        return value

    def number(self, name: str) -> Decimal | None:
        value = self.raw(name)
        number = as_number(value)
        if value is not None and number is None:
            self.tell_of(name, "a number is expected")
        return number

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            self.tell_of(name, "true or false is expected")
            return None
        return value

    def instant(self, name: str) -> datetime | None:
        """Return an ISO 8601 time; one without a zone is reported and read as UTC."""
        value = self.raw(name)
        if value is None:
            return None
        found = read_time(value) if isinstance(value, str) else None
        if found is None:
            self.tell_of(name, "a date and time is expected, as in 2026-11-21T09:00:00Z")
        elif found.tzinfo is None:
            self.tell_of(name, "names no time zone, and is read as UTC")
            return found.replace(tzinfo=UTC)
        return found

    def epoch(self, name: str) -> datetime | None:
        """Return seconds since 1970, given as a number or digits."""
        number = self.number(name)
        if number is None:
            return None
        found = read_epoch(number)
        if found is None:
            self.tell_of(name, "seconds since 1970 are expected")
        return found

    def members(self, name: str) -> Members:
        """Return an object's members; none where it is absent or no object."""
        return Members(self.raw(name), pointer(self.place, name), self.unread)

    def items(self, name: str) -> tuple[Any, ...]:
        """Return a list's items; none where it is absent or no list."""
        value = self.raw(name)
        if value is not None and not isinstance(value, list):
            self.tell_of(name, "a list is expected")
        return tuple(value) if isinstance(value, list) else ()

    def person(self, kind: PersonKind, name: str, home: str | None = None) -> tuple[PersonReference, ...]:
        """Return one reference, or none; a malformed address names nobody."""
        value = self.email(name) if kind is PersonKind.EMAIL else self.text(name)
        return () if value is None else (PersonReference(kind, value, home),)

    def _tell(self, place: str, why: str) -> None:
        self.unread.append(Unread(place, why))

    def tell_of(self, name: str, why: str) -> None:
        self._tell(pointer(self.place, name), why)


def as_number(value: object) -> Decimal | None:
    """Return a JSON number, or the number in a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def read_time(text: str) -> datetime | None:
    """Return a time, in UTC if it has a zone, else naive; None for any other text."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    fraction, zone = match[7] or "", match[8]
    year, month, day, hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6))
    micro = int(fraction[:6].ljust(6, "0"))
    try:
        found = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - the reader gives it its zone
        return found if zone is None else found.replace(tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def read_epoch(seconds: Decimal) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=int(seconds), microseconds=int(seconds % 1 * 1_000_000)
        )
    except (OverflowError, ArithmeticError):
        return None


# --- whole messages -------------------------------------------------------------------------------


def read_json(message: Message) -> Any:
    """Return the body as JSON with exact numbers. Raises InputError with what is wrong."""
    return parse_json(repair_text(message.body), exact=True)


def read_documents(message: Message) -> tuple[tuple[str, JsonObject], ...]:
    """Return each object of the body with its place: one, those of a list, or one a line (JSON Lines).

    Raises InputError for anything else.
    """
    try:
        value = read_json(message)
    except InputError:
        lines = _read_lines(repair_text(message.body))
        if not lines:
            raise
        return lines
    if isinstance(value, Mapping):
        return (("", value),)
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return tuple((f"/{index}", item) for index, item in enumerate(value))
    raise InputError("an object, or a list of objects, is expected")


def _read_lines(body: bytes) -> tuple[tuple[str, JsonObject], ...]:
    """Return nothing unless every line is an object: a broken document is not read in part."""
    found: list[tuple[str, JsonObject]] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = parse_json(line, exact=True)
        except InputError:
            return ()
        if not isinstance(value, Mapping):
            return ()
        found.append((f"line {number}", value))
    return tuple(found)
