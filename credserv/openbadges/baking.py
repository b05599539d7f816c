"""Baking: put a credential into its picture, and take it out again. Open Badges 3.0, section 5.3.

PNG: one uncompressed iTXt chunk with the keyword `openbadgecredential`. SVG: one `<openbadges:credential>`
(see `svg_baking.py`). Assertions of Open Badges 2.0, baked with the keyword `openbadges`, are read if there
is nothing newer, and never written. No pixel is decoded and nothing is decompressed, so a stranger's picture
costs no more than its own bytes; every limit is checked while reading.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from xml.sax.saxutils import escape

from credserv.ground.errors import BakingError, UnsupportedImageError
from credserv.openbadges import svg_baking

MAX_IMAGE_BYTES = 4 * 1024 * 1024
MAX_CREDENTIAL_BYTES = 512 * 1024
_MAX_CHUNKS = 500  # beside those of the pixels, which many programs write in pieces of a few kilobytes
_MAX_PIXEL_CHUNKS = 4_096
_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"openbadgecredential"
_OLD_KEYWORD = b"openbadges"
_CHUNK_TYPE = re.compile(rb"[A-Za-z]{4}")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def bake_png(png: bytes, credential: bytes) -> bytes:
    """Return `png` with `credential` (UTF-8 JSON or compact JWS) in it, replacing an earlier one.

    Raises BakingError for a picture that `unbake` would refuse, or a credential over 512 KiB.
    """
    _require_credential(credential)
    chunk = _chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + credential)
    parts = [_PNG]
    for kind, data in png_chunks(png):
        if kind == b"IEND":
            parts.append(chunk)
        if _keyword(kind, data) != _KEYWORD:
            parts.append(_chunk(kind, data))
    return _within_limit(b"".join(parts))


def bake_svg(svg: bytes, credential: bytes) -> bytes:
    """Return `svg` with `credential` in it, replacing an earlier one; otherwise byte for byte unchanged.

    Raises BakingError as `bake_png`, and for a credential with characters that XML cannot hold.
    """
    _require_credential(credential)
    _within_limit(svg)
    baked = _within_limit(svg_baking.insert(svg, credential.decode()))
    if svg_baking.extract(baked) != credential.decode().strip():
        raise BakingError("the credential does not survive being put into this SVG")
    return baked


def svg_from_png(png: bytes, title: str) -> bytes:
    """Return an SVG of the same size that shows `png`, with a title. Raises BakingError."""
    chunks = list(png_chunks(png))
    width, height = struct.unpack(">II", chunks[0][1][:8])
    plain = _PNG + b"".join(_chunk(kind, data) for kind, data in chunks if _keyword(kind, data) != _KEYWORD)
    name = escape(_NOT_XML.sub("", title))
    picture = base64.b64encode(plain).decode("ascii")
    return _within_limit(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img"><title>{name}</title>'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{picture}"/></svg>\n'.encode()
    )


def unbake(image: bytes) -> bytes:
    """Return the text of the one credential in a PNG or SVG: UTF-8 JSON, or a compact JWS.

    For an assertion of Open Badges 2.0 it may also be the assertion's address.

    Raises:
        BakingError: there is not exactly one; or more than 4 MiB, 500 chunks beside the pixels or 512 KiB of
            text; or a wrong checksum or a DOCTYPE.
        UnsupportedImageError: a compressed text, or data after the end of the picture: neither says
            anything about the credential.
    """
    _within_limit(image)
    if image.startswith(_PNG):
        return _unbake_png(image)
    credential = svg_baking.extract(image).encode()
    _require_credential(credential)
    return credential


def claims_credential(image: bytes) -> bool:
    """Return whether a PNG contains the name of a chunk that `unbake` reads, anywhere."""
    return _KEYWORD in image or _OLD_KEYWORD + b"\0" in image


def is_image(data: bytes) -> bool:
    """Return whether `data` starts like a file for `unbake`; it promises nothing more."""
    return data.startswith(_PNG) or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


# --- PNG ----------------------------------------------------------------------------------------


def _unbake_png(png: bytes) -> bytes:
    found: dict[bytes, list[bytes]] = {_KEYWORD: [], _OLD_KEYWORD: []}
    for kind, data in png_chunks(png):
        keyword = _keyword(kind, data)
        if keyword in found and kind == b"tEXt":  # from before this was specified, and by other bakers
            found[keyword].append(data[len(keyword) + 1 :])
        elif keyword in found:
            found[keyword].append(_international_text(kind, data, keyword))
    credentials = list(dict.fromkeys(found[_KEYWORD] or found[_OLD_KEYWORD]))  # baked again, as it was
    if len(credentials) != 1:
        raise BakingError(f"the picture carries {'more than one' if credentials else 'no'} credential")
    _require_credential(credentials[0])
    return credentials[0]


def png_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and data of every chunk, IEND included; raises BakingError at the first fault.

    PNG (third edition), sections 5.2 to 5.6: signature, IHDR first, IEND last and nothing after it.
    """
    _within_limit(png)
    if not png.startswith(_PNG):
        raise BakingError("not a PNG file")
    at, count, others, kind = len(_PNG), 0, 0, b""
    while kind != b"IEND":
        kind, data = _read_chunk(png, at)
        count, others = count + 1, others + (kind != b"IDAT")
        if others > _MAX_CHUNKS or count > _MAX_PIXEL_CHUNKS:
            raise BakingError("the PNG has more chunks than are read")
        if (count == 1) != (kind == b"IHDR") or (kind == b"IHDR" and len(data) != 13):
            raise BakingError("the PNG does not start with one proper header")
        at += 12 + len(data)
        yield kind, data
    if at != len(png) or data:
        raise UnsupportedImageError("the PNG has data behind its end")


def _read_chunk(png: bytes, at: int) -> tuple[bytes, bytes]:
    header = png[at : at + 8]
    if len(header) < 8:
        raise BakingError("the PNG ends before its end chunk")
    length, kind = struct.unpack(">I4s", header)
    end = at + 8 + length
    if end + 4 > len(png) or not _CHUNK_TYPE.fullmatch(kind):
        raise BakingError("a chunk of the PNG is cut short or has no proper type")
    if zlib.crc32(png[at + 4 : end]) != struct.unpack(">I", png[end : end + 4])[0]:
        raise BakingError("a checksum of the PNG is wrong")
    return kind, png[at + 8 : end]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def _keyword(kind: bytes, data: bytes) -> bytes:
    """Return the keyword of a textual chunk; empty for any other."""
    return data.split(b"\0", 1)[0] if kind in (b"iTXt", b"tEXt", b"zTXt") else b""


def _international_text(kind: bytes, data: bytes, keyword: bytes) -> bytes:
    """Return the text of an iTXt chunk: keyword, compression flag and method, language, translation, text."""
    rest = data[len(keyword) + 1 :]
    if kind != b"iTXt" or rest[:1] != b"\0":
        raise UnsupportedImageError("the credential in the PNG is compressed, which is not read")
    fields = rest[2:].split(b"\0", 2)
    if len(fields) != 3 or b"\0" in fields[2]:
        raise BakingError("the credential chunk of the PNG is malformed")
    return fields[2]


# --- limits -------------------------------------------------------------------------------------


def _within_limit(image: bytes) -> bytes:
    if len(image) > MAX_IMAGE_BYTES:
        raise BakingError(f"the picture is larger than {MAX_IMAGE_BYTES} bytes")
    return image


def _require_credential(credential: bytes) -> None:
    if not credential or len(credential) > MAX_CREDENTIAL_BYTES:
        raise BakingError(
            f"the credential in the picture is empty or larger than {MAX_CREDENTIAL_BYTES} bytes"
        )
    try:
        text = credential.decode()
    except UnicodeDecodeError as error:
        raise BakingError("the credential in the picture is not UTF-8 text") from error
    if "\0" in text or not text.strip():
        raise BakingError("the credential in the picture is not text")
