"""What every letter has in common: a few words and one button, as plain text and as HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from credserv.ground.names import one_line
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter

_MAX_LINE_CHARS = 150


@dataclass(frozen=True)
class Content:
    """One letter in words: the same for its plain and its HTML form. greeting: "" for none of its own."""

    greeting: str
    paragraphs: Sequence[str]
    button: str
    link: str
    notes: Sequence[str]
    language: str = "en"


def letter_of(to: str, to_name: str | None, subject: str, content: Content, key: str) -> Letter:
    return Letter(
        to=to,
        to_name=line(to_name) if to_name else None,
        subject=line(subject, 2 * _MAX_LINE_CHARS),
        text=_plain(content),
        html=_html(content),
        key=key.replace(":", "."),
    )


def issuer_name(services: Services) -> str:
    return line(str(services.issuer.profile.get("name") or services.public_url))


def contact(services: Services) -> str:
    email = services.issuer.profile.get("email")
    return f" Questions go to {line(str(email))}." if email else ""


def greeting(name: str | None) -> str:
    return f"Hello {line(name)}," if name and line(name) else "Hello,"


def day_of(instant: datetime) -> str:
    return f"{instant.day} {instant:%B %Y}"


def line(text: str, max_chars: int = _MAX_LINE_CHARS) -> str:
    """One line of printable text: a name with a line break in it is still a name, and gets its letter."""
    return textwrap.shorten(one_line(text), max_chars, placeholder=" …")


def _plain(content: Content) -> str:
    """Links stand alone on their lines, unbroken."""
    above = [_wrap(text) for text in filter(None, (content.greeting, *content.paragraphs))]
    below = [_wrap(note) for note in content.notes]
    return "\n\n".join([*above, content.link, *below]) + "\n"


def _wrap(text: str) -> str:
    return textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


def _html(content: Content) -> str:
    """Without pictures, styles from elsewhere or anything that tells us whether it was read."""
    above = "".join(_paragraph(text) for text in filter(None, (content.greeting, *content.paragraphs)))
    below = "".join(_paragraph(note, small=True) for note in content.notes)
    button = (
        f'<p style="margin:1.5em 0"><a href="{escape(content.link)}" style="display:inline-block;'
        "padding:.75em 1.5em;border-radius:.4em;background:#1d4f91;color:#ffffff;font-weight:bold;"
        f'text-decoration:none">{escape(content.button)}</a></p>'
    )
    return (
        f'<!doctype html>\n<html lang="{escape(content.language)}">'
        '<body style="margin:0;padding:1.5em;font-family:sans-serif;'
        'line-height:1.5;color:#1a2330;background:#ffffff"><div style="max-width:36em;margin:0 auto">\n'
        f"{above}\n{button}\n{below}\n</div></body></html>\n"
    )


def _paragraph(text: str, *, small: bool = False) -> str:
    style = "margin:0 0 1em" + (";font-size:.9em;color:#525e6e" if small else "")
    return f'<p style="{style}">{escape(text)}</p>\n'
