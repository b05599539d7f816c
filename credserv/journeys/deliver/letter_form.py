"""The form of every letter: a few words and one button, as plain text and as HTML, in one language."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from credserv.ground.colours import accents
from credserv.ground.languages import ENGLISH, LANGUAGES, catalogue, day
from credserv.ground.names import one_line
from credserv.ground.sentences import read_sentence
from credserv.journeys.services import Services
from credserv.outbound.mail import Letter
from credserv.records.brands import Brand

_MAX_LINE_CHARS = 150
_ACCENT = "#1d4f91"  # if the organisation has no colour of its own


@dataclass(frozen=True)
class Speech:
    """Our own texts for letters, in one of `LANGUAGES`."""

    language: str = ENGLISH

    @classmethod
    def of(cls, tag: str) -> Speech:
        """Return the texts in the main language of a tag (`de` for `de-AT`), or in English if we lack it."""
        primary = tag.partition("-")[0].lower()
        return cls(primary if primary in LANGUAGES else ENGLISH)

    def say(self, text: str, **values: str) -> str:
        """Translate a text and fill it in.

        Args:
            text: In English.
            values: By placeholder; inserted as they are.
        """
        return str(catalogue(self.language).gettext(text)) % values

    def tell(self, text: str) -> str:
        """Translate a sentence of ours that was filled in already; an unknown one stays in English."""
        found = read_sentence(text)
        return text if found is None else self.say(found[0], **found[1])

    def day(self, instant: datetime) -> str:
        return day(instant, self.language)

    def greeting(self, name: str | None = None) -> str:
        return self.say("Hello %(name)s,", name=line(name)) if name and line(name) else self.say("Hello,")

    def no_matter(self, services: Services) -> str:
        """Return what to do if the letter means nothing to its reader."""
        nothing = self.say("If you do not know what this is about, you do not have to do anything.")
        return nothing + self.contact(services)

    def contact(self, services: Services) -> str:
        """Return how to reach the organisation, as a following sentence; "" if it gives no address."""
        email = services.issuer.profile.get("email")
        return "" if not email else " " + self.say("Questions go to %(address)s.", address=line(str(email)))


@dataclass(frozen=True)
class Content:
    """One letter in words, the same for plain text and HTML.

    Attributes:
        greeting: "" for none of its own.
    """

    greeting: str
    paragraphs: Sequence[str]
    button: str
    link: str
    notes: Sequence[str]
    language: str = ENGLISH


def letter_of(
    services: Services, to: str, to_name: str | None, subject: str, content: Content, key: str
) -> Letter:
    """Return the letter with the organisation's colour, name and imprint."""
    brand = services.store.brands.get()
    return Letter(
        to=to,
        to_name=line(to_name) if to_name else None,
        subject=line(subject, 2 * _MAX_LINE_CHARS),
        text=_plain(content, brand),
        html=_html(content, brand, issuer_name(services)),
        key=key.replace(":", "."),
        sender_name=line(brand.sender),
        reply_to=brand.reply_to,
    )


def issuer_name(services: Services) -> str:
    """Return the organisation's name."""
    return line(str(services.issuer.profile.get("name") or services.public_url))


def line(text: str, max_chars: int = _MAX_LINE_CHARS) -> str:
    """Return one line of printable text. A name with a line break is still a name and gets its letter."""
    return textwrap.shorten(one_line(text), max_chars, placeholder=" …")


def _plain(content: Content, brand: Brand) -> str:
    """Return the plain text; links are on lines of their own, unbroken."""
    above = [_wrap(text) for text in filter(None, (content.greeting, *content.paragraphs))]
    below = [_wrap(note) for note in content.notes]
    return "\n\n".join(filter(None, [*above, content.link, *below, brand.imprint_in_full])) + "\n"


def _wrap(text: str) -> str:
    return textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


def _html(content: Content, brand: Brand, issuer: str) -> str:
    """Return HTML without pictures, external styles or anything that reports that it was read."""
    accent = accents(brand.colour).light if brand.colour else _ACCENT
    above = "".join(_paragraph(text) for text in filter(None, (content.greeting, *content.paragraphs)))
    below = "".join(_paragraph(note, small=True) for note in content.notes)
    button = (
        f'<p style="margin:1.5em 0"><a href="{escape(content.link)}" style="display:inline-block;'
        f"padding:.75em 1.5em;border-radius:.4em;background:{accent};color:#ffffff;font-weight:bold;"
        f'text-decoration:none">{escape(content.button)}</a></p>'
    )
    return (
        f'<!doctype html>\n<html lang="{escape(content.language)}">'
        '<body style="margin:0;padding:1.5em;font-family:sans-serif;'
        'line-height:1.5;color:#1a2330;background:#ffffff"><div style="max-width:36em;margin:0 auto">\n'
        f"{_head(brand, accent, issuer)}{above}\n{button}\n{below}\n{_foot(brand)}</div></body></html>\n"
    )


def _head(brand: Brand, accent: str, issuer: str) -> str:
    """Return a band with the organisation's name, if it has a colour of its own."""
    if not brand.colour:
        return ""
    style = (
        f"margin:0 0 1.5em;padding:.6em 0;border-bottom:3px solid {accent};color:{accent};font-weight:bold"
    )
    return f'<p style="{style}">{escape(issuer)}</p>\n'


def _foot(brand: Brand) -> str:
    lines = [escape(text) for text in brand.imprint.splitlines()]
    if brand.imprint_url:
        lines.append(f'<a href="{escape(brand.imprint_url)}" style="color:#525e6e">Imprint</a>')
    style = "margin:2em 0 0;padding-top:1em;border-top:1px solid #d8dee6;font-size:.85em;color:#525e6e"
    return f'<p style="{style}">{"<br>".join(lines)}</p>\n' if lines else ""


def _paragraph(text: str, *, small: bool = False) -> str:
    style = "margin:0 0 1em" + (";font-size:.9em;color:#525e6e" if small else "")
    return f'<p style="{style}">{escape(text)}</p>\n'
