"""A printable certificate that contains the signed credential, and the card shown in link previews.

The certificate is PDF/A-3 (ISO 19005-3) with the credential attached byte for byte; `pdf.py` reads it back
like any other. People's names go in as text, never as markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from credserv.carriers.qr_writing import draw_qr_code
from credserv.carriers.typeset import typeset
from credserv.ground.colours import accents
from credserv.ground.names import cut, one_line

_MAX_TITLE_CHARS = 200
_MAX_TEXT_CHARS = 900
_CARDS = 64  # how many recent ones are cached


@dataclass(frozen=True)
class Certificate:
    """A certificate's texts, all in one language.

    Attributes:
        heading: what it is.
        signed: the signed title where it is translated; "" otherwise.
        recipient: who was awarded it; "" where they do not show their name.
        awarded: by whom and when.
        genuine: how to verify it.
        day: of the award.
        address: for the QR code.
        kind: the media type of the credential.
        colour, logo (a PNG), imprint: of the organisation, where it has them.
    """

    title: str
    issuer: str
    heading: str
    signed: str
    recipient: str
    awarded: str
    genuine: str
    language: str
    day: date
    description: str
    address: str
    picture: bytes
    credential: bytes
    file_name: str
    kind: str
    colour: str = ""
    logo: bytes = b""
    imprint: str = ""


def make_certificate(told: Certificate) -> bytes:
    """Return the PDF. Raises UnavailableError when it cannot be made now."""
    words = {
        "title": cut(one_line(told.title), _MAX_TITLE_CHARS),
        "signed": cut(one_line(told.signed), _MAX_TEXT_CHARS),
        "issuer": cut(one_line(told.issuer), _MAX_TITLE_CHARS),
        "heading": told.heading,
        "recipient": cut(one_line(told.recipient), _MAX_TITLE_CHARS),
        "awarded": cut(one_line(told.awarded), _MAX_TEXT_CHARS),
        "genuine": told.genuine,
        "language": told.language,
        "description": cut(one_line(told.description), _MAX_TEXT_CHARS),
        "address": told.address,
        "file": told.file_name,
        "kind": told.kind,
        "year": str(told.day.year),
        "month": str(told.day.month),
        "day": str(told.day.day),
        "imprint": " · ".join(told.imprint.splitlines()),
    }
    files = {
        told.file_name: told.credential,
        "badge.png": told.picture,
        "qr.svg": draw_qr_code(told.address).encode(),
    }
    return _typeset_in_colour("certificate", words, files, told.colour, told.logo)


@lru_cache(maxsize=_CARDS)
def make_card(
    title: str, issuer: str, word: str, picture: bytes, *, colour: str = "", logo: bytes = b""
) -> bytes:
    """Return a PNG of 1200 by 630. Raises UnavailableError.

    Cached by its content, so that it is made once; callers check beforehand who may see it.

    Args:
        word: its state; "" for none.
        picture: b"" for none.
        colour, logo: of the issuer.
    """
    words = {
        "title": cut(one_line(title), _MAX_TITLE_CHARS),
        "issuer": cut(one_line(issuer), 80),
        "word": word,
        "pictured": "yes" if picture else "",
    }
    files = {"badge.png": picture} if picture else {}
    return _typeset_in_colour("card", words, files, colour, logo)


def _typeset_in_colour(
    form: str, words: dict[str, str], files: dict[str, bytes], colour: str, logo: bytes
) -> bytes:
    words |= {"accent": accents(colour).light if colour else "", "logo": "logo.png" if logo else ""}
    return typeset(form, words, {**files, "logo.png": logo} if logo else files)
