"""Texts of foreign files: labels, lists in one cell, and hints in a file's name."""

from __future__ import annotations

import re
import unicodedata

MAX_LABEL_CHARS = 300
_FILE_LANGUAGE = re.compile(r"[_-]([a-z]{2})(?:[_-][A-Za-z]{2})?\.\w+$")
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


def one_line(text: str) -> str:
    return " ".join(text.split())


def shorten(text: str) -> str:
    """Shorten a statement to a label."""
    line = one_line(text)
    return line if len(line) <= MAX_LABEL_CHARS else line[: MAX_LABEL_CHARS - 1].rstrip() + "…"


def split_list(text: str) -> list[str]:
    """Split one cell: by lines, else by ` | ` (ESCO uses both), else by semicolons."""
    for mark in ("\n", " | ", ";"):
        if mark in text:
            return [entry for entry in (part.strip() for part in text.split(mark)) if entry]
    return [text] if text else []


def file_language(file: str) -> str:
    """Return the language that a file's name shows: `skills_en.csv`."""
    found = _FILE_LANGUAGE.search(file)
    return found[1] if found else ""


def slug(text: str) -> str:
    return _NOT_IN_SLUGS.sub("-", unicodedata.normalize("NFKD", text).lower()).strip("-")[:100]
