"""An organisation's appearance on pages, letters, certificates and cards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Brand:
    """An organisation's appearance; "" and b"" for what it has not set.

    Attributes:
        colour: `#rrggbb` as chosen; shown in readable variants (`ground/colours.accents`).
        logo: A PNG of ours (`carriers/logo.py`).
        imprint: Lines of text.
        imprint_url: A page with more.
        sender: The name in From of its letters.
        reply_to: Where answers to them go.
    """

    colour: str = ""
    logo: bytes = b""
    imprint: str = ""
    imprint_url: str = ""
    sender: str = ""
    reply_to: str = ""

    @property
    def imprint_in_full(self) -> str:
        """Return the lines of the imprint with the URL of the page."""
        return "\n".join(filter(None, (self.imprint, self.imprint_url)))

    @cached_property
    def version(self) -> str:
        """Return a version for URLs, so that what they serve can be cached for good."""
        return hashlib.sha256(self.colour.encode() + self.logo).hexdigest()[:12]
