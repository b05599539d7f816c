"""The words that skills are found by: folded, whole, and as bytes."""

from __future__ import annotations

import re

from credserv.ground.words import fold_words

_WORD = re.compile(r"[^\W_]+[+#]*")  # C++ and C# are words of their own
_MAX_BYTES = 48
_MAX_WORDS = 6


def split_words(text: str) -> list[str]:
    return _WORD.findall(text.lower() if text.isascii() else fold_words(text))


def as_key(word: str) -> bytes:
    """A word as it is stored; a long one by its beginning."""
    return word.encode()[:_MAX_BYTES]


def code_key(code: str) -> bytes:
    """A code is one word, whatever stands in it."""
    return as_key("".join(fold_words(code).split()))


def asked_words(text: str) -> list[bytes]:
    """The words of what somebody types, each once; each may be the beginning of a word."""
    return list(dict.fromkeys(as_key(word) for word in split_words(text)))[:_MAX_WORDS]


def after_prefix(prefix: bytes) -> bytes:
    """The least key that does not begin with the prefix. UTF-8 has no byte 0xFF, so there always is one."""
    return prefix[:-1] + bytes([prefix[-1] + 1])
