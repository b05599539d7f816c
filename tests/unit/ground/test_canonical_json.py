"""The fast way and rfc8785 make the same bytes, or both refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.canonical_json import canonize_json, to_json
from credserv.ground.errors import InputError

NUMBERS = st.integers() | st.floats() | st.sampled_from([0.1, 3.0, -0.0, 1e-5, 1e16, 1e21, 5e-324, 2.0**53])
LEAVES = st.none() | st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_it_is_what_rfc8785_makes_or_both_refuse(document: dict[str, Any]) -> None:
    try:
        expected = rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, ValueError):
        with pytest.raises(InputError):
            canonize_json(document)
    else:
        assert canonize_json(document) == expected


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (1e16, "10000000000000000"),
        (1e21, "1e+21"),
        (3.0, "3"),
        (-0.0, "0"),
        (0.0001, "0.0001"),
        (123456789012345.6, "123456789012345.6"),
        (2**53 - 1, "9007199254740991"),
        ("\x7f\u2028\u0007\b€\U0001f600", '"\x7f\u2028\\u0007\\b€\U0001f600"'),
    ],
)
def test_numbers_and_texts_are_written_as_ecmascript_does(value: object, written: str) -> None:
    assert canonize_json({"a": value}) == f'{{"a":{written}}}'.encode()


def test_names_are_sorted_by_utf_16_code_units() -> None:
    names = ["\ufb33", "\U0001f600", "€", "b", "a"]
    document = dict.fromkeys(names, 1)
    assert list(json.loads(canonize_json(document))) == ["a", "b", "€", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {1: "a"}, b"a", {1}]
)
def test_what_has_no_agreed_form_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        canonize_json({"a": [value]})


def test_a_value_that_holds_itself_is_refused() -> None:
    document: dict[str, Any] = {}
    document["a"] = [document]
    with pytest.raises(InputError):
        canonize_json(document)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_plain_json_is_read_again_as_it_was_or_is_refused(document: dict[str, Any]) -> None:
    try:
        expected = json.dumps(document, allow_nan=False)
        json.dumps(document, ensure_ascii=False).encode()
    except ValueError:
        with pytest.raises(InputError):
            to_json(document)
    else:
        found = json.loads(to_json(document))
        assert json.dumps(found) == expected  # to the order of the members, and the kind of each number


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), "\ud800", b"a", {1}, datetime(2026, 1, 1, tzinfo=UTC)]
)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        to_json({"a": [value]})


def test_a_value_that_holds_itself_has_no_json() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(InputError):
        to_json(value)


def test_an_ordinary_document_takes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfc8785, "dumps", None)
    assert canonize_json({"b": 2.5, "a": [True, None, "ö"]}) == '{"a":[true,null,"ö"],"b":2.5}'.encode()
