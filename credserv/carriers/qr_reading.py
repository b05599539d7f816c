"""Run by itself, in a process of its own: the QR codes in a picture. See `qr_code.py`, which starts it.

Reads the picture from standard input and writes one JSON object: `codes`, a list of base64, or `too_large`,
how many pixels are allowed. Only the first frame of a still picture of known kinds is decoded, and only after
its header said that it is of a size that we allow (attack 57). It ends with exit code 0, or by a signal when
a limit of the system is reached, or with 1 for a picture that cannot be decoded.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from typing import Any

import zxingcpp
from PIL import Image

MAX_SECONDS = 1.5  # of processor time, from the first byte that is read
_MAX_MEMORY_BYTES = 1_024 * 1_048_576
_BEHIND_THE_SERVICE = 10
_MAX_PIXELS = 9_000_000  # a screen of 3840 by 2160
_MAX_PHOTO_PIXELS = 16_000_000  # of a JPEG, which need not be decoded in full
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_READ_AT = 2_000  # pixels of the longer side: enough for a code that a telephone reads
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, TypeError, MemoryError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


def read(picture: bytes) -> dict[str, Any]:
    """Its QR codes; raises as Pillow does."""
    with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
        allowed = _MAX_PHOTO_PIXELS if image.format == "JPEG" else _MAX_PIXELS
        if image.width * image.height > allowed:
            return {"too_large": allowed}
        image.draft("L", (_READ_AT, _READ_AT))
        image.thumbnail((_READ_AT, _READ_AT))
        codes = zxingcpp.read_barcodes(_on_white(image), formats=_QR_CODE)
    return {"codes": [base64.b64encode(bytes(code.bytes)).decode() for code in codes]}


def _on_white(image: Image.Image) -> Image.Image:
    """Its grey values. Codes are often drawn on nothing, which would read as black."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white.convert("L")


def main() -> int:
    picture = sys.stdin.buffer.read()
    os.nice(_BEHIND_THE_SERVICE)
    with suppress(ValueError, OSError):  # where the system does not know this limit, the clock remains
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)  # SIGPROF ends the process, whatever it is in
    try:
        found = read(picture)
    except DAMAGED:
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
