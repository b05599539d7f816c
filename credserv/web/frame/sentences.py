"""Translate sentences that are made below the web, in English, into the reader's language.

Nothing is translated below the web: reports, the API and stored content are always in English. Pages look up
each sentence as a whole, with placeholders for what was filled in (`translations/sentences.txt`). An unknown
sentence stays English, and is marked as such for screen readers (WCAG 2.2, 3.1.2).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

from markupsafe import Markup, escape

from credserv.ground.languages import ENGLISH, catalogue
from credserv.ground.sentences import read_sentence, whole_sentences
from credserv.ground.verification import sentence as as_sentence
from credserv.web.frame.languages import day, language, minute, written_day

_OF_OURS = {"why", "title"}  # sentences or words of ours themselves
_A_KEY = "the holder of the key "  # the only part of an issuer's name that is ours
_NOBODY_KNOWN = "its issuer"  # whom to ask, where no name was proven
_MINUTE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC\b")  # made below the web
_ENDS = re.compile(r"(?<=[.!?]) |; ")
_MAX_ENDS, _MAX_CHARS = 8, 800


class Told(Protocol):
    """The first statement of a report; both members are sentences."""

    @property
    def headline(self) -> str: ...
    @property
    def detail(self) -> str: ...


def said(text: str, *, plain: bool = False, ours: bool = True) -> str:
    """Return our sentence or word in the reader's language.

    Args:
        plain: without markup, for a title.
        ours: whether it certainly is ours; otherwise an unknown one may be the organisation's, and stays.
    """
    if not text:
        return text
    if language() == ENGLISH:
        return _MINUTE.sub(lambda found: _date(found[0]), text) if _MINUTE.search(text) else text
    told = _tell(text) or (_in_english(text) if ours else escape(text))
    return told.striptags() if plain else told


def told(statement: Told) -> Markup:
    """Return the headline, and its detail if there is one."""
    return Markup(" ").join(said(text) for text in (statement.headline, statement.detail) if text)


def sentence(text: str) -> str:
    """Return it with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] if text.endswith(("!", "?")) else as_sentence(text)


def _tell(text: str) -> Markup | None:
    """Return the translation of all sentences or parts; None where one is unknown.

    Part of a text may be a stranger's, so the number of lookups and the length of the text are bounded.
    """
    told, rest = Markup(), text[:_MAX_CHARS]
    if rest != text:
        return None
    while (known := _tell_one(rest)) is None:
        parts = ((_tell_one(rest[: end.start()]), end) for end in islice(_ENDS.finditer(rest), _MAX_ENDS))
        first, end = next((part for part in parts if part[0] is not None), (None, None))
        if first is None or end is None:
            return None
        told, rest = told + first + end.group(), rest[end.end() :]
    return told + known


def _tell_one(text: str) -> Markup | None:
    known = _look_up(text)
    if known is not None:
        return known
    if text[:1].upper() + text[1:] in whole_sentences():  # a word for a state, within a line
        return _look_up(text[:1].upper() + text[1:])
    phrase = text[:1].lower() + text[1:].removesuffix(".")  # as errors have it, before `sentence`
    known = _look_up(phrase)
    return None if known is None else Markup(sentence(known))  # noqa: S704  capital and full stop alone


def _look_up(text: str) -> Markup | None:
    found = read_sentence(text)
    if found is None:
        return None
    line, filled = found
    told = escape(catalogue(language()).gettext(line))
    return told % {name: _fill(name, part) for name, part in filled.items()} if filled else told


def _fill(name: str, part: str) -> str:
    """Fill a placeholder: unchanged if it comes from a document or a person."""
    if name == "day":
        return _date(part)
    if name in _OF_OURS:
        return _tell(part) or _in_english(part)
    if part == _NOBODY_KNOWN or part.startswith(_A_KEY):
        return _tell(part) or part
    if name == "counts":
        return Markup("; ").join(_count(one) for one in part.split("; "))
    return part


def _count(part: str) -> Markup:
    """Return `2 not verified`."""
    number, _, what = part.partition(" ")
    return escape(number) + Markup(" ") + (_tell(what) or _in_english(what))


def _date(part: str) -> str:
    for written, told_as in _DATES:
        try:
            instant = datetime.strptime(part, written).replace(tzinfo=UTC)
        except ValueError:
            continue
        return told_as(instant)
    return part


_DATES = (
    ("%d %B %Y UTC", day),
    ("%Y-%m-%d %H:%M UTC", minute),
    ("%Y-%m-%d UTC", day),
    ("%Y-%m-%d", lambda instant: written_day(instant.date())),
)


def _in_english(text: str) -> Markup:
    return Markup('<span lang="en">{}</span>').format(text)
