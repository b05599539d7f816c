"""The parts of a rule's JSON that are the same everywhere: words, numbers, ids, scales."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from credserv.ground.encoding import parse_day
from credserv.ground.errors import InputError
from credserv.ground.names import is_fragment
from credserv.ground.reading import ObjectReader
from credserv.mastery.rule import By, Level, Scale, fold_word

MAX_PEOPLE = 50
MAX_CONTEXTS = 50
_MAX_WORDS = 50


def read_scales(reader: ObjectReader) -> tuple[Scale, ...]:
    """Read the scales."""
    scales = tuple(
        Scale(read_fragment(one, "description", required=True) or "", _read_levels(one))
        for one in reader.read_objects("scales", members=("description", "levels"), max_items=20)
    )
    if len({scale.description for scale in scales}) < len(scales):
        reader.fault("scales", "two scales have the same description")
    return scales


def _read_levels(scale: ObjectReader) -> tuple[Level, ...]:
    readers = scale.read_objects("levels", members=("level", "from", "words"), required=True, max_items=50)
    levels = tuple(_read_level(one) for one in readers)
    starts = [level.start for level in levels if level.start is not None]
    if any(low >= high for low, high in pairwise(starts)):
        scale.fault("levels", "the lowest level comes first, and each begins above the one before")
    words = [word for level in levels for word in level.words]
    if len(set(words)) < len(words):
        scale.fault("levels", "two levels have the same word")
    return levels


def _read_level(reader: ObjectReader) -> Level:
    fragment = read_fragment(reader, "level", required=True) or ""
    start = read_number(reader, "from")
    if start is not None and not 0 <= start <= 1:
        reader.fault("from", "a scaled score, from 0 to 1")
    words = reader.read("words")
    if words is not None and not _are_texts(words):
        reader.fault("words", "a list of texts: what senders call this level")
        words = None
    spellings = (fragment, fragment[1:], *(words or ()))
    return Level(fragment, start, frozenset(fold_word(word) for word in spellings))


def _are_texts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MAX_WORDS
        and all(isinstance(one, str) and one.strip() and len(one) <= 200 for one in value)
    )


def read_contexts(reader: ObjectReader) -> tuple[str, ...]:
    """Read the contexts in which a skill is applied, each with a different name."""
    value = reader.read("contexts", required=True)
    if not _are_texts(value) or len({fold_word(one) for one in value}) < len(value) or not value:
        if value is not None:
            reader.fault("contexts", f"a list of 1 to {MAX_CONTEXTS} names of contexts, none of them twice")
        return ()
    return tuple(value)


def read_role(reader: ObjectReader, name: str, *, required: bool = False) -> By | None:
    """Read a role."""
    word = read_word(reader, name, tuple(By), required=required)
    return None if word is None else By(word)


def read_word(
    reader: ObjectReader, name: str, words: tuple[str, ...], *, required: bool = False
) -> str | None:
    """Read one of several words."""
    word = reader.read_text(name, required=required)
    if word is not None and word not in words:
        reader.fault(name, f"one of {', '.join(words)}")
        return None
    return word


def read_fragment(reader: ObjectReader, name: str, *, required: bool = False) -> str | None:
    """Read a fragment id."""
    text = reader.read_text(name, required=required)
    if text is not None and not is_fragment(text):
        reader.fault(name, "an id within the achievement: # and a name, as in #mastery")
        return None
    return text


def read_number(reader: ObjectReader, name: str, *, required: bool = False) -> Decimal | None:
    """Read a number exactly as written: 0.8 is eight tenths."""
    value = reader.read(name, required=required)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e12 <= value <= 1e12:
        reader.fault(name, "a number is expected")
        return None
    return Decimal(repr(value))


def read_day(reader: ObjectReader, name: str) -> date | None:
    """Read a day."""
    text = reader.read_text(name, max_chars=10)
    try:
        return None if text is None else parse_day(text)
    except InputError:
        reader.fault(name, "a day, as in 2027-03-01")
        return None
