"""An organisation's logo: any picture, redrawn as one small PNG.

Nothing else of the original file is passed on: no metadata, no second meaning, no script. Its size is read
from its header before anything is decoded (attacks 57 and 60).
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from credserv.carriers.typeset import typeset
from credserv.ground.errors import InputError
from credserv.openbadges.badge_image import decoding, require_svg

MAX_SIDE = 4_096  # pixels of the original
MIN_SIDE = 24
BOX = (480, 160)  # pixels: twice the size on the widest page
MAX_BYTES = 24_576  # of the stored PNG: some pages embed it
_FORMATS = ("PNG", "JPEG")
_BEFORE_MARKUP = b"\xef\xbb\xbf \t\r\n"
_SMALLER = 0.8


def draw_logo(picture: bytes) -> bytes:
    """Return the PNG to store.

    Raises:
        InputError: it is not a PNG, JPEG or plain SVG, or is damaged, too small or too large.
        UnavailableError: an SVG cannot be drawn now.
    """
    if picture.lstrip(_BEFORE_MARKUP).startswith(b"<"):
        require_svg(picture)
        picture = typeset("picture", {}, {"picture.svg": picture})
    with (
        decoding("the logo must be a PNG, JPEG or SVG file that is not damaged"),
        Image.open(io.BytesIO(picture), formats=_FORMATS) as opened,
    ):
        width, height = opened.size
        if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
            raise InputError(
                f"the logo is {width} by {height} pixels; each side must be {MIN_SIDE} to {MAX_SIDE}"
            )
        drawn = ImageOps.exif_transpose(opened).convert("RGBA")
    seen = drawn.getbbox(alpha_only=True)
    if seen is None:
        raise InputError("the logo is transparent throughout: nobody would see it")
    drawn = drawn.crop(seen)
    drawn.thumbnail(BOX, Image.Resampling.LANCZOS)
    return _in_few_bytes(drawn)


def _in_few_bytes(drawn: Image.Image) -> bytes:
    """Reduce colours first, then size: a logo has few colours, a photograph many."""
    written = _png(drawn)
    while len(written) > MAX_BYTES:
        written = _png(drawn.quantize(256, Image.Quantize.FASTOCTREE))
        drawn = drawn.resize((max(1, int(drawn.width * _SMALLER)), max(1, int(drawn.height * _SMALLER))))
    return written


def _png(drawn: Image.Image) -> bytes:
    written = io.BytesIO()
    drawn.info = {}
    drawn.save(written, "PNG", optimize=True)
    return written.getvalue()
