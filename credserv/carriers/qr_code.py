"""QR codes in a picture or photograph. ISO/IEC 18004, read by ZXing; the picture is decoded by Pillow.

Only the first frame of a still picture of known kinds is decoded, and only after its header said that it
is of a size that we allow (attack 57).
"""

from __future__ import annotations

import io
import struct

import zxingcpp
from PIL import Image

from credserv.ground.errors import NoCredentialError, TooLargeError

MAX_PICTURE_BYTES = 4 * 1_048_576
_MAX_PIXELS = 9_000_000  # a screen of 3840 by 2160
_MAX_PHOTO_PIXELS = 16_000_000  # of a JPEG, which need not be decoded in full
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_READ_AT = 2_000  # pixels of the longer side: enough for a code that a telephone reads
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    IndexError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def is_picture(data: bytes) -> bool:
    """Whether `data` starts like a picture in which `read_qr_codes` looks."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))


def read_qr_codes(picture: bytes) -> tuple[bytes, ...]:
    """What the QR codes hold, without repetition; () where none is found.

    Raises TooLargeError past 4 MiB or 9 million pixels (16 of a JPEG), NoCredentialError for one that is
    damaged.
    """
    if len(picture) > MAX_PICTURE_BYTES:
        raise TooLargeError(f"the picture is larger than {MAX_PICTURE_BYTES} bytes")
    codes = zxingcpp.read_barcodes(_decode(picture), formats=_QR_CODE)
    return tuple(dict.fromkeys(bytes(code.bytes) for code in codes))


def _decode(picture: bytes) -> Image.Image:
    """Its grey values, at most `_READ_AT` pixels wide and high."""
    try:
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
            allowed = _MAX_PHOTO_PIXELS if image.format == "JPEG" else _MAX_PIXELS
            if image.width * image.height > allowed:
                raise TooLargeError(f"the picture has more than {allowed} pixels")
            image.draft("L", (_READ_AT, _READ_AT))
            image.thumbnail((_READ_AT, _READ_AT))
            return _on_white(image)
    except _DAMAGED as error:
        raise NoCredentialError("the picture is damaged and cannot be decoded") from error


def _on_white(image: Image.Image) -> Image.Image:
    """Codes are often drawn on nothing, which would read as black."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white.convert("L")
