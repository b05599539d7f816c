"""Places are JSON Pointers, and a reader goes on after a fault."""

from typing import Any

import pytest

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.ground.reading import FaultList, ObjectReader, pointer


def reader(value: Any) -> tuple[ObjectReader, FaultList]:
    faults = FaultList()
    return ObjectReader(value, "", faults, members=None), faults


def places(faults: FaultList) -> list[str]:
    return [fault.place for fault in faults.faults]


def test_keys_are_escaped_in_places() -> None:
    assert pointer("") == ""
    assert pointer("/a", 0, "b/c", "d~e", "", "~1") == "/a/0/b~1c/d~0e//~01"


def test_no_fault_no_error() -> None:
    FaultList().require("it")


def test_every_fault_is_in_the_error() -> None:
    faults = FaultList()
    faults.add("/a", "x")
    with pytest.raises(SchemaFaultsError, match="the file has one fault"):
        faults.require("the file")
    faults.extend([Fault("/b", "y")])
    with pytest.raises(SchemaFaultsError, match="the file has 2 faults") as caught:
        faults.require("the file")
    assert caught.value.faults == (Fault("/a", "x"), Fault("/b", "y"))


def test_absent_and_null_are_alike_and_a_fault_only_where_required() -> None:
    values, faults = reader({"a": None})
    for name in ("a", "b"):
        assert values.read_text(name) is None
        assert values.read_flag(name) is None
        assert values.read_fraction(name) is None
        assert values.read_whole(name, low=0, high=9) is None
        assert values.read_object(name, members=()) is None
        assert values.read_objects(name, members=()) == ()
    assert places(faults) == []
    values.read_text("a", required=True)
    values.read_object("b", members=(), required=True)
    assert places(faults) == ["/a", "/b"]


@pytest.mark.parametrize("text", ["", "  \n", "a\x00", "a\x1b[0m", "a\x85", "x" * 11, 7, True, [], {}])
def test_texts_that_are_none(text: Any) -> None:
    values, faults = reader({"t": text})
    assert values.read_text("t", max_chars=10) is None
    assert places(faults) == ["/t"]


@pytest.mark.parametrize("number", [True, "1", 1.5, -1, 10, float("nan"), float("inf"), 10**400, [1]])
def test_numbers_that_are_not_whole_or_out_of_bounds(number: Any) -> None:
    values, faults = reader({"n": number})
    assert values.read_whole("n", low=0, high=9) is None
    assert places(faults) == ["/n"]


@pytest.mark.parametrize("number", [0, 9, 3.0])
def test_whole_numbers(number: float) -> None:
    values, _ = reader({"n": number})
    assert values.read_whole("n", low=0, high=9) == number


@pytest.mark.parametrize("number", [True, "1", -0.1, 1.1, float("nan"), float("inf"), 10**400])
def test_numbers_that_are_no_fraction(number: Any) -> None:
    values, faults = reader({"n": number})
    assert values.read_fraction("n") is None
    assert places(faults) == ["/n"]


def test_what_is_no_object_is_one_fault_and_reads_as_empty() -> None:
    values, faults = reader([1])
    assert values.read_text("a", required=True) is None
    assert places(faults) == [""]


def test_lists_of_objects() -> None:
    values, faults = reader({"l": [{"a": 1}, 7, {"b": 1}], "none": [], "text": "x", "long": [{}] * 4})
    first, second, third = values.read_objects("l", members=("a",))
    assert (first.place, second.is_object, third.place) == ("/l/0", False, "/l/2")
    for name in ("none", "text"):
        assert values.read_objects(name, members=()) == ()
    assert values.read_objects("long", members=(), max_items=3) == ()
    assert places(faults) == ["/l/1", "/l/2/b", "/none", "/text", "/long"]
