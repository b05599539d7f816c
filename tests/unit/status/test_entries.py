"""Entries and lists of other forms than ours, one by one: what they must say, and what is refused."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import StatusError, StatusListError, UnavailableError
from credserv.status.revocation_list import ENTRY_TYPE, is_revoked, parse_list_url
from credserv.status.status_list_2021 import parse_entry_2021
from credserv.status.token_status_list import list_of, number_at, pack_bits, parse_reference, unpack

URL = "https://issuer.example/list"


@pytest.mark.parametrize(
    "entry",
    [{"id": URL}, {"type": "Other", "id": URL}, {"type": ENTRY_TYPE}, {"type": ENTRY_TYPE, "id": ""}],
    ids=["no type", "another type", "no address", "empty address"],
)
def test_an_entry_of_a_revocation_list_names_its_kind_and_place(entry: dict[str, Any]) -> None:
    with pytest.raises(StatusError, match=ENTRY_TYPE):
        parse_list_url(entry)
    assert parse_list_url({"type": [ENTRY_TYPE], "id": URL}) == URL


def test_who_names_no_id_is_found_on_no_revocation_list() -> None:
    with pytest.raises(UnavailableError, match="no id"):
        is_revoked({}, {"id": URL, "revokedCredentials": []}, url=URL)


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
    [zlib.compress(b""), zlib.compress(b"abc")[:-2], zlib.compress(b"abc") + b"x", b"no zlib"],
    ids=["empty", "cut short", "something behind", "another coding"],
)
def test_a_list_of_a_token_is_whole_and_alone(packed: bytes) -> None:
    with pytest.raises(StatusListError):
        unpack(encode_base64url(packed))


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
