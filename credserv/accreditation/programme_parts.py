"""The parts of a programme's JSON that both forms share."""

from __future__ import annotations

from datetime import date

from credserv.accreditation.standing import IN_FORCE, State
from credserv.ground.encoding import parse_day
from credserv.ground.errors import InputError
from credserv.ground.names import is_slug
from credserv.ground.reading import ObjectReader


def read_key(reader: ObjectReader) -> str:
    """Read the key."""
    key = reader.read_text("key", required=True, max_chars=64) or ""
    if key and not is_slug(key):
        reader.fault("key", "a short name: a-z, 0-9 and - within")
    return key


def read_owner(reader: ObjectReader, owner: str | None) -> str:
    """Read the owner from the document, or else take the given one; there has to be one."""
    given = reader.read("owner")
    text = given if isinstance(given, str) and given.strip() else owner or ""
    if not text.strip() or len(text) > 200:
        reader.fault("owner", "who answers for this programme has to be said, in up to 200 characters")
    return text.strip()


def read_day(reader: ObjectReader, name: str) -> date | None:
    """Read a day."""
    text = reader.read_text(name, max_chars=10)
    try:
        return None if text is None else parse_day(text)
    except InputError:
        reader.fault(name, "a day is expected, as 2027-03-01")
        return None


def read_texts(reader: ObjectReader, name: str) -> tuple[str, ...]:
    """Read a list of texts."""
    value = reader.read(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and len(one) < 1_000 for one in value):
        reader.fault(name, "a list of texts is expected")
        return ()
    return tuple(value)


def read_states(reader: ObjectReader, name: str, otherwise: frozenset[State]) -> frozenset[State]:
    """Read the states that count, from IN_FORCE; nothing that is not in force entitles to anything."""
    told = read_texts(reader, name)
    if any(one not in IN_FORCE for one in told):
        reader.fault(name, "of live, due and grace those that count")
        return otherwise
    return frozenset(State(one) for one in told) or otherwise


def read_days(reader: ObjectReader, name: str, otherwise: int) -> int:
    """Read a number of days."""
    value = reader.read_whole(name, low=0, high=3_660)
    return otherwise if value is None else value
