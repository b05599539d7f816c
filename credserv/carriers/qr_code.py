"""QR codes in a picture or photograph. ISO/IEC 18004, read by ZXing; Pillow decodes the picture.

Both run in a process of their own (`reader_process.py`): a picture of 67 kB can contain two hundred scans.
"""

from __future__ import annotations

import base64

from credserv.carriers.reader_process import read_apart
from credserv.ground.errors import TooLargeError

MAX_PICTURE_BYTES = 4 * 1_048_576


def is_picture(data: bytes) -> bool:
    """Return whether `data` starts like a picture for `read_qr_codes`."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))


def read_qr_codes(picture: bytes) -> tuple[bytes, ...]:
    """Return the contents of the QR codes without repetition; () where none is found.

    Raises:
        TooLargeError: it is over 4 MiB or 9 million pixels (16 for a JPEG).
        UnreadFileError: it is damaged, or takes too long.
        UnavailableError: too many are being read.
    """
    if len(picture) > MAX_PICTURE_BYTES:
        raise TooLargeError(f"the picture is larger than {MAX_PICTURE_BYTES} bytes")
    found = read_apart("qr_reading.py", picture, what="picture")
    if "too_large" in found:
        raise TooLargeError(f"the picture has more than {found['too_large']} pixels")
    return tuple(dict.fromkeys(base64.b64decode(code) for code in found["codes"]))
