"""Designed badges: the same choices make the same picture, which is plain drawing and can be opened again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

import credserv.openbadges.badge_icons as badge_icons
from credserv.ground.colours import TEXT_CONTRAST, contrast
from credserv.ground.errors import SchemaFaultsError
from credserv.openbadges.badge_design import PALETTE, Design, Lettering, design_in, draw_svg, read_design
from credserv.openbadges.badge_image import clean_svg
from credserv.openbadges.badge_shapes import SHAPES

ICONS = Path(badge_icons.__file__).parent / "icons"
LETTER = Lettering(20.0, 26.0, (("M0 0h20v26h-20Z", 0.0),))


def test_the_icons_are_those_that_were_taken_and_each_has_its_words() -> None:
    told = dict(
        re.findall(r"^\| `([\w-]+)\.svg` \| ([0-9a-f]{64}) \|$", (ICONS / "README.md").read_text(), re.M)
    )
    held = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in ICONS.glob("*.svg")}
    assert told == held
    assert held.keys() == badge_icons.ICONS.keys()
    assert len(held) >= 60
    assert "ISC License" in (ICONS / "LICENSE").read_text()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_with_every_icon_is_plain_drawing_that_says_what_it_is(shape: str) -> None:
    for icon in badge_icons.ICONS if shape == "round" else ("star",):
        design = Design(shape, icon, text="2" if icon == "star" else "")
        drawn = draw_svg(design, LETTER if design.text else None)
        assert clean_svg(drawn) == drawn == draw_svg(design, LETTER if design.text else None)
        assert design_in(drawn) == design
        assert f"<title>{design.caption}</title>" in drawn.decode()


def test_it_is_told_in_words() -> None:
    assert (
        Design("hexagon", "key", text="A").caption
        == "A hexagonal badge that shows a key, with the letters “A”."
    )


def test_what_stands_on_every_ground_of_the_palette_can_be_read() -> None:
    for ground in PALETTE:
        design = read_design({"shape": "round", "icon": "star", "ground": ground, "ink": ""})
        assert design.contrast >= TEXT_CONTRAST
        (far,) = re.findall(r'offset="1" stop-color="(#\w+)"', draw_svg(design, None).decode())
        assert contrast(design.ink, far) >= design.contrast


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"shape": "../round"}, "/shape"),
        ({"icon": "../../LICENSE"}, "/icon"),
        ({"ground": '#1d4f91"/><script>'}, "/ground"),
        ({"ink": "url(https://evil.example)"}, "/ink"),
        ({"text": "x" * 17}, "/text"),
        ({"text": "a\u202eb"}, "/text"),
    ],
)
def test_attack_60_nothing_but_a_choice_gets_into_a_picture(told: dict[str, str], place: str) -> None:
    good = {"shape": "round", "icon": "star", "ground": "#1d4f91"}
    with pytest.raises(SchemaFaultsError) as found:
        read_design(good | told)
    assert [fault.place for fault in found.value.faults] == [place]


def test_attack_60_letters_stay_letters() -> None:
    design = replace(Design(), text='"><script>&')
    drawn = draw_svg(design, LETTER)
    assert clean_svg(drawn) == drawn
    assert b"<script" not in drawn
    assert design_in(drawn) == design


@pytest.mark.parametrize(
    "said",
    ["", "[]", "shape=3", "shape=round&icon=star&ground=red", "shape=round&" * 10, "%" * 9_000],
)
def test_attack_60_a_picture_that_lies_about_its_design_fills_in_nothing(said: str) -> None:
    escaped = said.replace("&", "&amp;")
    assert design_in(f'<svg xmlns="http://www.w3.org/2000/svg" data-design="{escaped}"/>'.encode()) is None
    assert design_in(b"<svg") is None
