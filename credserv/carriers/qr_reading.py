"""Read the QR codes of a picture in a process of its own, which `qr_code.py` starts.

Reads the picture from standard input and writes one JSON object: `codes`, a list of base64, or `too_large`,
the number of pixels allowed. Only the first frame of a still picture of known types is decoded, and only
after its header states an allowed size (attack 57). Exits with code 0, with 1 for a picture that cannot be
decoded, or by a signal when a system limit is reached.
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

MAX_SECONDS = 1.5  # of CPU time, from the first byte read
_MAX_MEMORY_BYTES = 1_024 * 1_048_576
_BEHIND_THE_SERVICE = 10
_MAX_PIXELS = 9_000_000  # a screen of 3840 by 2160
_MAX_PHOTO_PIXELS = 16_000_000  # of a JPEG, which need not be decoded in full
_QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_READ_AT = 2_000  # pixels of the longer side: enough for a code readable by a phone
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, TypeError, MemoryError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


def read(picture: bytes) -> dict[str, Any]:
    """Return its QR codes; raises as Pillow does."""
    with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
        allowed = _MAX_PHOTO_PIXELS if image.format == "JPEG" else _MAX_PIXELS
        if image.width * image.height > allowed:
            return {"too_large": allowed}
        image.draft("L", (_READ_AT, _READ_AT))
        image.thumbnail((_READ_AT, _READ_AT))
        codes = zxingcpp.read_barcodes(_on_white(image), formats=_QR_CODE)
    return {"codes": [base64.b64encode(bytes(code.bytes)).decode() for code in codes]}


def _on_white(image: Image.Image) -> Image.Image:
    """Return grey values on white: codes often have a transparent background, which would read as black."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    white.alpha_composite(coloured)
    return white.convert("L")


def main() -> int:
    picture = sys.stdin.buffer.read()
    os.nice(_BEHIND_THE_SERVICE)
    with suppress(ValueError, OSError):  # without this limit on the system, the clock remains
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)  # SIGPROF ends the process, whatever it is doing
    try:
        found = read(picture)
    except DAMAGED:
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
