"""The data types of xAPI statements (xAPI 1.0.3, part two, section 4; IEEE 9274.1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeGuard

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f\x7f]+")
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)
_MAILTO = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+")
_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII | re.IGNORECASE)
_SHA2 = re.compile(r"(?:[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.ASCII | re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)
_VERSION = re.compile(r"[12]\.0(?:\.[0-9]+)?", re.ASCII)
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_DURATION = re.compile(
    rf"P(?=.)(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII,
)
_LANGUAGE = re.compile(  # RFC 5646, section 2.1; the registered exceptions begin with i- or x-
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*)(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|[ix](?:-[a-z0-9]{1,8})+",
    re.ASCII | re.IGNORECASE,
)
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)


def is_iri(text: str) -> bool:
    """Return whether it is an absolute IRI with its scheme."""
    return _IRI.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def is_mailto(text: str) -> bool:
    return _MAILTO.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Return whether it is 1.0, 1.0.x, 2.0 or 2.0.x."""
    return _VERSION.fullmatch(text) is not None


def is_duration(text: str) -> bool:
    return _DURATION.fullmatch(text) is not None


def is_language(text: str) -> bool:
    return _LANGUAGE.fullmatch(text) is not None


def is_timestamp(text: str) -> bool:
    return read_timestamp(text) is not None


def has_zone(text: str) -> bool:
    """Return whether a timestamp has a zone."""
    found = _INSTANT.fullmatch(text)
    return found is not None and (found[8] or found[9]) is not None


def read_timestamp(text: str) -> datetime | None:
    """Return aware UTC, cut to microseconds; None if it is not a timestamp.

    One without a zone is UTC (part two, 4.5). `-00:00` is refused there: it means that the zone is unknown.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.group(1, 2, 3, 4, 5))
    micro = int((found[7] or "")[:6].ljust(6, "0"))
    east, zone_hours, zone_minutes = found[9], int(found[10] or 0), int(found[11] or 0)
    if zone_hours > 14 or zone_minutes > 59 or (east == "-" and not zone_hours + zone_minutes):
        return None
    offset = timedelta(hours=zone_hours, minutes=zone_minutes)
    try:
        local = datetime(year, month, day, hour, minute, int(found[6] or 0), micro, tzinfo=UTC)
        return local + offset if east == "-" else local - offset
    except (ValueError, OverflowError):
        return None


def is_number(value: object) -> TypeGuard[int | float | Decimal]:
    """Return whether it is a JSON number; true and false are not."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def to_decimal(value: int | float | Decimal) -> Decimal:
    """Return the number digit by digit, as read."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))
