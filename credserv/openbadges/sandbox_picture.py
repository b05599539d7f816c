"""The picture of a badge as a sandbox shows it, with a band across it that says so."""

from __future__ import annotations

import io
from functools import lru_cache
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from defusedxml.ElementTree import fromstring
from PIL import Image, ImageDraw, ImageFont

_WORD = "SANDBOX"
_BAND, _INK = "#8a4b00", "#ffffff"
_SVG = "http://www.w3.org/2000/svg"
_MARKED = 64  # how many recent ones are cached


@lru_cache(maxsize=_MARKED)
def mark_picture(picture: bytes, media_type: str) -> bytes:
    """Return a checked PNG or SVG (badge_image.py) with the band."""
    return _mark_png(picture) if media_type == "image/png" else _mark_svg(picture)


def _mark_png(png: bytes) -> bytes:
    written = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        marked = image.convert("RGBA")
    width, height = marked.size
    top, bottom = round(height * 0.4), round(height * 0.6)
    draw = ImageDraw.Draw(marked)
    draw.rectangle((0, top, width, bottom), fill=_BAND)
    font = ImageFont.load_default(size=round(min(height * 0.14, width * 0.17)))
    draw.text((width / 2, height / 2), _WORD, fill=_INK, font=font, anchor="mm")
    marked.save(written, "PNG", optimize=True)
    return written.getvalue()


def _mark_svg(svg: bytes) -> bytes:
    register_namespace("", _SVG)
    root: Element = fromstring(svg, forbid_dtd=True)
    if root.get("viewBox") is None and all(_is_number(root.get(name)) for name in ("width", "height")):
        root.set("viewBox", f"0 0 {root.get('width')} {root.get('height')}")
    over = SubElement(root, f"{{{_SVG}}}svg", {"viewBox": "0 0 100 100", **_place(root)})
    SubElement(over, f"{{{_SVG}}}rect", {"y": "40", "width": "100", "height": "20", "fill": _BAND})
    about = {"x": "50", "y": "55", "text-anchor": "middle", "font-size": "14", "font-family": "sans-serif"}
    word = SubElement(over, f"{{{_SVG}}}text", {**about, "textLength": "80", "fill": _INK})
    word.text = _WORD
    return tostring(root)


def _place(root: Element) -> dict[str, str]:
    """Return the whole drawing area, in the picture's coordinates or else its size."""
    parts = (root.get("viewBox") or "").replace(",", " ").split()
    x, y, width, height = parts if len(parts) == 4 else ("0", "0", "100%", "100%")
    return {"x": x, "y": y, "width": width, "height": height}


def _is_number(text: str | None) -> bool:
    return text is not None and text.replace(".", "", 1).isdigit()
