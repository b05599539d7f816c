"""The secret box: what it seals, only the same secret key opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import SettingsError
from credserv.store.frame.secrets import SecretBox

_KEY = b"k" * 32


@given(st.text())
def test_a_text_comes_back(text: str) -> None:
    box = SecretBox(_KEY)
    try:
        sealed = box.seal(text)
    except UnicodeEncodeError:  # lone surrogates are no text
        return
    assert SecretBox(_KEY).unseal(sealed) == text
    assert sealed != box.seal(text)


def test_an_altered_or_foreign_one_is_refused() -> None:
    sealed = SecretBox(_KEY).seal("whsec_1")
    middle = len(sealed) // 2
    altered = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]

    for box, text in ((SecretBox(b"l" * 32), sealed), (SecretBox(_KEY), altered), (SecretBox(_KEY), "")):
        with pytest.raises(SettingsError, match="CREDSERV_SECRET_KEY"):
            box.unseal(text)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="32 bytes"):
        SecretBox(b"k" * 31)
