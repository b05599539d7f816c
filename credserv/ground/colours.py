"""Colours: read, compared as in WCAG 2.2, and made readable on the backgrounds of our pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from credserv.ground.errors import InputError

TEXT_CONTRAST = 4.5  # success criterion 1.4.3
SIGN_CONTRAST = 3.0  # 1.4.11, for what is not text
WHITE, BLACK = "#ffffff", "#000000"
INK = "#0c1520"  # on buttons in dark mode
# Backgrounds of text: --page, --surface and --sunken of the stylesheet, light and dark.
LIGHT_GROUNDS = ("#f5f6f8", WHITE, "#eef1f5")
DARK_GROUNDS = ("#0f141b", "#171e28", "#1f2834")

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_STEPS = 50
_STRONGER = 0.3  # of the way to black or white, for hovered elements

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Accents:
    """One colour as shown.

    Attributes:
        light, dark: in light and dark mode; the colour itself where it is readable there. The strong ones are
            for hovered elements.
    """

    light: str
    light_strong: str
    dark: str
    dark_strong: str


def read_colour(text: str) -> str:
    """Return a colour such as `#1d4f91` in lower case.

    Raises InputError for anything else, because a colour ends up in a style sheet.
    """
    colour = text.strip().lower()
    if not _COLOUR.fullmatch(colour):
        raise InputError("a colour is written as # and six digits of 0-9 and a-f, as in #1d4f91")
    return colour


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2.2 contrast ratio, from 1 for equal colours to 21 for black and white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, grounds: Sequence[str]) -> str:
    """Return the colour, darkened (on light grounds) or lightened (on dark ones) until text is readable on
    all of them."""
    pole = BLACK if _luminance(grounds[0]) > _luminance("#777777") else WHITE
    for step in range(_STEPS + 1):
        mixed = mix(colour, pole, step / _STEPS)
        if all(contrast(mixed, ground) >= TEXT_CONTRAST for ground in grounds):
            return mixed
    return pole


def text_on(ground: str) -> str:
    """Return white or black, whichever is more readable there; one of them always is."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, ground))


def mix(colour: str, other: str, share: float) -> str:
    """Mix two colours. `share` is that of the other one, 0 to 1."""
    mixed = [round(a + (b - a) * share) for a, b in zip(_rgb(colour), _rgb(other), strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


@lru_cache(maxsize=64)
def accents(colour: str) -> Accents:
    light, dark = readable(colour, LIGHT_GROUNDS), readable(colour, DARK_GROUNDS)
    return Accents(light, mix(light, BLACK, _STRONGER), dark, mix(dark, WHITE, _STRONGER))


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    red, green, blue = (_linear(part / 255) for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
