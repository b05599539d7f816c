"""Every value has one spelling: what decodes encodes to the same text again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.encoding import (
    KeyType,
    decode_base58btc,
    decode_base64url,
    decode_multikey,
    encode_base58btc,
    encode_base64url,
    encode_multikey,
    format_instant,
    new_id,
    parse_instant,
    random_token,
)
from credserv.ground.errors import InputError


@given(st.binary(max_size=200))
def test_base64url_round_trip(data: bytes) -> None:
    assert decode_base64url(encode_base64url(data)) == data


@given(st.text(max_size=40))
def test_base64url_has_one_spelling(text: str) -> None:
    try:
        data = decode_base64url(text)
    except InputError:
        return
    assert encode_base64url(data) == text


@pytest.mark.parametrize("text", ["A", "AB==", "AB=", "A+/B", "AAAA\n", " AAAA", "AB", "ＡＡＡＡ"])
def test_base64url_refusals(text: str) -> None:
    with pytest.raises(InputError):
        decode_base64url(text)


@given(st.binary(max_size=100))
def test_base58btc_round_trip(data: bytes) -> None:
    if data:
        assert decode_base58btc(encode_base58btc(data)) == data


@given(st.integers(min_value=0, max_value=4), st.binary(max_size=200))
def test_base58btc_is_what_the_library_of_that_name_makes(zeros: int, data: bytes) -> None:
    data = bytes(zeros) + data
    assert encode_base58btc(data) == "z" + base58.b58encode(data).decode()
    if data:
        assert decode_base58btc(encode_base58btc(data)) == data


@given(st.text(alphabet="z123456789ABCxyz0OIl \n", max_size=40))
def test_base58btc_has_one_spelling(text: str) -> None:
    try:
        data = decode_base58btc(text)
    except InputError:
        return
    assert encode_base58btc(data) == text


@pytest.mark.parametrize("text", ["", "z", "1abc", "z0", "zO", "zI", "zl", "z1\n", " z1", "Z1", "z" * 2_049])
def test_base58btc_refusals(text: str) -> None:
    with pytest.raises(InputError):
        decode_base58btc(text)


@given(st.sampled_from(KeyType), st.data())
def test_multikey_round_trip(key_type: KeyType, data: st.DataObject) -> None:
    size = key_type.public_bytes
    raw = data.draw(st.binary(min_size=size, max_size=size))
    assert decode_multikey(encode_multikey(key_type, raw)) == (key_type, raw)


@given(st.sampled_from(KeyType), st.binary(max_size=80))
def test_multikey_of_the_wrong_length_is_refused(key_type: KeyType, raw: bytes) -> None:
    if len(raw) == key_type.public_bytes:
        return
    with pytest.raises(InputError):
        decode_multikey(encode_multikey(key_type, raw))


INSTANTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001  # hypothesis takes naive bounds and adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(INSTANTS)
def test_instants_round_trip(instant: datetime) -> None:
    assert parse_instant(instant.isoformat()) == instant
    assert parse_instant(format_instant(instant)) == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2026-03-14T10:00:00+14:00", datetime(2026, 3, 13, 20, tzinfo=UTC)),
        ("2026-03-14T10:00:00-14:00", datetime(2026, 3, 15, 0, tzinfo=UTC)),
        ("2026-03-14T10:00:00.123456789012Z", datetime(2026, 3, 14, 10, 0, 0, 123456, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        # B7: "for good", written in a western zone
        ("9999-12-31T23:59:59-05:00", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59+02:00", datetime(9999, 12, 31, 21, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", datetime(1, 1, 1, tzinfo=UTC)),
        # XSD 1.1 part 2, 3.3.7.2: the end of a day, and fractions of any length
        ("2026-02-28T24:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-13T24:00:00.000+02:00", datetime(2026, 3, 13, 22, tzinfo=UTC)),
        ("9999-12-31T24:00:00Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-14T10:00:00." + "9" * 100 + "Z", datetime(2026, 3, 14, 10, 0, 0, 999999, tzinfo=UTC)),
    ],
)
def test_found_b7_instants_are_exact(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-14",
        "2026-03-14T10:00:00",
        "2026-03-14 10:00:00Z",
        "2026-03-14t10:00:00z",
        "2026-03-14T10:00Z",
        "2026-03-14T10:00:00Z ",
        "2026-03-14T10:00:00Z\n",
        "2025-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-03-14T24:00:01Z",
        "2026-03-14T24:01:00Z",
        "2026-03-14T24:00:00.0000001Z",
        "2026-02-29T24:00:00Z",
        "2026-03-14T23:60:00Z",
        "2026-03-14T10:00:60Z",
        "2026-00-14T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-W11-6T10:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-03-14T10:00:00+14:01",
        "2026-03-14T10:00:00+15:00",
        "2026-03-14T10:00:00+05:60",
        "2026-03-14T10:00:00.Z",
        "2026-03-14T10:00:00." + "0" * 101 + "Z",
        "10000-01-01T00:00:00Z",
        "９９99-12-31T23:59:59Z",
    ],
)
def test_instants_that_are_none(text: str) -> None:
    with pytest.raises(InputError):
        parse_instant(text)


def test_b22_a_token_begins_and_ends_in_a_letter_or_digit() -> None:
    tokens = [random_token(24) for _ in range(2_000)]
    assert all(len(token) == 32 and token[0].isalnum() and token[-1].isalnum() for token in tokens)
    assert len(set(tokens)) == len(tokens)


def test_ids_of_one_second_stand_together_and_tell_no_date() -> None:
    now = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
    ids = [new_id(now) for _ in range(2_000)]
    assert all(len(known) == 22 and known[-1].isalnum() for known in ids)
    assert len(set(ids)) == len(ids)
    assert {decode_base64url(known)[:2] for known in ids} == {decode_base64url(ids[0])[:2]}
    later = new_id(now + timedelta(seconds=1))
    assert decode_base64url(later)[:2] != decode_base64url(ids[0])[:2]
    span = 62 << 10
    assert decode_base64url(new_id(now + timedelta(seconds=span)))[:2] == decode_base64url(ids[0])[:2]
    assert all(new_id(now + timedelta(seconds=second))[0].isalnum() for second in range(0, span, 97))


def test_an_instant_without_its_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_instant(datetime(2026, 3, 14))  # noqa: DTZ001  # the very thing refused
