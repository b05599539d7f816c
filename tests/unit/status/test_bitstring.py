import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import StatusError, StatusListError, StatusListLengthError
from credserv.status.bitstring import (
    MINIMUM_ENTRIES,
    StatusEntry,
    bit_at,
    build_status_list_credential,
    decode_list,
    encode_list,
    parse_entry,
    read_status,
    value_at,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
URL = "https://issuer.example/status/1"
ENTRY = {
    "id": f"{URL}#7",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": URL,
}


def status_list(*indexes: int, encoded: str | None = None, **changes: Any) -> dict[str, Any]:
    document = build_status_list_credential(
        url=URL,
        issuer="did:example:issuer",
        purpose="revocation",
        encoded_list=encoded or encode_list(indexes, MINIMUM_ENTRIES),
        valid_from=NOW - timedelta(hours=1),
        valid_until=NOW + timedelta(hours=23),
        ttl_milliseconds=60_000,
    )
    subject = {**document["credentialSubject"], **changes.pop("credentialSubject", {})}
    return {**document, "credentialSubject": subject, **changes}


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, MINIMUM_ENTRIES - 1), max_size=40))
def test_a_list_holds_exactly_what_was_set(indexes: set[int]) -> None:
    bits = decode_list(encode_list(indexes, MINIMUM_ENTRIES))
    assert len(bits) == MINIMUM_ENTRIES // 8
    assert all(bit_at(bits, index) for index in indexes)
    assert sum(byte.bit_count() for byte in bits) == len(indexes)


def test_the_same_bits_are_always_the_same_text() -> None:
    assert encode_list([3, 1], MINIMUM_ENTRIES) == encode_list([1, 3, 3], MINIMUM_ENTRIES)


@pytest.mark.parametrize("length", [0, 131_064, 131_073, 2**27 + 8])
def test_our_own_lists_are_never_small_broken_or_huge(length: int) -> None:
    with pytest.raises(StatusListError):
        encode_list([], length)


@pytest.mark.parametrize("index", [-1, MINIMUM_ENTRIES])
def test_an_index_outside_the_list_is_not_encoded(index: int) -> None:
    with pytest.raises(StatusListError):
        encode_list([index], MINIMUM_ENTRIES)


def test_the_credential_of_a_list_has_the_members_of_the_standard() -> None:
    document = status_list(7)
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["validUntil"] == "2026-05-01T23:00:00Z"
    assert document["credentialSubject"]["type"] == "BitstringStatusList"
    assert document["credentialSubject"]["id"] == f"{URL}#list"


def test_an_entry_finds_its_bit() -> None:
    entry = parse_entry(ENTRY)
    assert entry == StatusEntry(URL, 7, "revocation")
    assert read_status(entry, status_list(7), now=NOW) == 1
    assert read_status(entry, status_list(6, 8), now=NOW) == 0


def test_a_list_may_serve_several_purposes() -> None:
    both = status_list(7, credentialSubject={"statusPurpose": ["suspension", "revocation"]})
    assert read_status(parse_entry(ENTRY), both, now=NOW) == 1


def test_a_smaller_list_says_nothing_where_a_bound_is_set() -> None:
    small = status_list(encoded="u" + encode_base64url(gzip.compress(b"\x01\x00")))
    with pytest.raises(StatusListLengthError):
        read_status(parse_entry(ENTRY), small, now=NOW, minimum_entries=24)
    assert read_status(parse_entry(ENTRY), small, now=NOW) == 1


def test_a_message_has_its_width_and_its_words() -> None:
    words = [{"status": "0x0", "message": "fresh"}, {"status": "0x2", "message": "under review"}]
    entry = parse_entry({**ENTRY, "statusPurpose": "message", "statusSize": 2, "statusMessage": words})
    bits = bytes([0b00000000, 0b00000010]) + bytes(2 * MINIMUM_ENTRIES // 8)
    message_list = status_list(
        encoded="u" + encode_base64url(gzip.compress(bits)), credentialSubject={"statusPurpose": "message"}
    )
    assert entry.message(read_status(entry, message_list, now=NOW)) == "under review"
    assert entry.message(1) == ""


@pytest.mark.parametrize(
    "words",
    [
        "fresh",
        ["fresh"],
        [{"status": "0x0"}],
        [{"status": 0, "message": "fresh"}],
        [{"status": "two", "message": "fresh"}],
        [{"status": "0x1", "message": "a"}, {"status": "0x01", "message": "b"}],
        [{"status": f"0x{i}", "message": "a"} for i in range(3)],
    ],
)
def test_messages_that_do_not_fit_their_values_are_refused(words: object) -> None:
    with pytest.raises(StatusError):
        parse_entry({**ENTRY, "statusMessage": words})


@pytest.mark.parametrize(
    "change",
    [
        {"type": "StatusList2021Entry"},
        {"type": None},
        {"statusPurpose": ""},
        {"statusPurpose": ["revocation"]},
        {"statusListCredential": None},
        {"statusListCredential": {"id": URL}},
        {"statusSize": 0},
        {"statusSize": True},
        {"statusSize": "1"},
        {"statusSize": 2},
        {"statusSize": 64, "statusPurpose": "message"},
    ],
)
def test_an_entry_that_is_not_whole_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StatusError):
        parse_entry({**ENTRY, **change})


def test_values_are_read_leftmost_bit_first() -> None:
    bits = bytes([0b10000001, 0b01000000])
    assert [value_at(bits, i, 2) for i in range(8)] == [2, 0, 0, 1, 1, 0, 0, 0]
    assert [value_at(bits, i, 8) for i in range(2)] == [0x81, 0x40]
    assert value_at(bits, 1, 5) == 0b00101
