"""Entries and lists of other forms than ours, one by one: what they must say, and what is refused."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import StatusError, StatusListError, StatusListLengthError, UnavailableError
from credserv.status.bitstring import MAX_LIST_BYTES, spell_list
from credserv.status.revocation_list import ENTRY_TYPE, is_revoked, parse_list_url
from credserv.status.status_list_2021 import parse_entry_2021
from credserv.status.token_status_list import list_of, number_at, pack_bits, parse_reference, unpack

URL = "https://issuer.example/list"


@pytest.mark.parametrize(
    "entry",
    [
        {"id": URL},
        {"type": "Other", "id": URL},
        {"type": ENTRY_TYPE},
        {"type": ENTRY_TYPE, "id": ""},
        {"type": ENTRY_TYPE, "id": [URL]},
    ],
    ids=["no type", "another type", "no address", "empty address", "several addresses"],
)
def test_an_entry_of_a_revocation_list_names_its_kind_and_place(entry: dict[str, Any]) -> None:
    with pytest.raises(StatusError, match=ENTRY_TYPE):
        parse_list_url(entry)
    assert parse_list_url({"type": [ENTRY_TYPE], "id": URL}) == URL


def test_who_names_no_id_is_found_on_no_revocation_list() -> None:
    with pytest.raises(UnavailableError, match="no id"):
        is_revoked({}, {"id": URL, "revokedCredentials": []}, url=URL)


@pytest.mark.parametrize(
    "named", [str.upper, str.title, lambda name: f" {name}", lambda name: name.replace(":", "%3A")]
)
def test_a_uuid_is_the_same_in_capital_letters(named: Callable[[str], str]) -> None:
    own = "urn:uuid:1f2e3d4c-0000-4000-8000-00000000abcd"
    assert is_revoked({"id": own}, {"id": URL, "revokedCredentials": [named(own)]}, url=URL)


def test_an_entry_of_2021_names_its_kind() -> None:
    entry = {"statusPurpose": "revocation", "statusListIndex": "3", "statusListCredential": URL}
    with pytest.raises(StatusError, match="StatusList2021Entry"):
        parse_entry_2021({**entry, "type": "BitstringStatusListEntry"})
    assert parse_entry_2021({**entry, "type": "StatusList2021Entry"}).index == 3


def test_the_bits_of_ours_are_packed_from_the_other_end() -> None:
    packed = unpack(pack_bits(b"\x80\x01"))
    assert [number_at(packed, 1, index) for index in (0, 1, 14, 15)] == [1, 0, 0, 1]


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(b""),
        zlib.compress(b"abc")[:-2],
        zlib.compress(b"abc") + b"x",
        b"no zlib",
        zlib.compress(bytes(MAX_LIST_BYTES + 1)),
    ],
    ids=["empty", "cut short", "something behind", "another coding", "too long"],
)
def test_a_list_of_a_token_is_whole_and_alone(packed: bytes) -> None:
    with pytest.raises(StatusListError, match="longer than" if len(packed) > 100 else "list"):
        unpack(encode_base64url(packed))


def test_a_list_of_a_token_may_be_16_mib_long() -> None:
    assert len(unpack(encode_base64url(zlib.compress(bytes(MAX_LIST_BYTES))))) == MAX_LIST_BYTES


def test_the_example_of_the_draft_is_read_as_it_says() -> None:
    """draft-ietf-oauth-status-list, section 4.1: of one bit and of two bits for each entry."""
    assert [number_at(b"\xb9\xa3", 1, index) for index in range(16)] == [
        *(1, 0, 0, 1, 1, 1, 0, 1),
        *(1, 1, 0, 0, 0, 1, 0, 1),
    ]
    two = [number_at(b"\xc9\x44\xf9", 2, index) for index in range(12)]
    assert two == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    for size, index in ((1, 16), (2, 8), (8, 2)):
        with pytest.raises(StatusListLengthError, match="behind the end"):
            number_at(b"\xb9\xa3", size, index)


@pytest.mark.parametrize(
    "listed",
    [None, "x", {"bits": 1}, {"bits": 1, "lst": 7}, {"lst": "x"}, [1, "x"]],
    ids=["none", "a text", "no list", "a number", "no bits", "a list"],
)
def test_a_token_without_a_list_has_none(listed: object) -> None:
    with pytest.raises(StatusListError, match="carries no list"):
        list_of({"status_list": listed})


@pytest.mark.parametrize("url", [None, 7, ["x"], {}, "", "x" * 2_001])
def test_the_address_of_a_token_s_list_is_a_text_of_bounded_length(url: object) -> None:
    with pytest.raises(StatusError, match="uri"):
        parse_reference({"idx": 0, "uri": url})
    assert parse_reference({"idx": 0, "uri": "x"}).list_url == "x"
    assert parse_reference({"idx": 2**27 - 1, "uri": "x" * 2_000}).index == 2**27 - 1
    with pytest.raises(StatusError, match="idx"):
        parse_reference({"idx": 2**27, "uri": URL})


OURS: dict[str, Any] = {"id": "urn:uuid:1", "issuer": {"id": "did:example:issuer"}}


@pytest.mark.parametrize(
    ("listed", "revoked"),
    [
        ([], False),
        (["urn:uuid:1"], True),
        (["urn:uuid:2", " urn%3Auuid%3A1 "], True),
        ([{"id": "urn:uuid:1"}], True),
        ([{"id": "urn:uuid:1", "revoked": True}], True),
        ([{"id": "urn:uuid:1", "revoked": "no"}], True),
        ([{"id": "urn:uuid:1", "revoked": False}], False),
        ([{"id": "urn:uuid:2"}], False),
    ],
)
def test_who_is_named_and_not_as_unrevoked_is_revoked(listed: list[Any], revoked: bool) -> None:
    for said in ({}, {"id": URL}, {"issuer": "did:example:issuer"}):
        assert is_revoked(OURS, {**said, "revokedCredentials": listed}, url=URL) is revoked


@pytest.mark.parametrize("listed", [None, "urn:uuid:2", {}, [7], [{}], [{"id": 7}], [None]])
def test_a_list_that_names_what_cannot_be_read_says_nothing(listed: object) -> None:
    with pytest.raises(UnavailableError, match="revo"):
        is_revoked(OURS, {"id": "https://other.example", "revokedCredentials": listed}, url=URL)


def test_a_list_of_nothing_says_by_its_address_or_issuer_that_it_is_one() -> None:
    assert not is_revoked(OURS, {"id": URL}, url=URL)
    assert not is_revoked(OURS, {"issuer": "did:example:issuer"}, url=URL)
    assert not is_revoked({"id": "urn:uuid:1"}, {"id": URL}, url=URL)
    for document, listed in ((OURS, {"issuer": "did:example:other"}), ({"id": "urn:uuid:1"}, {}), (OURS, {})):
        with pytest.raises(UnavailableError, match="no revokedCredentials"):
            is_revoked(document, listed, url=URL)


@pytest.mark.parametrize(
    "other",
    [
        {"revokedCredential": ["urn:uuid:1"]},
        {"revokedCredential": "urn:uuid:1"},
        {"revokedAssertions": [{"id": "urn:uuid:1"}]},
        {"RevokedCredentials": {"urn:uuid:1": "by mistake"}},
        {"credentials": ["urn:uuid:1"]},
        {"credentialSubject": [{"id": "urn:uuid:1"}]},
    ],
)
@pytest.mark.parametrize("own", [{}, {"revokedCredentials": []}])
def test_a_list_under_another_name_may_be_what_names_it(own: dict[str, Any], other: dict[str, Any]) -> None:
    listed = {"id": URL, "issuer": "did:example:issuer", **own, **other}
    with pytest.raises(UnavailableError, match="no revokedCredentials"):
        is_revoked(OURS, listed, url=URL)
    assert is_revoked(OURS, {**listed, "revokedCredentials": ["urn:uuid:1"]}, url=URL)


def test_what_else_a_revocation_list_may_say() -> None:
    said = {"@context": ["https://x.example"], "type": ["RevocationList"], "id": URL, "proof": [{}]}
    assert not is_revoked(OURS, {**said, "name": "Taken back", "validFrom": "2026-03-14T09:00:00Z"}, url=URL)


@pytest.mark.parametrize("encoded", ["H4sIAAAAAAAC-_8_", "H4sIAAAAAAAC+/8/", "H4sIAAAAAAAC-_8_="])
def test_a_list_may_be_written_in_either_alphabet(encoded: str) -> None:
    assert spell_list(encoded) == "uH4sIAAAAAAAC-_8_"


@pytest.mark.parametrize("encoded", ["zH4sI", "H4s", "_H4sI"])
def test_a_list_in_another_base_stays_as_it_is_written(encoded: str) -> None:
    assert spell_list(encoded) == encoded


@pytest.mark.parametrize("index", [True, -1, "1", 1.0, None])
def test_a_place_on_a_list_is_a_number(index: object) -> None:
    with pytest.raises(StatusError, match="idx"):
        parse_reference({"idx": index, "uri": URL})
    with pytest.raises(StatusError, match="uri"):
        parse_reference({"idx": 0, "uri": ""})
    assert parse_reference({"idx": 0, "uri": URL}).index == 0


@pytest.mark.parametrize("size", [True, 3, "1", None])
def test_a_list_says_how_many_bits_an_entry_has(size: object) -> None:
    with pytest.raises(StatusListError, match="1, 2, 4 or 8"):
        list_of({"status_list": {"bits": size, "lst": "x"}})
    assert list_of({"status_list": {"bits": 8, "lst": "x"}}) == (8, "x")
