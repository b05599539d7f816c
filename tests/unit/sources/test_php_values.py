"""PHP's serialized values, as far as Moodle's log has them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.sources.php_values import parse_php


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N;", None),
        ("b:1;", True),
        ("i:-5;", -5),
        ("d:0.5;", Decimal("0.5")),
        ('s:7:"Zoë€";', "Zoë€"),
        ('s:3:"a"b";', 'a"b'),
        ("a:0:{}", {}),
        ('a:2:{i:0;s:1:"x";s:1:"k";a:1:{i:1;N;}}', {"0": "x", "k": {"1": None}}),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert parse_php(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "N", "x", "i:5", "i:x;", "b:2;", "d:NAN;", "d:INF;", "d:1E+999999;", "i:" + "9" * 500 + ";"),
        *('s:5:"a";', 's:-1:"";', 's:1:"a"', "a:1:{}", "a:-1:{}", "a:99999999:{}", "a:1:{N;", "N;N;"),
        *(
            'O:8:"stdClass":0:{}',
            "R:1;",
            'C:1:"A":0:{}',
            "a:1:{a:0:{}i:1;}",
            "a:1:{i:0;" * 40 + "N;" + "}" * 40,
        ),
    ],
)
def test_what_is_none_of_them(text: str) -> None:
    with pytest.raises(InputError):
        parse_php(text)
