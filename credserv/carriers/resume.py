"""A printable CV: PDF/A-3 (ISO 19005-3) with the data it was made from attached byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from credserv.carriers.typeset import typeset
from credserv.ground.names import cut, one_line

_MAX_CHARS, _MAX_SKILLS = 200, 300
_FILE = "cv.json"


@dataclass(frozen=True)
class Line:
    """One entry: what, from whom, and when, as text."""

    title: str
    by: str
    when: str


@dataclass(frozen=True)
class Sheet:
    """A CV.

    Attributes:
        email: "" for none.
        checked: when its sources were verified, as text.
        data: of the attachment.
    """

    name: str
    email: str
    jobs: Sequence[Line]
    badges: Sequence[Line]
    skills: Sequence[str]
    checked: str
    day: date
    data: bytes


def print_resume(sheet: Sheet) -> bytes:
    """Return the PDF. Raises UnavailableError when it cannot be made now."""
    told = {
        "name": _short(sheet.name),
        "email": _short(sheet.email),
        "jobs": [_shortened(line) for line in sheet.jobs],
        "badges": [_shortened(line) for line in sheet.badges],
        "skills": [_short(skill) for skill in sheet.skills[:_MAX_SKILLS]],
        "checked": sheet.checked,
    }
    words = {"year": str(sheet.day.year), "month": str(sheet.day.month), "day": str(sheet.day.day)}
    return typeset("cv", words, {_FILE: sheet.data, "told.json": json.dumps(told).encode()})


def _shortened(line: Line) -> dict[str, str]:
    return {name: _short(value) for name, value in asdict(line).items()}


def _short(text: str) -> str:
    return cut(one_line(text), _MAX_CHARS)
