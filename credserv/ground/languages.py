"""The languages of pages and letters: their texts, and how each writes dates.

English is the source and needs no catalogue. The others are read from `.po` files as translators write them
and compiled in memory at first use. A clone or wheel thus needs no build step, and no catalogue can be out of
date.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_decimal_symbol
from babel.support import NullTranslations, Translations

ENGLISH = "en"
# Each by its own name, as its readers look for it.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
CATALOGUES = Path(__file__).resolve().parents[1] / "web" / "translations"
_NO_COUNTRIES = ("EU", "EZ", "QO", "UN", "XA", "XB", "XK", "ZZ")  # what CLDR has beyond ISO 3166-1
_LOCALES = {ENGLISH: "en_GB"}  # which writes `3 March 2026`
# The language of the person being answered: what they agree to is stored in the words they read.
reading: ContextVar[str] = ContextVar("reading", default=ENGLISH)


def catalogue_path(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of one of `LANGUAGES`, by English text."""
    if language == ENGLISH:
        return NullTranslations()
    with catalogue_path(language).open("rb") as file:
        written = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return Translations(compiled)


class Say(Protocol):
    """Translates an English text. `values` are by placeholder; a float is written as the language has it."""

    def __call__(self, text: str, /, **values: object) -> str: ...


def in_english(text: str, /, **values: object) -> str:
    """Translate for programs: into English, and numbers as programs write them."""
    return text % {name: _plain(value) for name, value in values.items()} if values else text


def fill(text: str, values: Mapping[str, object], language: str) -> str:
    """Put values at their places in a text that was translated already; a float in the language's form."""
    written = {
        name: number(value, language) if isinstance(value, float) else value for name, value in values.items()
    }
    return text % written if values else text


def _plain(value: object) -> object:
    return format(value, "g") if isinstance(value, float) else value


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


def written_date(day: date, language: str) -> str:
    """Return `3 March 2026`, `3. März 2026`."""
    return format_date(day, "long", locale=locale_of(language))


def is_country(code: str) -> bool:
    """Return whether it is an ISO 3166-1 code of two capital letters."""
    known = len(code) == 2 and code.isalpha() and code.isupper() and code not in _NO_COUNTRIES
    return known and code in locale_of(ENGLISH).territories


def day(instant: datetime, language: str) -> str:
    """Return `3 March 2026 UTC`; where it happened, it may have been another day."""
    return f"{_utc_date(instant, language)} UTC"


def local_minute(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """Return `3 March 2026, 14:05`, in the time of a zone."""
    there = instant.astimezone(zone)
    return f"{format_date(there.date(), 'long', locale=locale_of(language))}, {there:%H:%M}"


def month(instant: datetime, language: str) -> str:
    """Return `March 2026`, in UTC."""
    return format_skeleton("yMMMM", instant.astimezone(UTC), locale=locale_of(language))


def number(value: float, language: str) -> str:
    """Return `10,000` and `0.5`, `10.000` and `0,5`: at most three decimals."""
    return format_decimal(value, locale=locale_of(language))


def percent(share: float, language: str) -> str:
    """Format a share of 1 as a whole percentage."""
    return format_percent(share, locale=locale_of(language))


def decimal_sign(language: str) -> str:
    """Return the decimal sign: `.` or `,`."""
    return get_decimal_symbol(locale_of(language))


def language_name(tag: str, language: str) -> str:
    """Return `German` for `de`; an unknown tag is returned unchanged."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale_of(language)) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def minute(instant: datetime, language: str, zone: ZoneInfo | None = None) -> str:
    """Return `3 March 2026, 14:05 UTC`; by the clocks of a zone `3 March 2026, 15:05 UTC+1`."""
    if zone is None:
        return f"{_utc_date(instant, language)}, {instant.astimezone(UTC):%H:%M} UTC"
    return f"{local_minute(instant, zone, language)} {_offset(instant.astimezone(zone))}"


def _utc_date(instant: datetime, language: str) -> str:
    return written_date(instant.astimezone(UTC).date(), language)


def _offset(there: datetime) -> str:
    """Return `UTC`, `UTC+1` or `UTC-3:30`."""
    minutes = int((there.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"
