"""How an organisation shows itself, on its pages, letters, certificates and cards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Brand:
    """What it has not said is "" or b"".

    colour: `#rrggbb`, as chosen; shown in what can be read (`ground/colours.accents`). logo: a PNG of ours
    (`carriers/logo.py`). imprint: lines of text. imprint_url: a page with more. sender: the name in From of
    its letters. reply_to: where answers to them go.
    """

    colour: str = ""
    logo: bytes = b""
    imprint: str = ""
    imprint_url: str = ""
    sender: str = ""
    reply_to: str = ""

    @property
    def imprint_in_full(self) -> str:
        """With the address of the page that says more: lines of text."""
        return "\n".join(filter(None, (self.imprint, self.imprint_url)))

    @cached_property
    def version(self) -> str:
        """Of what has an address of its own: so the address may be kept for good."""
        return hashlib.sha256(self.colour.encode() + self.logo).hexdigest()[:12]
