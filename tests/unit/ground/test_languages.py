"""Numbers and instants as a language writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from credserv.accreditation.words import hours
from credserv.ground.languages import catalogue, fill, in_english, minute

AT = datetime(2026, 3, 3, 23, 5, tzinfo=UTC)


def in_german(text: str, /, **values: object) -> str:
    return fill(catalogue("de").gettext(text), values, "de")


def test_what_is_counted_has_the_decimal_sign_of_the_language() -> None:
    assert (hours(90, in_german), hours(90)) == ("1,5 Stunden", "1.5 hours")
    assert (hours(120, in_german), hours(120)) == ("2 Stunden", "2 hours")
    assert in_english("%(number)s of %(all)s", number=2.0, all=3) == "2 of 3"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (None, "3 March 2026, 23:05 UTC"),
        ("UTC", "3 March 2026, 23:05 UTC"),
        ("Europe/Berlin", "4 March 2026, 00:05 UTC+1"),
        ("America/St_Johns", "3 March 2026, 19:35 UTC-3:30"),
        ("Asia/Kolkata", "4 March 2026, 04:35 UTC+5:30"),
    ],
)
def test_an_instant_is_told_with_the_zone_of_its_clocks(zone: str | None, told: str) -> None:
    assert minute(AT, "en", ZoneInfo(zone) if zone else None) == told
