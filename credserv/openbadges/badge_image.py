"""The picture of an achievement: one PNG that opens everywhere, and optionally an SVG.

Both end up in strangers' browsers and wallets. So the PNG is decoded (Pillow), within limits read from its
header first, and the SVG may contain only drawing: an allow-list of elements, no event handlers, no style
sheets, no reference that leaves the file (attack 60).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image

from credserv.ground.errors import BakingError, InputError
from credserv.openbadges.baking import bake_png, bake_svg, png_chunks

MAX_PNG_BYTES = 1_048_576
MAX_SVG_BYTES = 262_144
MIN_SIDE = 90  # pixels: what Open Badges displayers have required since 1.0
MAX_SIDE = 2_048  # pixels
_MAX_ELEMENTS = 5_000
_SQUARE_TOLERANCE = 0.1

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAKED_KEYWORDS = (b"openbadgecredential\x00", b"openbadges\x00")
_DATA_URI = re.compile(r"data:(image/png|image/svg\+xml);base64,([A-Za-z0-9+/]+={0,2})", re.ASCII)

# Chunks before the pixels that affect how a PNG is drawn, and their lengths (PNG, third edition, section 11).
_COLOURS: Mapping[bytes, Sequence[int]] = {
    b"gAMA": (4,),
    b"cHRM": (32,),
    b"sRGB": (1,),
    b"iCCP": range(1, MAX_PNG_BYTES),
}
_BY_COLOUR_TYPE: Mapping[int, Mapping[bytes, Sequence[int]]] = {
    0: {b"tRNS": (2,), b"sBIT": (1,)},
    2: {b"tRNS": (6,), b"sBIT": (3,)},
    3: {b"PLTE": range(3, 769, 3), b"tRNS": range(1, 257), b"sBIT": (3,)},
    4: {b"sBIT": (2,)},
    6: {b"sBIT": (4,)},
}
_MAX_PIXEL_BYTES = (8 * MAX_SIDE + 1) * MAX_SIDE
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_XML_ATTRIBUTES = frozenset(  # without xml:base, which would redirect every #name
    f"{{http://www.w3.org/XML/1998/namespace}}{name}" for name in ("lang", "space", "id")
)
_DRAWING = """
    svg g defs title desc path rect circle ellipse line polyline polygon text tspan textPath use symbol
    linearGradient radialGradient stop clipPath mask pattern marker filter feGaussianBlur feOffset feBlend
    feFlood feComposite feMerge feMergeNode feColorMatrix feDropShadow
"""
_ELEMENTS = frozenset(_DRAWING.split())
_URL = re.compile(r"url\s*\(\s*['\"]?\s*([^)'\"\s]*)", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]{0,200}\?>")
_DECLARED_ENCODING = re.compile(rb"encoding\s*=\s*['\"]([A-Za-z0-9._-]*)['\"]")


@dataclass(frozen=True)
class BadgeImage:
    """A picture. `png` was checked; `caption` is its text alternative, one sentence."""

    png: bytes
    svg: bytes | None
    caption: str


def decode_data_uri(text: str, *, media_type: str) -> bytes:
    """Return the bytes of `data:<media_type>;base64,...`; raises InputError for any other form."""
    match = _DATA_URI.fullmatch(text)
    if match is None or match[1] != media_type:
        raise InputError(f"a data URI here must begin with data:{media_type};base64,")
    try:
        return base64.b64decode(match[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("the base64 of the data URI is broken") from error


def require_png(png: bytes) -> None:
    """Require a PNG that decodes, nearly square, within the limits. Raises InputError."""
    if len(png) > MAX_PNG_BYTES:
        raise InputError(f"the PNG is {len(png)} bytes long; at most {MAX_PNG_BYTES} are taken")
    if not png.startswith(_PNG_SIGNATURE) or png[12:16] != b"IHDR" or len(png) < 33:
        raise InputError("this is not a PNG file")
    width, height, compression, filters, interlace = struct.unpack(">IIxxBBB", png[16:29])
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise InputError(f"the PNG is {width} by {height} pixels; each side must be {MIN_SIDE} to {MAX_SIDE}")
    if abs(width - height) > _SQUARE_TOLERANCE * max(width, height):
        raise InputError(f"the PNG is {width} by {height} pixels; a badge is square")
    # PNG (third edition), section 11.2.1: Pillow ignores these, other programs draw nothing then.
    if compression or filters or interlace > 1:
        raise InputError("the PNG is damaged and cannot be decoded")
    if any(keyword in png for keyword in _BAKED_KEYWORDS):
        raise InputError("the PNG already carries a badge; use the picture that it was made from")
    _decode_png(png)


def clean_png(png: bytes) -> bytes:
    """Return the picture without metadata: places, names and dates of cameras, comments, trailing data.

    A PNG without any stays as it is, byte for byte; any other is re-encoded. The result can be baked. Raises
    InputError as `require_png`.
    """
    require_png(png)
    if _is_bare(png):
        return png
    written = io.BytesIO()
    with decoding(), Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        image.load()
        kept = {name: image.info[name] for name in ("transparency", "icc_profile") if name in image.info}
        image.info = {}
        image.save(written, "PNG", compress_level=9, **kept)
    if written.tell() > MAX_PNG_BYTES:
        raise InputError(f"the PNG, encoded without metadata, is larger than {MAX_PNG_BYTES} bytes")
    return _baked_once(written.getvalue(), bake_png)


def clean_svg(svg: bytes) -> bytes:
    """Return `svg` if it contains only drawing and can be baked. Raises InputError as `require_svg`."""
    require_svg(svg)
    return _baked_once(svg, bake_svg)


def _is_bare(png: bytes) -> bool:
    """Return whether it has only what is drawn, in a form that every program reads, not Pillow alone."""
    try:
        chunks = list(png_chunks(png))
    except BakingError:
        return False
    kinds = [kind for kind, _ in chunks]
    pixels = kinds.count(b"IDAT")
    before = chunks[1 : -pixels - 1]
    lengths = {**_COLOURS, **_BY_COLOUR_TYPE[png[25]]}
    return (
        kinds[-pixels - 1 : -1] == [b"IDAT"] * pixels
        and len({kind for kind, _ in before}) == len(before)
        and all(len(data) in lengths.get(kind, ()) for kind, data in before)
        and _are_whole(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    )


def _are_whole(pixels: bytes) -> bool:
    unpacked = zlib.decompressobj()
    try:
        unpacked.decompress(pixels, _MAX_PIXEL_BYTES)
    except zlib.error:
        return False
    return unpacked.eof and not unpacked.unused_data


def _baked_once(picture: bytes, bake: Callable[[bytes, bytes], bytes]) -> bytes:
    try:
        bake(picture, b"{}")
    except BakingError as error:
        raise InputError(f"no credential can be put into this picture: {error.detail}") from error
    return picture


def require_svg(svg: bytes) -> None:
    """Require an SVG of plain drawing elements without references outside. Raises InputError."""
    if len(svg) > MAX_SVG_BYTES:
        raise InputError(f"the SVG is {len(svg)} bytes long; at most {MAX_SVG_BYTES} are taken")
    _require_prolog(svg)
    try:
        root = fromstring(svg, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InputError("the SVG is not well-formed XML, or has a DTD or entities") from error
    if root.tag != f"{_SVG}svg":
        raise InputError("the file is not an SVG: its root must be <svg> of http://www.w3.org/2000/svg")
    elements = list(root.iter())
    if len(elements) > _MAX_ELEMENTS:
        raise InputError(f"the SVG has more than {_MAX_ELEMENTS} elements")
    for element in elements:
        _require_element(element)


@contextmanager
def decoding(refusal: str = "the PNG is damaged and cannot be decoded") -> Iterator[None]:
    """Refuse with an InputError what cannot be decoded: damaged chunks make Pillow raise anything."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(refusal) from error


def _decode_png(png: bytes) -> None:
    with decoding():
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            image.verify()
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            frames = getattr(image, "n_frames", 1)
            image.load()
            if image.mode == "P" and (image.palette is None or not image.palette.palette):
                raise ValueError("no palette")  # section 11.2.2: it must be there
    if frames != 1:
        raise InputError("the PNG is animated; a still picture is needed")


def _require_prolog(svg: bytes) -> None:
    """Require UTF-8 and no processing instruction, which could name a style sheet."""
    try:
        svg.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the SVG is not UTF-8") from error
    declaration = _DECLARATION.match(svg)
    encoding = declaration and _DECLARED_ENCODING.search(declaration[0])
    if encoding and encoding[1].lower() != b"utf-8":
        raise InputError("the SVG declares an encoding that is not UTF-8")
    if b"<?" in svg[declaration.end() if declaration else 0 :]:
        raise InputError("the SVG holds a processing instruction")


def _require_element(element: Element) -> None:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _ELEMENTS:
        raise InputError(
            f"the SVG holds <{name[:60]}>, which is not a plain drawing element; save it as plain SVG"
        )
    for attribute, value in element.attrib.items():
        _require_attribute(name, attribute, value)


def _require_attribute(element: str, attribute: str, value: str) -> None:
    plain = attribute.lower()
    if plain.startswith("on"):
        raise InputError(f"the SVG has an event handler, {attribute[:60]} on <{element}>")
    if attribute in ("href", _XLINK_HREF):
        if not value.startswith("#"):
            raise InputError(f"the SVG refers to something outside itself, on <{element}>")
    elif attribute.startswith("{") and attribute not in _XML_ATTRIBUTES:
        raise InputError(
            f"the SVG has an attribute of another vocabulary, {attribute[:100]}; save it as plain SVG"
        )
    if "\\" in value or any(not target.startswith("#") for target in _URL.findall(value)):
        raise InputError(f"the SVG refers to something outside itself, in {attribute[:60]} on <{element}>")
