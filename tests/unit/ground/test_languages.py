"""Numbers and instants as a language writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.accreditation.words import hours
from credserv.ground.languages import LANGUAGES, catalogue, day, fill, in_english, minute, written_date
from credserv.journeys.deliver.letter_form import Speech

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


_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.builds(lambda at, zone: datetime.fromtimestamp(at, zone), st.integers(0, 253_000_000_000), _OFFSETS),
    st.sampled_from([*LANGUAGES]),
)
def test_found_b12_a_day_of_an_instant_is_that_of_utc_and_says_so(instant: datetime, language: str) -> None:
    said = f"{written_date(instant.astimezone(UTC).date(), language)} UTC"
    assert day(instant, language) == Speech(language).day(instant) == said
    assert minute(instant, language).startswith(said.removesuffix("UTC").strip())
    assert minute(instant, language).endswith(" UTC")
