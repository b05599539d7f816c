"""Our own sentences, found again in the text that they were filled into.

What is made below the web is in English, with its facts filled in. Pages and letters look up the sentence
(`web/translations/sentences.txt`) and translate that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from credserv.ground.languages import CATALOGUES

SENTENCES = CATALOGUES / "sentences.txt"
_PLACE = re.compile(r"%\((\w+)\)s")
# Where several sentences could be read as one, or a name as a number.
_READ_BY = {**dict.fromkeys(("number", "all", "most"), r"\d+"), "credential": "[^;]+?"}


def read_sentence(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Return the sentence with its placeholders, and what was filled in; None if it is none of ours."""
    if text in whole_sentences():
        return text, {}
    for begin, read_by, line in _patterns():
        found = read_by.fullmatch(text) if text.startswith(begin) else None
        if found is not None:
            return line, found.groupdict()
    return None


@cache
def sentences() -> tuple[str, ...]:
    lines = SENTENCES.read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def whole_sentences() -> frozenset[str]:
    """Return the sentences without placeholders."""
    return frozenset(line for line in sentences() if not _PLACE.search(line))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Return (beginning, pattern, sentence) of each, the most specific first."""
    found = [line for line in sentences() if _PLACE.search(line)]
    found.sort(key=lambda line: -len(_PLACE.sub("", line)))
    return tuple(
        (_plain(_PLACE.split(line)[0]), re.compile(_read_by(line), re.DOTALL), line) for line in found
    )


def _plain(piece: str) -> str:
    return piece.replace("%%", "%")


def _read_by(line: str) -> str:
    read = ""
    for place, piece in enumerate(_PLACE.split(line)):
        read += f"(?P<{piece}>{_READ_BY.get(piece, '.+?')})" if place % 2 else re.escape(_plain(piece))
    return read
