"""The icons for badges, from a vendored set (`icons/README.md`), with a description of each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "icons"

SIDE = 24  # side of the square each is drawn in, with lines two wide
ICONS = {
    "activity": "a pulse",
    "anchor": "an anchor",
    "award": "a medal with ribbons",
    "badge-check": "a check mark in a seal",
    "book-open": "an open book",
    "brain": "a brain",
    "briefcase": "a briefcase",
    "building-2": "a building",
    "calculator": "a calculator",
    "camera": "a camera",
    "chart-line": "a rising line",
    "clipboard-check": "a checked list",
    "clock": "a clock",
    "cloud": "a cloud",
    "code": "angle brackets",
    "cog": "a cog wheel",
    "compass": "a compass",
    "crown": "a crown",
    "database": "a database",
    "dna": "a strand of DNA",
    "eye": "an eye",
    "feather": "a feather",
    "flag": "a flag",
    "flask-conical": "a flask",
    "gem": "a gem",
    "globe": "a globe",
    "graduation-cap": "a graduation cap",
    "hammer": "a hammer",
    "handshake": "a handshake",
    "hard-hat": "a hard hat",
    "headphones": "headphones",
    "heart": "a heart",
    "heart-handshake": "hands that make a heart",
    "heart-pulse": "a heart with a pulse",
    "key": "a key",
    "landmark": "a building with columns",
    "languages": "letters of two scripts",
    "leaf": "a leaf",
    "lightbulb": "a light bulb",
    "lock": "a lock",
    "map": "a map",
    "megaphone": "a megaphone",
    "messages-square": "two speech bubbles",
    "microscope": "a microscope",
    "mountain": "a mountain",
    "music": "notes of music",
    "palette": "a palette",
    "puzzle": "a piece of a puzzle",
    "recycle": "arrows of recycling",
    "rocket": "a rocket",
    "scale": "scales",
    "search": "a magnifying glass",
    "shield-check": "a shield with a check mark",
    "sprout": "a sprout",
    "star": "a star",
    "stethoscope": "a stethoscope",
    "target": "a target",
    "telescope": "a telescope",
    "terminal": "a prompt",
    "trees": "trees",
    "trophy": "a trophy",
    "truck": "a truck",
    "users": "people",
    "wrench": "a wrench",
    "zap": "a flash",
}


@cache
def drawing_of(icon: str) -> str:
    """Return the content of an icon's `<svg>`: lines without a colour of their own."""
    text = (_FOLDER / f"{icon}.svg").read_text()
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return "".join(line.strip() for line in inner.splitlines())
