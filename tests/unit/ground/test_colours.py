"""Colours: what is one, and what it takes to read it."""

from __future__ import annotations

import re
from itertools import product

import pytest

from credserv.ground.colours import (
    DARK_GROUNDS,
    INK,
    LIGHT_GROUNDS,
    TEXT_CONTRAST,
    WHITE,
    accents,
    contrast,
    read_colour,
    readable,
    text_on,
)
from credserv.ground.errors import InputError
from credserv.web.frame.rendering import STATIC


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """Figures of the W3C's own examples."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01) == contrast(other, one)


@pytest.mark.parametrize(
    "colour", ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in product((0, 142, 255), repeat=3)]
)
def test_every_colour_can_be_read_by_day_and_by_night_and_on_its_buttons(colour: str) -> None:
    shown = accents(colour)
    assert min(contrast(shown.light, ground) for ground in LIGHT_GROUNDS) >= TEXT_CONTRAST
    assert min(contrast(shown.dark, ground) for ground in DARK_GROUNDS) >= TEXT_CONTRAST
    for ground, text in (
        (shown.light, WHITE),
        (shown.light_strong, WHITE),
        (shown.dark, INK),
        (shown.dark_strong, INK),
    ):
        assert contrast(ground, text) >= TEXT_CONTRAST
    assert contrast(text_on(colour), colour) >= TEXT_CONTRAST


def test_what_can_be_read_stays_as_it_is() -> None:
    assert readable("#1d4f91", LIGHT_GROUNDS) == "#1d4f91"
    assert readable("#ffd166", DARK_GROUNDS) == "#ffd166"


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    sheet = (STATIC / "credserv.css").read_text()
    told = [re.findall(rf"--{name}: (#[0-9a-f]{{6}});", sheet)[:2] for name in ("page", "surface", "sunken")]
    assert tuple(zip(*told, strict=True)) == (LIGHT_GROUNDS, DARK_GROUNDS)


@pytest.mark.parametrize(
    "text",
    ["red", "#fff", "#12345g", "#1d4f91;}body{display:none", "url(https://evil.example)", "#1d4f9\uff11", ""],
)
def test_attack_60_no_colour_brings_a_style_along(text: str) -> None:
    with pytest.raises(InputError):
        read_colour(text)
    assert read_colour(" #1D4F91 ") == "#1d4f91"
