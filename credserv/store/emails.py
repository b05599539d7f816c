"""The one normal form of an e-mail address, used wherever two of them are compared."""

from __future__ import annotations

import unicodedata


def normalise_email(email: str) -> str:
    """Without spaces around it, lower case before and after the `@`, Unicode form NFC.

    RFC 5321 section 2.4 lets a mail server tell `Ann@` from `ann@`; none in practice does, and people
    write their own address both ways.
    """
    return fold(email.strip())


def fold(text: str) -> str:
    """A text as searches compare it: lower case, NFC (attack 40)."""
    lowered = unicodedata.normalize("NFC", text).lower()
    return unicodedata.normalize("NFC", lowered)
