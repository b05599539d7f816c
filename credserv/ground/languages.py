"""The languages that people are spoken to in, what is said in each, and how it writes a date.

English is the source and needs no catalogue. The others are read from `.po` files as translators write them
and compiled in memory when first asked for: a clone and a wheel need no step for it, and none can be stale.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol
from babel.support import NullTranslations, Translations

ENGLISH = "en"
# Each by its own name, as whoever reads it looks for it.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
CATALOGUES = Path(__file__).resolve().parents[1] / "web" / "translations"
_NO_COUNTRIES = ("EU", "EZ", "QO", "UN", "XA", "XB", "XK", "ZZ")  # what CLDR has beside those of ISO 3166-1
_LOCALES = {ENGLISH: "en_GB"}  # which writes `3 March 2026`
# What a person reads who is answered: what they agree to is kept in the words that they read.
reading: ContextVar[str] = ContextVar("reading", default=ENGLISH)


def catalogue_path(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: str) -> NullTranslations:
    """What is said in one of `LANGUAGES`, by what is said in English."""
    if language == ENGLISH:
        return NullTranslations()
    with catalogue_path(language).open("rb") as file:
        written = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return Translations(compiled)


class Say(Protocol):
    """Says an English text in some language. values: by placeholder."""

    def __call__(self, text: str, /, **values: object) -> str: ...


def in_english(text: str, /, **values: object) -> str:
    """The `Say` of what programs read."""
    return text % values if values else text


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


def written_date(day: date, language: str) -> str:
    """`3 March 2026`, `3. März 2026`."""
    return format_date(day, "long", locale=locale_of(language))


def is_country(code: str) -> bool:
    """Of ISO 3166-1, by its two capital letters."""
    known = len(code) == 2 and code.isalpha() and code.isupper() and code not in _NO_COUNTRIES
    return known and code in locale_of(ENGLISH).territories


def day(instant: datetime, language: str) -> str:
    """Of an instant, in UTC."""
    return written_date(instant.astimezone(UTC).date(), language)


def local_minute(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """`3 March 2026, 14:05`, by the clocks of a zone."""
    there = instant.astimezone(zone)
    return f"{format_date(there.date(), 'long', locale=locale_of(language))}, {there:%H:%M}"


def month(instant: datetime, language: str) -> str:
    """`March 2026`, in UTC."""
    return format_skeleton("yMMMM", instant.astimezone(UTC), locale=locale_of(language))


def number(value: float, language: str) -> str:
    """`10,000` and `0.5`, `10.000` and `0,5`: with three decimals at most."""
    return format_decimal(value, locale=locale_of(language))


def decimal_sign(language: str) -> str:
    """What stands before the decimals: `.` or `,`."""
    return get_decimal_symbol(locale_of(language))


def language_name(tag: str, language: str) -> str:
    """`German` for `de`; a tag that is none stays as it is."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale_of(language)) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def minute(instant: datetime, language: str) -> str:
    """`3 March 2026, 14:05 UTC`, likewise."""
    return f"{day(instant, language)}, {instant.astimezone(UTC):%H:%M} UTC"
