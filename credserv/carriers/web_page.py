"""Find the credential that a web page names as another form of itself: `<link rel="alternate" type="...">`.

HTML Living Standard, section 4.6.7.1 (alternate). Only the first part of the head is read; scripts, styles
and everything visible are skipped.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html.parser import HTMLParser
from urllib.parse import urljoin

_MAX_HEAD_BYTES = 65_536
_PAGE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_BODY = re.compile(rb"<body[\s>]", re.IGNORECASE)
# Best first: types that can only be a credential, then types that often are.
_TYPES = (
    "application/vc",
    "application/vc+ld+json",
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/ld+json",
    "application/json",
)


def is_page(data: bytes) -> bool:
    """Return whether it starts like HTML; an SVG may mention HTML later."""
    found = _PAGE.search(data[:2_048])
    return found is not None and b"<svg" not in data[: found.start()]


def find_alternate(page: bytes, address: str) -> str | None:
    """Return the absolute address of the credential that the page at `address` links to; None for none.

    Of several, the first of the most specific media type.
    """
    body = _BODY.search(page, 0, _MAX_HEAD_BYTES)
    head = page[: body.start() if body else _MAX_HEAD_BYTES]
    reader = _Head()
    with suppress(AssertionError):  # raised for some broken declarations; what came before counts
        reader.feed(head.decode("utf-8", "replace"))
    if not reader.links:
        return None
    try:
        return urljoin(urljoin(address, reader.base), min(reader.links)[2])
    except ValueError:
        return None


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[tuple[int, int, str]] = []  # rank of the type, place in the page, address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {
            name: (value or "").strip() for name, value in reversed(attrs)
        }  # the first of a name counts
        if tag == "base" and not self.base:
            self.base = values.get("href", "")
        media_type = values.get("type", "").lower().partition(";")[0].strip()
        alternate = "alternate" in values.get("rel", "").lower().split()
        if tag == "link" and alternate and media_type in _TYPES and values.get("href"):
            self.links.append((_TYPES.index(media_type), len(self.links), values["href"]))
