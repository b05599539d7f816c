"""Words as searches compare them: people type names without accents, in any case and any order."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not decompose into a base letter and a mark.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_MAX_WORDS = 8


def fold_words(text: str) -> str:
    """Return lower case without accents, ligatures and full-width forms; `Straße` as `strasse` (attack
    40)."""
    if text.isascii():  # lower case is then all there is to do
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare.translate(_PLAIN))


def search_words(text: str) -> list[str]:
    """Return the distinct words of a search, at most eight."""
    return list(dict.fromkeys(fold_words(text).split()))[:_MAX_WORDS]


def search_text(email: str | None, name: str | None) -> str:
    """Return the text a person is found by.

    A line break keeps words from matching across address and name.
    """
    return fold_words("\n".join(part for part in (email, name) if part))
