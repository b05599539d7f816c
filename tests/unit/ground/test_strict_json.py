"""The one JSON reader: what two readers could understand differently is refused, the rest read exactly."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import InputError, MalformedJsonError, TooLargeError
from credserv.ground.strict_json import MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, parse_json, parse_json_object
from tests.testkit.bounds import HANGS_AFTER

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_NUMBERS = st.integers(-(2**200), 2**200) | st.floats(allow_nan=False, allow_infinity=False)
_PLAIN = st.none() | st.booleans() | _NUMBERS | _TEXTS
_VALUES = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner), max_leaves=20)


@given(value=_VALUES, ascii_only=st.booleans())
def test_reads_what_the_standard_library_writes(value: Any, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()

    assert parse_json(raw) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_an_input_error(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except InputError:
        return
    assert value == json.loads(raw)


@given(text=_TEXTS, first=_PLAIN, second=_PLAIN)
def test_attack_32_duplicate_members(text: str, first: Any, second: Any) -> None:
    key, escaped = json.dumps(text), json.dumps(text, ensure_ascii=False)
    raw = f"{{{key}: {json.dumps(first)}, {escaped}: {json.dumps(second)}}}"

    with pytest.raises(MalformedJsonError):
        parse_json(raw.encode())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"iss":"a","iss":"b"}',
        b'{"iss":"a","\\u0069ss":"b"}',
        b'{"a":[{"b":{"c":1,"c":1}}]}',
        b'{"":1,"":2}',
    ],
)
def test_attack_32_duplicate_members_at_any_depth_and_spelling(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError, match="duplicate key"):
        parse_json(raw)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_attack_39_deep_json(opening: bytes) -> None:
    with pytest.raises(TooLargeError, match="nested deeper"):
        parse_json(opening * 100_000)


@pytest.mark.parametrize(
    ("opening", "middle", "closing"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "1", "}")]
)
def test_attack_39_depth_is_bounded_exactly(opening: str, middle: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * depth + middle + closing * depth).encode()

    parse_json(nested(MAX_DEPTH))
    with pytest.raises(TooLargeError, match=f"deeper than {MAX_DEPTH} levels"):
        parse_json(nested(MAX_DEPTH + 1))


def test_attack_39_wide_json_is_bounded_exactly() -> None:
    def wide(count: int) -> bytes:
        return json.dumps([0] * count).encode()

    assert len(parse_json(wide(MAX_MEMBERS))) == MAX_MEMBERS
    with pytest.raises(TooLargeError, match="members"):
        parse_json(wide(MAX_MEMBERS + 1))


def test_attack_39_members_of_all_levels_count_together() -> None:
    half = [0] * (MAX_MEMBERS // 2)

    with pytest.raises(TooLargeError, match="members"):
        parse_json(json.dumps({"a": half, "b": half}).encode())


def test_attack_39_a_million_members_and_a_long_string_are_refused_at_once() -> None:
    million = json.dumps({str(number): 0 for number in range(1_000_000)}).encode()
    started = time.perf_counter()

    for raw in (million, b'"' + b"a" * 20_000_000 + b'"'):
        with pytest.raises(TooLargeError, match="bytes long"):
            parse_json(raw)

    assert time.perf_counter() - started < HANGS_AFTER  # neither is parsed


def test_attack_39_bytes_are_bounded_exactly() -> None:
    fitting = b'"' + b"a" * (MAX_BYTES - 2) + b'"'

    assert len(parse_json(fitting)) == MAX_BYTES - 2
    with pytest.raises(TooLargeError, match="bytes long"):
        parse_json(fitting + b" ")


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1e400", "9" * 1_000, "9" * 1_000_000, "-" + "9" * 1_000]
)
def test_attack_39_numbers_that_nobody_can_keep(number: str) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(number.encode())
    with pytest.raises(MalformedJsonError):
        parse_json(f'{{"a": [{number}]}}'.encode())


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "nan", "inf"])
def test_attack_39_numbers_that_are_none(literal: str) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(f"[{literal}]".encode())


@pytest.mark.parametrize(
    "raw",
    [
        rb'"\ud800"',
        rb'"\udc00\ud800"',
        rb'{"\ud800":1}',
        b'"\xed\xa0\x80"',  # a surrogate in UTF-8's shape
        rb'"\u0000"',
        rb'{"a\u0000":1}',
        b'"\x00"',
        b"\xef\xbb\xbf{}",  # a byte order mark
        b'"\xff"',
        b'"\xc0\xaf"',  # longer than need be
        '{"a":1}'.encode("utf-16"),
        b'"a\nb"',
    ],
)
def test_attack_40_text_that_is_none(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(raw)


@pytest.mark.parametrize("text", ["é", "e\u0301", "\u202eevil", "z\u200bw", "😀", "Ꭺnn"])
def test_attack_40_other_text_is_read_as_it_is(text: str) -> None:
    assert parse_json(json.dumps({text: text}).encode()) == {text: text}
    assert parse_json(json.dumps({text: text}, ensure_ascii=False).encode()) == {text: text}


@pytest.mark.parametrize(
    "raw", [b"", b" ", b"{} {}", b"01", b"+1", b".5", b"1.", b"[1,]", b"{'a':1}", b"/**/1", b"\x0c1", b"tru"]
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"a"', b"null"])
def test_an_object_is_asked_for(raw: bytes) -> None:
    with pytest.raises(MalformedJsonError, match="object"):
        parse_json_object(raw)


def test_numbers_keep_their_kind() -> None:
    value = parse_json(b'{"whole": 12345678901234567890123, "part": 1.0, "yes": true}')

    assert value == {"whole": 12345678901234567890123, "part": 1.0, "yes": True}
    assert isinstance(value["part"], float)
    assert math.isfinite(value["part"])
    assert value["yes"] is True


def test_exact_numbers_are_kept_digit_by_digit() -> None:
    read = parse_json(b"[0.12345678901234567890123, 1.10, 90, 1e307]", exact=True)
    assert [str(one) for one in read] == ["0.12345678901234567890123", "1.10", "90", "1E+307"]


@pytest.mark.parametrize("number", [b"1e999", b"-1e308", b"1e-999999"])
def test_exact_numbers_have_an_end_too(number: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(b"[" + number + b"]", exact=True)
