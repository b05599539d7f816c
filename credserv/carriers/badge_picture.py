"""A designed badge as pictures: typst turns letters into outlines, and the SVG into a PNG."""

from __future__ import annotations

from defusedxml.ElementTree import fromstring

from credserv.carriers.typeset import typeset
from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.openbadges.badge_design import Design, Lettering, draw_svg
from credserv.openbadges.badge_image import BadgeImage

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"


def sketch(design: Design) -> bytes:
    """Return the SVG.

    Raises SchemaFaultsError for letters missing in the font, UnavailableError when it cannot be drawn now.
    """
    return draw_svg(design, _set_letters(design.text) if design.text else None)


def draw_badge(design: Design) -> BadgeImage:
    """Return SVG and PNG. Raises as `sketch`."""
    svg = sketch(design)
    return BadgeImage(typeset("picture", {}, {"picture.svg": svg}), svg, design.caption)


def _set_letters(text: str) -> Lettering:
    root = fromstring(typeset("letters", {"text": text}, {}))
    paths = {
        f"#{symbol.get('id')}": path.get("d", "").strip()
        for symbol in root.iter(f"{_SVG}symbol")
        for path in symbol.iter(f"{_SVG}path")
    }
    (absent, _), *used = [(use.get(_HREF, ""), float(use.get("x", "0"))) for use in root.iter(f"{_SVG}use")]
    if any(name == absent for name, _ in used):
        said = "some of these cannot be drawn; use Latin, Greek, Cyrillic or Hebrew letters, digits and signs"
        raise SchemaFaultsError("no badge can be drawn so", faults=(Fault("/text", said),))
    letters = [(paths[name], right) for name, right in used if paths.get(name)]
    _, _, width, height = (float(part) for part in root.get("viewBox", "").split())
    return Lettering(width, height, tuple(letters))
