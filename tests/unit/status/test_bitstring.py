import base64
import gzip
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import StatusError, StatusListError, StatusListLengthError, UnavailableError
from credserv.status.bitstring import (
    BITSTRING,
    MAX_LIST_BYTES,
    MINIMUM_ENTRIES,
    StatusEntry,
    bit_at,
    build_status_list_credential,
    decode_list,
    encode_list,
    open_list,
    parse_entry,
    parse_index,
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


def test_a_list_may_have_its_subject_in_an_array_of_one() -> None:
    one = status_list(7)
    one["credentialSubject"] = [one["credentialSubject"]]
    assert read_status(parse_entry(ENTRY), one, now=NOW) == 1
    one["credentialSubject"] *= 2
    with pytest.raises(StatusListError, match="subject of the list"):
        read_status(parse_entry(ENTRY), one, now=NOW)


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
def test_messages_that_do_not_fit_their_values_are_none(words: object) -> None:
    """They would decide nothing either."""
    assert parse_entry({**ENTRY, "statusPurpose": "message", "statusMessage": words}).messages == ()
    assert parse_entry({**ENTRY, "statusMessage": words}) == parse_entry(ENTRY)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "StatusList2021Entry"},
        {"type": None},
        {"statusPurpose": ""},
        {"statusPurpose": ["revocation", "suspension"]},
        {"statusListCredential": None},
        {"statusListCredential": {"id": URL}},
        {"statusSize": 0},
        {"statusSize": True},
        {"statusSize": "01"},
        {"statusSize": -1},
        {"statusSize": 1.5},
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


def packed(bits: bytes) -> str:
    return "u" + encode_base64url(gzip.compress(bits, mtime=0))


def test_a_list_may_be_16_mib_long_and_not_longer() -> None:
    assert len(decode_list(packed(bytes(MAX_LIST_BYTES)))) == MAX_LIST_BYTES
    with pytest.raises(StatusListError, match="longer than"):
        decode_list(packed(bytes(MAX_LIST_BYTES + 1)))
    longest = decode_list(encode_list([MAX_LIST_BYTES * 8 - 1], MAX_LIST_BYTES * 8))
    assert longest == bytes(MAX_LIST_BYTES - 1) + b"\x01"


def test_a_list_has_no_time_in_it() -> None:
    """RFC 1952, 2.3.1: four bytes of MTIME behind the first four; 0 where there is none."""
    assert decode_base64url(encode_list([], MINIMUM_ENTRIES)[1:])[4:8] == bytes(4)


@pytest.mark.parametrize(
    "encoded",
    [
        "z" + encode_base64url(gzip.compress(b"\x01")),
        "u" + encode_base64url(zlib.compress(b"\x01")),
        "u" + encode_base64url(gzip.compress(b"\x01") * 2),
        "u" + encode_base64url(gzip.compress(b"\x01")[:-1]),
        "u" + encode_base64url(gzip.compress(b"")),
        "u" + encode_base64url(b""),
        "u====",
        "",
    ],
    ids=["another base", "zlib", "two members", "cut short", "no bits", "nothing", "no base64url", "no text"],
)
def test_an_encoded_list_is_one_whole_gzip_member_in_base64url(encoded: str) -> None:
    with pytest.raises(StatusListError):
        decode_list(encoded)


def test_no_value_is_read_before_or_behind_a_list() -> None:
    assert (value_at(b"\x80\x01", 0), value_at(b"\x80\x01", 15), value_at(b"\x80\x01", 1, 8)) == (1, 1, 1)
    for index, size in ((-1, 1), (16, 1), (17, 1), (2, 8), (1, 9)):
        with pytest.raises(StatusListError):
            value_at(b"\x80\x01", index, size)


@pytest.mark.parametrize(
    "index", ["", "07", "+7", "-7", " 7", "7 ", "7.0", "٧", "1" * 13, -1, 7.0, True, None, [7]]
)
def test_an_index_has_one_spelling(index: object) -> None:
    with pytest.raises(StatusError, match="decimal digits"):
        parse_entry({**ENTRY, "statusListIndex": index})
    assert [parse_index(one) for one in ("0", "7", 7, "9" * 12)] == [0, 7, 7, 999_999_999_999]


@pytest.mark.parametrize("missing", ["statusPurpose", "statusListCredential"])
@pytest.mark.parametrize("value", ["", 0, None, [], ["x", "y"]])
def test_an_entry_says_its_purpose_and_its_list(missing: str, value: object) -> None:
    with pytest.raises(StatusError, match="purpose or the URL"):
        parse_entry({**ENTRY, missing: value})


@pytest.mark.parametrize("size", [1, 2, 8])
def test_an_entry_has_one_to_eight_bits(size: int) -> None:
    assert parse_entry({**ENTRY, "statusPurpose": "message", "statusSize": size}).size == size
    words = [{"status": hex(value), "message": str(value)} for value in range(1 << size)]
    entry = parse_entry({**ENTRY, "statusPurpose": "message", "statusSize": size, "statusMessage": words})
    assert [entry.message(value) for value in range(1 << size)] == [str(value) for value in range(1 << size)]
    with pytest.raises(UnavailableError, match="at most 8 are read"):
        parse_entry({**ENTRY, "statusSize": 9})


def test_a_revocation_of_several_bits_is_read_at_its_width() -> None:
    """Section 3.2: what is not 0 is not valid."""
    encoded = "u" + encode_base64url(gzip.compress(bytes([0b00100000])))
    entries = [parse_entry({**ENTRY, "statusListIndex": str(at), "statusSize": 2}) for at in range(4)]
    values = [read_status(entry, status_list(encoded=encoded), now=NOW) for entry in entries]
    assert values == [0, 2, 0, 0]


def test_a_list_is_read_in_each_spelling_of_base64_that_issuers_use() -> None:
    encoded = encode_list([5], MINIMUM_ENTRIES)
    packed = gzip.compress(bytes([4]) + bytes(16_383), mtime=0)
    padded, other = base64.urlsafe_b64encode(packed).decode(), base64.b64encode(packed).decode()
    assert padded.endswith("=")
    assert "/" in other
    for text in (encoded, encoded[1:], padded, other, "U" + padded, "M" + other, "m" + other.rstrip("=")):
        for index, expected in (("5", 1), ("6", 0)):
            entry = parse_entry({**ENTRY, "statusListIndex": index})
            assert read_status(entry, status_list(encoded=text), now=NOW) == expected
    for other in ("z" + encoded[1:], "H4sI" + encoded[1:], "uu" + encoded[1:], "u"):
        with pytest.raises(StatusListError):
            read_status(parse_entry(ENTRY), status_list(encoded=other), now=NOW)


@pytest.mark.parametrize(
    "words", ["", {}, 7, [7], [{"status": "0x0", "message": 7}], [{"status": "0x123", "message": "a"}]]
)
def test_a_message_is_a_number_and_a_text(words: object) -> None:
    assert parse_entry({**ENTRY, "statusPurpose": "message", "statusMessage": words}).messages == ()


def test_an_entry_is_read_as_it_is_signed() -> None:
    """A list of one is signed like its element, and other types beside its own change nothing."""
    words = {"status": "0x1", "message": "fresh"}
    entry = {**ENTRY, "statusPurpose": "message"}
    assert parse_entry({**entry, "statusMessage": words}) == parse_entry({**entry, "statusMessage": [words]})
    assert parse_entry({**ENTRY, "type": ["Other", ENTRY["type"]]}) == parse_entry(ENTRY)
    for name in ("statusPurpose", "statusListCredential"):
        assert parse_entry({**ENTRY, name: [ENTRY[name]]}) == parse_entry(ENTRY)
    for size in (1, "1", None):
        assert parse_entry({**ENTRY, "statusSize": size}) == parse_entry(ENTRY)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": ["VerifiableCredential"]}, "is not a BitstringStatusListCredential"),
        ({"credentialSubject": {"type": "Other"}}, "subject of the list"),
        ({"credentialSubject": {"statusPurpose": "suspension"}}, "does not serve the purpose"),
        ({"credentialSubject": {"statusPurpose": None}}, "does not serve the purpose"),
        ({"credentialSubject": {"encodedList": None}}, "has no encodedList"),
        ({"credentialSubject": {"encodedList": 7}}, "has no encodedList"),
        ({"validFrom": "2026-04-29T00:00:00Z", "validUntil": "2026-04-30T00:00:00Z"}, "itself has expired"),
        (
            {"validFrom": "2026-05-02T00:00:00Z", "validUntil": "2026-05-03T00:00:00Z"},
            "itself is not valid yet",
        ),
    ],
)
def test_a_list_that_is_none_for_this_entry_says_nothing(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(StatusListError, match=words):
        read_status(parse_entry(ENTRY), status_list(7, **changes), now=NOW)


@pytest.mark.parametrize("subject", [None, [], "BitstringStatusList", [{"type": "BitstringStatusList"}] * 2])
def test_the_subject_of_a_list_is_one_object(subject: object) -> None:
    with pytest.raises(StatusListError, match="subject of the list"):
        open_list({**status_list(7), "credentialSubject": subject}, BITSTRING)


def test_dates_of_a_list_that_cannot_be_read_make_no_credential_false() -> None:
    with pytest.raises(UnavailableError, match="dates of the status list"):
        read_status(parse_entry(ENTRY), status_list(7, validUntil="tomorrow"), now=NOW)


def test_the_clocks_of_two_machines_may_differ_by_as_much_as_is_said() -> None:
    early = status_list(7, validFrom="2026-05-01T00:00:30Z")
    assert read_status(parse_entry(ENTRY), early, now=NOW, clock_skew_seconds=30) == 1
    with pytest.raises(StatusListError, match="not valid yet"):
        read_status(parse_entry(ENTRY), early, now=NOW, clock_skew_seconds=29)


def test_how_many_entries_a_list_has_depends_on_their_width() -> None:
    entry = parse_entry({**ENTRY, "statusPurpose": "message", "statusSize": 2, "statusListIndex": "3"})
    small = status_list(encoded=packed(b"\x01\x00"), credentialSubject={"statusPurpose": "message"})
    assert read_status(entry, small, now=NOW, minimum_entries=8) == 1
    with pytest.raises(StatusListLengthError, match="8 entries; below 9"):
        read_status(entry, small, now=NOW, minimum_entries=9)
    nothing = status_list(encoded=packed(b"\x00"), credentialSubject={"statusPurpose": "message"})
    with pytest.raises(StatusListError, match="outside the list"):
        read_status(
            parse_entry({**ENTRY, "statusPurpose": "message", "statusListIndex": "8"}), nothing, now=NOW
        )
