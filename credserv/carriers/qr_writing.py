"""Draw QR codes: a link for somebody's camera (ISO/IEC 18004, level M)."""

from __future__ import annotations

import base64

import zxingcpp

_SCALE = 4


def draw_qr_code(text: str) -> str:
    """Return an SVG picture, dark on white, with the quiet zone that cameras need."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    svg = zxingcpp.write_barcode_to_svg(code, scale=_SCALE)
    return svg[svg.index("<svg") :]


def qr_code_address(text: str) -> str:
    """Return the picture as a data: URL for a page; nothing is stored or fetched."""
    return "data:image/svg+xml;base64," + base64.b64encode(draw_qr_code(text).encode()).decode("ascii")
