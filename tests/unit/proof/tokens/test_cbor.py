"""CBOR in one spelling. The good encodings are those of RFC 8949, appendix A."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvc.proof.ecdsa_sd import decode_cbor as their_decode
from openvc.proof.ecdsa_sd import encode_cbor as their_encode

from credserv.ground.errors import InputError
from credserv.proof.tokens.cbor import NEGATIVE, TEXT, Value, decode_cbor, encode_bytes, encode_cbor


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("18ff", 255),
        ("190100", 256),
        ("1903e8", 1_000),
        ("1a00010000", 65_536),
        ("1a000f4240", 1_000_000),
        ("1b0000000100000000", 2**32),
        ("1bffffffffffffffff", 18_446_744_073_709_551_615),
        ("40", b""),
        ("4401020304", b"\1\2\3\4"),
        ("80", []),
        ("8301820203820405", [1, [2, 3], [4, 5]]),
        ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))),
        ("a0", {}),
        ("a201020304", {1: 2, 3: 4}),
        ("a203040102", {1: 2, 3: 4}),
        ("5818" + "00" * 24, bytes(24)),
        ("590100" + "00" * 256, bytes(256)),
    ],
)
def test_decoded(encoded: str, value: Any) -> None:
    assert decode_cbor(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "0000",  # two items
        "1817",  # 23, 255, 65,535 and 2^32-1 spelt longer than need be
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "18",
        "1901",
        "581700" + "00" * 22,
        "42ff",  # cut short
        "8201",
        "a101",
        "9bffffffffffffffff",  # more than there can be
        "5bffffffffffffffff",
        "bbffffffffffffffff",
        "20",  # negative
        "6161",  # text
        "c100",  # tag
        "d9d9f7" + "00",
        "f4",  # simple values, floats
        "f6",
        "f93c00",
        "1c",  # reserved
        "1c80" + "00" * 15,
        "5c80" + "00" * 15,
        "1f",
        "5f42010243030405ff",  # indefinite length
        "9f01ff",
        "bf0102ff",
        "a201020103",  # one key twice
        "a1400100",  # a key that is bytes
        "818181818181" + "00",  # too deep
    ],
)
def test_refused(encoded: str) -> None:
    with pytest.raises(InputError):
        decode_cbor(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("20", -1),
        ("3863", -100),
        ("3b7fffffffffffffff", -(2**63)),
        ("60", ""),
        ("6161", "a"),
        ("62c3bc", "\u00fc"),
        ("a1200a", {-1: 10}),
        ("a22001206161", None),  # one key twice
        ("61ff", None),  # no UTF-8
        ("3817", None),  # longer than need be
        ("f6", None),
        ("a1616101", None),  # a key that is text
    ],
)
def test_negative_integers_and_texts_where_they_are_asked_for(encoded: str, value: Any) -> None:
    data, also = bytes.fromhex(encoded), frozenset({NEGATIVE, TEXT})
    if value is None:
        with pytest.raises(InputError):
            decode_cbor(data, also)
        return
    assert decode_cbor(data, also) == value
    with pytest.raises(InputError):
        decode_cbor(data)


@pytest.mark.parametrize(
    "value",
    [
        *(
            0,
            23,
            24,
            255,
            256,
            65_535,
            65_536,
            2**32,
            2**64 - 1,
            -1,
            -24,
            -25,
            -256,
            -257,
            "",
            "ü",
            b"",
            [],
            {},
        ),
        *([1, [b"a", "b"]], {2: 1, 1: {-3: [2]}}, {n: n for n in range(25)}, [0] * 24),
    ],
    ids=repr,
)
def test_what_is_written_is_read(value: Value) -> None:
    assert decode_cbor(encode_cbor(value), frozenset({NEGATIVE, TEXT})) == value


def test_a_maps_members_are_written_in_the_order_given() -> None:
    assert encode_cbor({3: 4, 1: 2}).hex() == "a203040102"


@pytest.mark.parametrize("opened", [4, 5])
def test_depth_has_its_bound(opened: int) -> None:
    for inner in (b"\x81", b"\xa1\x00"):
        assert decode_cbor(inner * opened + b"\x00")
    for inner in (b"\x81", b"\xa1\x00"):
        with pytest.raises(InputError, match="too deep"):
            decode_cbor(inner * 6 + b"\x00")


@pytest.mark.parametrize("length", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_written_byte_strings_are_read(length: int) -> None:
    assert decode_cbor(encode_bytes(bytes(length))) == bytes(length)


def test_attack_39_a_megabyte_of_openings_is_refused_fast() -> None:
    with pytest.raises(InputError):
        decode_cbor(b"\x81" * 1_000_000)


values = st.recursive(
    st.integers(0, 2**64 - 1) | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.integers(0, 2**40), inner, max_size=30),
    max_leaves=30,
).filter(lambda value: depth(value) <= 4)


def depth(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return max((1 + depth(item) for item in inner), default=0)


@given(values)
def test_what_another_encoder_writes_is_read(value: Any) -> None:
    assert decode_cbor(their_encode(value)) == value


@given(st.binary(max_size=24))
def test_what_is_read_another_decoder_reads_alike(data: bytes) -> None:
    try:
        value = decode_cbor(data)
    except InputError:
        return
    assert their_decode(data) == value
