"""Pictures: real PNGs within limits, and SVGs that only draw (attack 60)."""

import base64
import io
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import InputError
from credserv.openbadges.badge_image import (
    MAX_PNG_BYTES,
    MAX_SVG_BYTES,
    clean_png,
    clean_svg,
    decode_data_uri,
    require_png,
    require_svg,
)
from credserv.openbadges.baking import bake_png, bake_svg, png_chunks, svg_from_png, unbake

IMAGES = default_schemas_dir() / "images"
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


def png(width: int = 100, height: int = 100, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def refuse(check: Callable[[bytes], None], data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        check(data)
    return caught.value.detail


# --- PNG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_pngs_of_every_kind_of_colour(mode: str) -> None:
    require_png(png(mode=mode))


@pytest.mark.parametrize(("width", "height"), [(90, 90), (2048, 2048), (100, 91), (600, 650)])
def test_sizes_that_are_taken(width: int, height: int) -> None:
    require_png(png(width, height))


@pytest.mark.parametrize(("width", "height"), [(89, 90), (90, 89), (2049, 2049), (100, 89), (1000, 100)])
def test_sizes_that_are_not_taken(width: int, height: int) -> None:
    assert "pixels" in refuse(require_png, png(width, height))


def test_other_files_are_not_png() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (100, 100)).save(buffer, "JPEG")
    for data in (b"", b"\x89PNG\r\n\x1a\n", buffer.getvalue(), b"<svg/>", b"GIF89a" + bytes(100)):
        assert refuse(require_png, data) == "this is not a PNG file"


def test_too_many_bytes() -> None:
    assert "at most" in refuse(require_png, png() + bytes(MAX_PNG_BYTES))


def test_a_png_that_announces_a_size_for_a_bomb_is_not_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    assert "60000 by 60000" in refuse(require_png, b"\x89PNG\r\n\x1a\n" + chunk)


@given(st.data())
def test_a_damaged_png_is_refused_and_never_an_accident(data: st.DataObject) -> None:
    whole = png()
    cut = data.draw(st.integers(0, len(whole) - 13))
    refuse(require_png, whole[:cut])
    flipped = bytearray(whole)
    flipped[data.draw(st.integers(33 + 8, len(whole) - 13))] ^= 0xFF  # within the pixel data and its sum
    refuse(require_png, bytes(flipped))


def test_an_animation_is_refused() -> None:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    assert "animated" in refuse(require_png, buffer.getvalue())


def test_a_picture_that_carries_a_badge_is_refused() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("openbadgecredential", "{}")
    buffer = io.BytesIO()
    Image.new("RGB", (100, 100)).save(buffer, "PNG", pnginfo=info)
    assert "already carries a badge" in refuse(require_png, buffer.getvalue())


# --- SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*.svg")), ids=lambda path: path.stem)
def test_our_own_drawings_pass(path: object) -> None:
    require_svg(path.read_bytes())  # type: ignore[attr-defined]  # a Path; pytest's ids want an object


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<circle r='3' fill='#fff'/>",
        "<defs><linearGradient id='g'><stop offset='0'/></linearGradient></defs><rect fill='url(#g)'/>",
        "<path id='p' d='M0 0'/><use href='#p'/><use xlink:href='#p'/>",
        "<rect style='fill:url(#g)' xml:space='preserve'/>",
        "<title>Büro &amp; mehr</title><text>x</text>",
    ],
)
def test_drawings_that_are_taken(inner: str) -> None:
    require_svg(f"{OPEN}{inner}</svg>".encode())
    require_svg(f'<?xml version="1.0" encoding="UTF-8"?>\n{OPEN}{inner}</svg>'.encode())


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<script href='data:text/javascript,alert(1)'/>",
        "<g><g><script xmlns='http://www.w3.org/1999/xhtml'/></g></g>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<style>@import url(https://evil.example/x.css);</style>",
        "<a href='javascript:alert(1)'><rect/></a>",
        "<image href='https://evil.example/x.png'/>",
        "<animate attributeName='href' values='javascript:alert(1)'/>",
        "<set attributeName='onclick' to='alert(1)'/>",
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example'/>",
        "<rect onload='alert(1)'/>",
        "<rect ONCLICK='alert(1)'/>",
        "<use href='https://evil.example/x.svg#p'/>",
        "<use xlink:href='data:image/svg+xml;base64,PHN2Zy8+'/>",
        "<use href=' #p'/>",
        "<rect fill='url(https://evil.example/x)'/>",
        "<rect style='fill:url(\"https://evil.example/x\")'/>",
        "<rect style='fill:URL ( //evil.example/x )'/>",
        "<rect style='fill:u\\72l(https://evil.example/x)'/>",
        "<rect xml:base='https://evil.example/'/>",
        "<rect xmlns:i='http://www.inkscape.org/namespaces/inkscape' i:label='x'/>",
        "<?xml-stylesheet href='https://evil.example/x.css'?>",
        "<?php echo 1 ?>",
    ],
)
def test_attack_60_drawings_that_would_do_more_than_draw(inner: str) -> None:
    refuse(require_svg, f"{OPEN}{inner}</svg>".encode())


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<svg/>",
        "<svg xmlns='http://www.w3.org/1999/xhtml'/>",
        f"{OPEN}",
        f"<!DOCTYPE svg>{OPEN}</svg>",
        f"<!DOCTYPE svg [<!ENTITY x 'y'>]>{OPEN}&x;</svg>",
        f"<!DOCTYPE svg SYSTEM 'file:///etc/passwd'>{OPEN}</svg>",
        f"<?xml version='1.0' encoding='utf-7'?>{OPEN}</svg>",
        f"<?xml version='1.0' encoding='iso-8859-1'?>{OPEN}</svg>",
        f"<?xml-stylesheet href='https://evil.example/x.css'?>{OPEN}</svg>",
        f"{OPEN}{'<g/>' * 5_001}</svg>",
        f"{OPEN}<title>{'x' * MAX_SVG_BYTES}</title></svg>",
    ],
)
def test_attack_60_files_that_are_no_plain_svg(svg: str) -> None:
    refuse(require_svg, svg.encode())


def test_attack_60_other_encodings_and_bytes() -> None:
    drawing = f"{OPEN}</svg>"
    for data in (drawing.encode("utf-16"), drawing.encode() + b"\xff", drawing.encode("utf-32")):
        refuse(require_svg, data)


# --- data URIs ----------------------------------------------------------------------------------


def test_data_uris() -> None:
    text = "data:image/png;base64," + base64.b64encode(b"\x00\x01\x02\xff").decode()
    assert decode_data_uri(text, media_type="image/png") == b"\x00\x01\x02\xff"
    for wrong in (
        text.replace("png", "jpeg"),
        text.replace(";base64", ""),
        text.replace("data:image/png", "data:image/svg+xml"),
        text[:-1] + "!",
        text + "A",
        text + "\n",
        "data:image/png;base64,",
        "data:image/png;base64,AAAAA",
    ):
        with pytest.raises(InputError):
            decode_data_uri(wrong, media_type="image/png")


# --- what is taken at the definition ------------------------------------------------------------


def _photograph() -> bytes:
    """With the place where it was taken, a comment, an animation's leftovers and a tail."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Pat Doe")
    buffer = io.BytesIO()
    picture = Image.new("RGB", (100, 100))
    picture.putpixel((3, 4), (200, 16, 46))
    picture.save(buffer, "PNG", exif=exif, pnginfo=text, dpi=(72, 72))
    return buffer.getvalue()


@pytest.mark.parametrize("tail", [b"", b"\n", b"\0" * 100, _photograph()])
def test_b25_a_picture_loses_what_is_not_drawn(tail: bytes) -> None:
    cleaned = clean_png(_photograph() + tail)
    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.getpixel((3, 4)) == (200, 16, 46)
        assert not image.getexif()
    assert b"Pat Doe" not in cleaned
    assert {kind for kind, _ in png_chunks(cleaned)} == {b"IHDR", b"IDAT", b"IEND"}
    assert clean_png(cleaned) == cleaned


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_b2_a_picture_with_a_tail_can_be_baked(mode: str) -> None:
    cleaned = clean_png(png(mode=mode) + b"\n")
    assert unbake(bake_png(cleaned, b'{"a": 1}')) == b'{"a": 1}'
    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.mode == mode


def test_b25_transparency_stays() -> None:
    buffer = io.BytesIO()
    picture = Image.new("P", (100, 100), 1)
    picture.putpalette([9, 9, 9, 200, 16, 46])
    picture.save(buffer, "PNG", transparency=1)
    with Image.open(io.BytesIO(clean_png(buffer.getvalue() + b"x"))) as image:
        assert image.convert("RGBA").getpixel((0, 0)) == (200, 16, 46, 0)


_NAMES = "PLTE tRNS gAMA cHRM sRGB iCCP cICP sBIT tEXt iTXt zTXt eXIf pHYs bKGD IDAT acTL fcTL abCd ABCD tIME"
_KINDS = st.sampled_from([kind.encode() for kind in _NAMES.split()])
_CONTENT = st.binary(max_size=40) | st.binary(min_size=768, max_size=768)
_MODES = st.sampled_from(["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    """A PNG with chunks put in, bits changed or pixels parted, each with its right checksum; and a tail."""
    chunks = list(png_chunks(png(mode=draw(_MODES))))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(chunks) - 1))
        kind, data = chunks[at]
        if draw(st.booleans()):
            chunks.insert(at + 1, (draw(_KINDS), draw(_CONTENT)))
        elif kind == b"IDAT":
            middle = draw(st.integers(0, len(data)))
            chunks[at : at + 1] = [(kind, data[:middle]), (kind, data[middle:])]
        if data:
            bit = draw(st.integers(8 * 8 if kind == b"IHDR" else 0, 8 * len(data) - 1))
            changed = bytearray(data)
            changed[bit // 8] ^= draw(st.sampled_from([0, 0, 1 << bit % 8]))
            chunks[at] = kind, bytes(changed)
    return (
        b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks) + draw(st.sampled_from([b"", b"\n"]))
    )


def _joined(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


@given(pictures())
def test_found_b2_whatever_picture_is_taken_every_holder_gets_it(given_png: bytes) -> None:
    """It can be baked as PNG and SVG, and has nothing on which programs that draw it differ."""
    try:
        cleaned = clean_png(given_png)
    except InputError:
        return
    assert clean_png(cleaned) == cleaned
    assert unbake(bake_png(cleaned, b'{"a": 1}')) == b'{"a": 1}'
    assert unbake(bake_svg(svg_from_png(cleaned, "Badge"), b'{"a": 1}')) == b'{"a": 1}'
    chunks = list(png_chunks(cleaned))
    header, before = (
        chunks[0][1],
        [kind for kind, _ in chunks[1 : [kind for kind, _ in chunks].index(b"IDAT")]],
    )
    assert header[10:12] == b"\0\0"
    assert len(before) == len(set(before))
    assert (header[9] == 3) == (b"PLTE" in before)
    assert zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))


@pytest.mark.parametrize(
    "header",
    [(8, 2, 1, 0, 0), (8, 2, 0, 1, 0), (8, 2, 0, 0, 2), (8, 3, 0, 0, 0), (1, 3, 0, 0, 0)],
    ids=["compression", "filter", "interlace", "no palette", "no palette of two"],
)
def test_found_b2_what_certificates_could_not_show_is_refused(header: tuple[int, ...]) -> None:
    """Pillow reads these, but the program that sets certificates does not."""
    mode = {2: "RGB", 3: "P"}[header[1]] if header[0] == 8 else "1"
    chunks = [one for one in png_chunks(png(mode=mode)) if one[0] != b"PLTE"]
    chunks[0] = b"IHDR", chunks[0][1][:8] + bytes(header)
    refuse(require_png, _joined(chunks))


def test_b2_a_clean_picture_stays_as_it_is() -> None:
    assert clean_png(png()) == png()
    whole = f"{OPEN}<path d='M0 0'/></svg>".encode()
    assert clean_svg(whole) == whole


def test_b2_an_svg_that_cannot_be_baked_is_refused() -> None:
    other = f"{OPEN}</svg>".replace("<svg ", '<svg xmlns:openbadges="https://other.example/" ')
    assert "put into this picture" in refuse(lambda data: (clean_svg(data), None)[1], other.encode())
