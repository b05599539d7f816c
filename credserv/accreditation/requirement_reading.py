"""Read a requirement's JSON: by its kind, what counts and how much is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from credserv.accreditation.programme import BY_ENTITLED, Ask, Requirement, Unit, Window
from credserv.ground.reading import FaultList, ObjectReader, pointer

MAX_REQUIREMENTS = 50
_MOST = 100_000
_PER = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_WINDOW = ("within_months", "within", "per")
_ALWAYS = ("kind", "note", *_WINDOW)
# What cannot be counted here; a person looks at it and declares it met.
BY_PERSON = (
    "account-of-practice",
    "areas",
    "attendance",
    "confirmation",
    "course",
    "distinct-students",
    "exam",
    "membership",
    "performance-evaluation",
    "portfolio",
    "practice",
    "preparation",
    "qualification",
    "referees",
    "reflective-discussion",
    "registration",
    "update",
)
# Attendance is no evidence of anything.
ATTENDANCE = frozenset({"attendance", "course", "education-hours", "update"})
_BY_MINUTES = ("cpd", "supervision", "practice-hours", "education-hours", "mentor-coaching")
_BY_PIECES = {"sessions": "sessions", "feedback": "feedback", "reflections": "reflections"}
_BY_PEOPLE = {"distinct-mentees": "sessions", "distinct-clients": "clients"}


def read_requirements(value: object, place: str, faults: FaultList) -> tuple[Requirement, ...]:
    """Read a list of requirements; an empty one asks for nothing."""
    if not isinstance(value, list) or len(value) > MAX_REQUIREMENTS:
        faults.add(place, f"a list of at most {MAX_REQUIREMENTS} requirements is expected")
        return ()
    found = (_read(one, pointer(place, at), faults, 1) for at, one in enumerate(value))
    return tuple(one for one in found if one is not None)


def _read(value: object, place: str, faults: FaultList, depth: int) -> Requirement | None:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if kind == "any_of":
        return _any_of(value, place, faults, depth)
    read = _readers().get(kind) if isinstance(kind, str) else None
    if read is None:
        known = ", ".join(sorted({*_readers(), "any_of"}))
        faults.add(pointer(place, "kind"), f"a kind of requirement is expected; known here are {known}")
        return None
    return read(value, place, faults)


def _any_of(value: object, place: str, faults: FaultList, depth: int) -> Requirement | None:
    """Read alternatives. Each is a requirement, or a list of which all have to be met."""
    reader = ObjectReader(value, place, faults, members=("kind", "of", "note"))
    routes = reader.read("of", required=True)
    if not isinstance(routes, list) or len(routes) < 2 or len(routes) > MAX_REQUIREMENTS or depth > 3:
        reader.fault("of", "a list of two routes or more is expected, at most 3 levels deep")
        return None
    read = []
    for at, route in enumerate(routes):
        where = pointer(place, "of", at)
        parts = route if isinstance(route, list) else [route]
        if not parts:
            faults.add(where, "a route asks for something")
        places = [where] if route is not parts else [pointer(where, n) for n in range(len(parts))]
        found = (_read(part, one, faults, depth + 1) for part, one in zip(parts, places, strict=True))
        read.append(tuple(part for part in found if part is not None))
    return Requirement("any_of", place, "", routes=tuple(read), note=reader.read_text("note") or "")


Reader = Callable[[object, str, FaultList], Requirement]


def _readers() -> Mapping[str, Reader]:
    return {
        "assessment": _assessment,
        "endorsements": _endorsements,
        "observation": _observation,
        "experience": _experience,
        "accreditation": _accreditation,
        "declaration": _declaration,
        **dict.fromkeys(_BY_PIECES, _pieces),
        **dict.fromkeys(_BY_PEOPLE, _people),
        **dict.fromkeys(_BY_MINUTES, _minutes),
        **dict.fromkeys(BY_PERSON, _by_person),
    }


def _of(reader: ObjectReader, counted: str, asks: tuple[Ask, ...]) -> Requirement:
    """Return a requirement. Without an ask there is nothing to count, so a person decides."""
    note = reader.read_text("note") or ""
    return Requirement(
        reader.read("kind"), reader.place, counted, asks, _window(reader), by_person=not asks, note=note
    )


def _window(reader: ObjectReader) -> Window:
    per, within = reader.read("per"), reader.read("within")
    if per is not None and per not in _PER:
        reader.fault("per", f"one of {', '.join(_PER)} is expected")
    if within is not None and within != "term":
        reader.fault("within", "term is what may be said here; months are said by within_months")
    months = reader.read_whole("within_months", low=1, high=600)
    return Window(months, _PER.get(per) if isinstance(per, str) else None, within == "term")


def _assessment(value: object, place: str, faults: FaultList) -> Requirement:
    members = (*_ALWAYS, "instrument", "minimum_percent", "attempts")
    reader = ObjectReader(value, place, faults, members=members)
    percent = reader.read_whole("minimum_percent", low=1, high=100)
    asks = () if percent is None else (Ask(Unit.PERCENT, percent),)
    attempts = reader.read_whole("attempts", low=1, high=100)
    instrument = reader.read_text("instrument", max_chars=200) or ""
    return replace(_of(reader, "assessment", asks), attempts=attempts, instrument=instrument)


def _endorsements(value: object, place: str, faults: FaultList) -> Requirement:
    reader = ObjectReader(value, place, faults, members=(*_ALWAYS, "minimum", "by", "role", "distinct"))
    reader.read("minimum", required=True)
    minimum = reader.read_whole("minimum", low=1, high=50)
    return _of(reader, "endorsements", (Ask(Unit.PEOPLE, minimum or 1),))


def _observation(value: object, place: str, faults: FaultList) -> Requirement:
    members = (*_ALWAYS, "minimum", "distinct_assessors", "rubric", "level", "by", "role")
    reader = ObjectReader(value, place, faults, members=members)
    asks = [Ask(Unit.PIECES, reader.read_whole("minimum", low=1, high=50) or 1)]
    assessors = reader.read_whole("distinct_assessors", low=1, high=50)
    if assessors:
        asks.append(Ask(Unit.PEOPLE, assessors))
    level = reader.read_whole("level", low=0, high=100) or 0
    rubric = reader.read_text("rubric", max_chars=200) or ""
    return replace(_of(reader, "observation", tuple(asks)), level=level, instrument=rubric)


def _pieces(value: object, place: str, faults: FaultList) -> Requirement:
    reader = ObjectReader(value, place, faults, members=(*_ALWAYS, "minimum", "confirmed_by"))
    minimum = reader.read_whole("minimum", low=1, high=_MOST)
    asks = () if minimum is None else (Ask(Unit.PIECES, minimum),)
    return _of(reader, _BY_PIECES[reader.read("kind")], asks)


def _people(value: object, place: str, faults: FaultList) -> Requirement:
    reader = ObjectReader(value, place, faults, members=(*_ALWAYS, "minimum"))
    minimum = reader.read_whole("minimum", low=1, high=_MOST)
    asks = () if minimum is None else (Ask(Unit.PEOPLE, minimum),)
    return _of(reader, _BY_PEOPLE[reader.read("kind")], asks)


def _minutes(value: object, place: str, faults: FaultList) -> Requirement:
    members = ("hours", "minutes", "minimum", "paid_hours", "one_to_one_hours", "over_months", "of", "by")
    known = (*_ALWAYS, *members, "recommended_hours_per_year")
    reader = ObjectReader(value, place, faults, members=known)
    parts, caps = _parts(reader)
    asks = []
    total = _hours(reader, "hours") or reader.read_whole("minutes", low=1, high=_MOST)
    if total:
        asks.append(Ask(Unit.MINUTES, total, caps=caps))
    pieces = reader.read_whole("minimum", low=1, high=_MOST)
    if pieces:
        asks.append(Ask(Unit.PIECES, pieces))
    for name, category in (("paid_hours", "paid"), ("one_to_one_hours", "one-to-one")):
        minutes = _hours(reader, name)
        if minutes:
            asks.append(Ask(Unit.MINUTES, minutes, category))
    months = reader.read_whole("over_months", low=1, high=600)
    if months:
        asks.append(Ask(Unit.SPAN, months))
    asks += parts
    by = reader.read("by")
    if by not in (None, "entitled"):
        reader.fault("by", "entitled is what may be said here")
    counted = str(reader.read("kind")) + (BY_ENTITLED if by == "entitled" else "")
    return _of(reader, counted, tuple(asks))


def _parts(reader: ObjectReader) -> tuple[list[Ask], tuple[tuple[str, int], ...]]:
    """Read `of`: at least, or at most, so many hours of a category."""
    parts: list[Ask] = []
    caps: list[tuple[str, int]] = []
    within = reader.read_object("of", members=None)
    if within is None:
        return [], ()
    for category in within.names:
        one = within.read_object(category, members=("minimum", "maximum"))
        if one is not None and (low := _hours(one, "minimum")):
            parts.append(Ask(Unit.MINUTES, low, category))
        if one is not None and (high := _hours(one, "maximum")):
            caps.append((category, high))
    return parts, tuple(caps)


def _hours(reader: ObjectReader, name: str) -> int | None:
    """Read hours as minutes."""
    value = reader.read(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST:
        reader.fault(name, "a number of hours above 0 is expected")
        return None
    return round(value * 60)


def _experience(value: object, place: str, faults: FaultList) -> Requirement:
    reader = ObjectReader(value, place, faults, members=(*_ALWAYS, "months", "role"))
    months = reader.read_whole("months", low=1, high=600)
    asks = () if months is None else (Ask(Unit.MONTHS, months),)
    return replace(_of(reader, "experience", asks), of=reader.read_text("role") or "")


def _accreditation(value: object, place: str, faults: FaultList) -> Requirement:
    members = (*_ALWAYS, "level", "name", "held_months", "in_force")
    reader = ObjectReader(value, place, faults, members=members)
    level = reader.read_whole("level", low=1, high=100) or 0
    name = reader.read_text("name", max_chars=200) or ""
    if not level and not name:
        faults.add(place, "a level or a name of the accreditation is expected")
    months = reader.read_whole("held_months", low=0, high=600) or 0
    in_force = reader.read_flag("in_force")
    asks = (Ask(Unit.MONTHS, months, category=name),)
    return replace(_of(reader, "accreditation", asks), level=level, in_force=in_force is not False)


def _declaration(value: object, place: str, faults: FaultList) -> Requirement:
    reader = ObjectReader(value, place, faults, members=(*_ALWAYS, "of"))
    of = reader.read_text("of", required=True, max_chars=500) or ""
    return replace(_of(reader, "declaration", (Ask(Unit.PIECES, 1, category=of),)), of=of)


def _by_person(value: object, place: str, faults: FaultList) -> Requirement:
    return _of(ObjectReader(value, place, faults, members=None), "", ())
