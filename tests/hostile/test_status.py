"""Attacks 66 to 72: presented status entries and lists that are meant to be misread."""

import gzip
import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import StatusError, StatusListError, StatusListLengthError, UnavailableError
from credserv.ground.verification import Outcome, Verdict
from credserv.status.bitstring import (
    MAX_LIST_BYTES,
    MINIMUM_ENTRIES,
    bit_at,
    decode_list,
    encode_list,
    parse_entry,
    read_status,
)
from credserv.status.token_status_list import unpack
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry
from tests.testkit.zips import gzip_bomb
from tests.unit.status.test_bitstring import ENTRY, NOW, status_list


@pytest.mark.parametrize(
    "index",
    ["-1", "+7", "abc", "", " 7", "7 ", "007", "7.0", "1e3", "٧", "0x7", "NaN", "9" * 4000, 7.0, None, []],
)
def test_attack_66_an_index_that_is_not_a_plain_number(index: object) -> None:
    with pytest.raises(StatusError):
        parse_entry({**ENTRY, "statusListIndex": index})


@pytest.mark.parametrize("index", [str(MINIMUM_ENTRIES), "1000000000"])
def test_attack_66_an_index_out_of_range_is_never_not_revoked(index: str) -> None:
    with pytest.raises(StatusListError):
        read_status(parse_entry({**ENTRY, "statusListIndex": index}), status_list(), now=NOW)


def test_attack_67_a_list_cut_short() -> None:
    whole = gzip.compress(bytes(16_384), mtime=0)
    for cut in (1, 10, len(whole) - 1):
        with pytest.raises(StatusListError):
            decode_list("u" + encode_base64url(whole[:cut]))


@pytest.mark.parametrize(
    "changes",
    [
        {"credentialSubject": {"statusPurpose": "suspension"}},
        {"credentialSubject": {"statusPurpose": None}},
        {"credentialSubject": {"type": "Person"}},
        {"credentialSubject": {"encodedList": None}},
        {"type": ["VerifiableCredential"]},
        {"validFrom": "2026-04-01T00:00:00Z", "validUntil": "2026-04-30T00:00:00Z"},
        {"validFrom": "2026-04-01T00:00:00Z", "validUntil": "2026-05-01T00:00:00Z"},
        {"validFrom": "2026-05-01T00:01:01Z"},
    ],
)
def test_attack_68_a_list_of_another_purpose_type_or_time(changes: dict[str, Any]) -> None:
    with pytest.raises(StatusListError):
        read_status(parse_entry(ENTRY), status_list(7, **changes), now=NOW)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"validFrom": "2026-05-01T00:01:01Z"}, "is not valid yet"),
        ({"validFrom": "2026-04-01T00:00:00Z", "validUntil": "2026-05-01T00:00:00Z"}, "has expired"),
    ],
)
def test_attack_68_which_of_a_lists_dates_is_wrong_is_said(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StatusListError, match=said):
        read_status(parse_entry(ENTRY), status_list(7, **changes), now=NOW)


@pytest.mark.parametrize("decode", [decode_list, unpack], ids=["bitstring", "token"])
def test_attack_69_one_byte_more_than_is_read_is_too_many(decode: Callable[[str], bytes]) -> None:
    def packed(size: int) -> str:
        if decode is unpack:
            return encode_base64url(zlib.compress(bytes(size), 1))
        return "u" + encode_base64url(gzip.compress(bytes(size), compresslevel=1))

    assert len(decode(packed(MAX_LIST_BYTES))) == MAX_LIST_BYTES
    with pytest.raises(StatusListError, match=f"longer than {MAX_LIST_BYTES} bytes"):
        decode(packed(MAX_LIST_BYTES + 1))


UNREADABLE = [
    {"validFrom": "yesterday"},
    {"validFrom": 1_777_000_000},
    {"validUntil": ""},
    {"validUntil": "2026-13-01T00:00:00Z"},
    {"validUntil": "2026-06-01T00:00"},
    {"validUntil": ["2033-01-01T00:00:00Z"]},
    {"issuanceDate": "2026-04-29T00:00:00Z"},
    {"validUntil": "2020-01-01T00:00:00Z"},
]


@pytest.mark.parametrize("changes", UNREADABLE, ids=range(len(UNREADABLE)))
def test_attack_68_dates_of_a_list_that_cannot_be_read(changes: dict[str, Any]) -> None:
    """Neither good, nor false, nor a crash; the last one ends before it begins."""
    with pytest.raises(UnavailableError):
        read_status(parse_entry(ENTRY), status_list(7, **changes), now=NOW)


@pytest.mark.parametrize("ends", ["yesterday", "2026-13-01T00:00:00Z", "2020-01-01T00:00:00Z"])
def test_attack_68_a_badge_whose_list_has_unreadable_dates_could_not_be_checked(ends: str) -> None:
    by = issuer()
    listed = signed_list(by, validUntil=ends)
    document = by.sign({**badge(by), "credentialStatus": status_entry()})
    result = Hosts({STATUS_URL: listed}).verify(document)
    found = result.check("status")
    assert found is not None
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "unavailable"), found.reason
    assert "cannot be read" in found.reason
    assert result.verdict is Verdict.NOT_CHECKED


def test_attack_68_a_subject_that_is_several_lists() -> None:
    document = status_list(7)
    document["credentialSubject"] = [document["credentialSubject"]] * 2
    with pytest.raises(StatusListError):
        read_status(parse_entry(ENTRY), document, now=NOW)


def test_attack_69_a_bomb_is_left_at_its_cap() -> None:
    bomb = gzip_bomb(b"\0", 400)
    started = time.process_time()
    with pytest.raises(StatusListError):
        decode_list("u" + encode_base64url(bomb))
    assert time.process_time() - started < HANGS_AFTER


def test_attack_69_the_largest_list_is_still_read() -> None:
    largest = "u" + encode_base64url(gzip.compress(bytes(MAX_LIST_BYTES), compresslevel=1))
    assert len(decode_list(largest)) == MAX_LIST_BYTES


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        encode_list([], MINIMUM_ENTRIES)[1:],
        "z" + encode_list([], MINIMUM_ENTRIES)[1:],
        encode_list([], MINIMUM_ENTRIES) + "=",
        encode_list([], MINIMUM_ENTRIES) + "\n",
        "u" + encode_base64url(gzip.compress(bytes(16_384), mtime=0) * 2),
        "u" + encode_base64url(gzip.compress(bytes(16_384), mtime=0) + b"more"),
        "u" + encode_base64url(gzip.compress(b"", mtime=0)),
        "u" + encode_base64url(bytes(16_384)),
    ],
)
def test_attack_69_other_multibase_and_stray_data(encoded: str) -> None:
    with pytest.raises(StatusListError):
        decode_list(encoded)


def test_attack_70_a_small_list_establishes_nothing_where_a_bound_is_set() -> None:
    """Without one its bits count; an index past its end is wrong either way, and ours are never smaller."""
    small = status_list(encoded="u" + encode_base64url(gzip.compress(bytes(16_383))))
    with pytest.raises(StatusListLengthError):
        read_status(parse_entry(ENTRY), small, now=NOW, minimum_entries=MINIMUM_ENTRIES)
    assert read_status(parse_entry(ENTRY), small, now=NOW) == 0
    past = parse_entry({**ENTRY, "statusListIndex": str(16_383 * 8)})
    with pytest.raises(StatusListError):
        read_status(past, small, now=NOW)
    with pytest.raises(StatusListError):
        encode_list([], MINIMUM_ENTRIES - 8)


def test_attack_72_first_and_last_bit() -> None:
    bits = decode_list(encode_list([0, MINIMUM_ENTRIES - 1], MINIMUM_ENTRIES))
    assert bits[0] == 0x80
    assert bits[-1] == 0x01
    assert bit_at(bits, 0)
    assert not bit_at(bits, 1)
    assert not bit_at(bits, MINIMUM_ENTRIES - 2)
    assert bit_at(bits, MINIMUM_ENTRIES - 1)
    for outside in (-1, MINIMUM_ENTRIES):
        with pytest.raises(StatusListError):
            bit_at(bits, outside)


def test_attack_81_the_list_follows_the_same_rule_of_time() -> None:
    document = status_list(7)
    assert read_status(parse_entry(ENTRY), document, now=NOW - timedelta(hours=1, seconds=60)) == 1
    with pytest.raises(StatusListError):
        read_status(parse_entry(ENTRY), document, now=NOW + timedelta(hours=23))
