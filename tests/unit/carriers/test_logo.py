"""Logos: drawn anew, small, and nothing but the picture."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from credserv.carriers.logo import BOX, MAX_BYTES, draw_logo
from credserv.ground.errors import InputError


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def drawn(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(draw_logo(data)), formats=["PNG"])
    picture.load()
    return picture


def test_a_logo_fits_its_box_and_keeps_its_shape_and_what_shines_through() -> None:
    made = drawn(saved(Image.new("RGBA", (1_200, 300), (29, 79, 145, 120))))
    assert made.size == (480, 120)
    assert made.convert("RGBA").getpixel((10, 10))[3] == 120
    assert drawn(saved(Image.new("RGB", (60, 30), "red"), "JPEG")).size == (60, 30)
    margins = Image.new("RGBA", (200, 200))
    margins.paste((255, 0, 0, 255), (50, 80, 150, 120))
    assert drawn(saved(margins)).size == (100, 40)


def test_a_photograph_becomes_small_in_bytes_too() -> None:
    noise = Image.frombytes("RGB", (480, 160), random.Random(1).randbytes(480 * 160 * 3))
    assert len(draw_logo(saved(noise))) <= MAX_BYTES


def test_attack_60_nothing_of_the_file_but_the_picture_reaches_anybody() -> None:
    words = PngInfo()
    words.add_text("Comment", "<script>alert(1)</script>")
    words.add_itxt("openbadgecredential", "{}")
    data = saved(Image.new("RGB", (80, 40), "blue"), pnginfo=words) + b"<svg onload='x'/>"
    made = draw_logo(data)
    assert not any(word in made for word in (b"script", b"openbadge", b"onload"))
    assert drawn(data).info == {}


def test_an_svg_is_drawn_here_so_that_none_reaches_anybody() -> None:
    bar = b'<rect width="90" height="30" fill="red"/>'
    made = drawn(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30">' + bar + b"</svg>")
    assert made.size == (480, 160)
    assert made.convert("RGBA").getpixel((240, 80)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    "inside",
    ["<script>alert(1)</script>", '<image href="https://evil.example/x.png"/>', '<g onload="x"/>'],
)
def test_attack_60_a_script_or_an_address_in_a_logo_is_refused(inside: str) -> None:
    with pytest.raises(InputError, match="the SVG"):
        draw_logo(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode())


def huge(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + b"\0" * 100,
        huge(60_000, 60_000),
        huge(4_097, 100),
        huge(100, 100),  # and holds no picture
        saved(Image.new("RGB", (200, BOX[1] // 10))),
        saved(Image.new("RGBA", (200, 100))),
    ],
    ids=["other-kind", "huge", "too-large", "damaged", "too-small", "nothing-to-see"],
)
def test_attack_57_a_logo_that_hurts_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="the logo"):
        draw_logo(data)
