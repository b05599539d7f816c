"""The words by which skills are found: folded, whole, and as bytes."""

from __future__ import annotations

import re

from credserv.ground.words import fold_words

_WORD = re.compile(r"[^\W_]+[+#]*")  # C++ and C# are words too
_MAX_BYTES = 48
_MAX_WORDS = 6


def split_words(text: str) -> list[str]:
    """Split a text into folded words."""
    return _WORD.findall(text.lower() if text.isascii() else fold_words(text))


def as_key(word: str) -> bytes:
    """Return a word as stored; a long one is cut."""
    return word.encode()[:_MAX_BYTES]


def code_key(code: str) -> bytes:
    """Return a code as one word, whatever it contains."""
    return as_key("".join(fold_words(code).split()))


def asked_words(text: str) -> list[bytes]:
    """Return the words that somebody typed, each once; each may be the beginning of a word."""
    return list(dict.fromkeys(as_key(word) for word in split_words(text)))[:_MAX_WORDS]


def after_prefix(prefix: bytes) -> bytes:
    """Return the smallest key after all keys with this prefix.

    There always is one, because UTF-8 has no byte 0xFF.
    """
    return prefix[:-1] + bytes([prefix[-1] + 1])
