"""JSON Pointer: the examples of RFC 6901, section 5, and what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.sources.pointers import is_pointer, resolve_pointer, unfold

DOCUMENT: dict[str, Any] = {
    **{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7},
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/foo/2", None),
        ("/foo/00", None),
        ("/foo/-", None),
        ("/foo/-1", None),
        ("/none/at/all", None),
        ("/foo/0/0", None),
    ],
)
def test_what_stands_there(pointer: str, value: Any) -> None:
    assert resolve_pointer(DOCUMENT, pointer) == value


def test_a_star_goes_through_lists_alone() -> None:
    document = {"payloads": [{"id": 1}, {"id": 2}], "map": {"a": 1}}
    assert list(unfold(document, "/payloads/*")) == [("/payloads/0", {"id": 1}), ("/payloads/1", {"id": 2})]
    assert list(unfold(document, "/payloads/*/id")) == [("/payloads/0/id", 1), ("/payloads/1/id", 2)]
    assert list(unfold(document, "/map/*")) == []
    assert list(unfold(document, "")) == [("", document)]


@pytest.mark.parametrize(
    ("text", "is_one"), [("", True), ("/a", True), ("a", False), ("/a~2", False), ("/~01", True)]
)
def test_what_is_one(text: str, is_one: bool) -> None:
    assert is_pointer(text) is is_one
