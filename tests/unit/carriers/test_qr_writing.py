"""What is drawn is read back, by the reader that pictures of credentials are given to."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image, ImageDraw

from credserv.carriers.qr_code import read_qr_codes
from credserv.carriers.qr_writing import draw_qr_code, qr_code_address

LINK = (
    "openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Abadges.example&request_uri=https%3A%2F%2Fb"
)


def test_a_drawn_code_is_read_back() -> None:
    svg = draw_qr_code(LINK)
    size = int(re.search(r'width="(\d+)"', svg)[1])
    picture = Image.new("L", (size, size), 255)
    for found in re.finditer(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", svg):
        x, y, width, height = map(int, found.groups())
        ImageDraw.Draw(picture).rectangle((x, y, x + width - 1, y + height - 1), fill=0)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    assert read_qr_codes(stream.getvalue()) == (LINK.encode(),)


def test_the_address_holds_the_picture() -> None:
    kind, _, data = qr_code_address(LINK).partition(";base64,")
    assert (kind, base64.b64decode(data).decode()) == ("data:image/svg+xml", draw_qr_code(LINK))
