"""A designed badge as pictures: letters are outlines, and SVG and PNG show the same."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from credserv.carriers.badge_picture import draw_badge, sketch
from credserv.ground.errors import SchemaFaultsError
from credserv.openbadges.badge_design import Design
from credserv.openbadges.badge_image import clean_png, clean_svg


def test_letters_become_outlines_and_both_pictures_can_be_baked() -> None:
    design = Design("plaque", "users", "#11623d", "#ffffff", "Übung #2")
    made = draw_badge(design)
    assert made.svg == sketch(design)  # the same each time
    assert clean_svg(made.svg or b"") == made.svg
    assert b"<text" not in (made.svg or b"")
    assert (made.svg or b"").count(b"<path") > 10
    with Image.open(io.BytesIO(clean_png(made.png))) as png:
        assert png.size == (600, 600)
        assert png.convert("RGBA").getpixel((0, 0))[3] == 0
        red, green, blue, _ = png.convert("RGBA").getpixel((300, 560))
        assert green > red + 10
        assert green > blue


def test_letters_that_the_font_does_not_have_are_told_and_not_drawn_as_boxes() -> None:
    assert sketch(Design(text="éΩЖא€")).count(b"<path") == sketch(Design()).count(b"<path") + 5
    with pytest.raises(SchemaFaultsError) as found:
        sketch(Design(text="A\u4e2d"))
    assert [fault.place for fault in found.value.faults] == ["/text"]
