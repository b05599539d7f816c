"""One normal form of an address, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.store.emails import fold, normalise_email


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Ann.Example@Example.ORG\n", "ann.example@example.org"),
        ("ÄNN@BÜCHER.example", "änn@bücher.example"),
        ("a\u0308nn@example.org", "änn@example.org"),
    ],
)
def test_the_normal_form(written: str, normal: str) -> None:
    assert normalise_email(written) == normal


@given(st.text())
def test_it_is_its_own_normal_form(text: str) -> None:
    assert normalise_email(normalise_email(text)) == normalise_email(text)
    assert fold(fold(text)) == fold(text)
