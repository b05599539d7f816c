"""Whether stored content names somebody, by id or address.

An address inside a longer one belongs to somebody else: `joann@example.org` does not name `ann@example.org`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, cast, false, func, or_

from credserv.store import tables as t

_BEFORE = r"(^|[^a-z0-9._+-]|\\[bfnrt])"  # JSON writes a line break with a letter
_AFTER = r"(?=$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))"


def says(column: Column[Any], words: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of the words occurs, in any case."""
    text = func.lower(cast(column, Text))
    return or_(false(), *(text.contains(word.lower(), autoescape=True) for word in words))


def names(column: Column[Any], addresses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of the addresses, given in lower case, occurs."""
    return _named(func.lower(cast(column, Text)), addresses)


def body_names(dialect: str, addresses: Collection[str]) -> ColumnElement[bool]:
    """Return the same condition for the raw bytes of a message."""
    body = t.events.c.body
    text = func.encode(body, "escape") if dialect == "postgresql" else cast(body, Text)
    return _named(func.lower(text, type_=Text), addresses)


def without_address(text: str, address: str, instead: str) -> str:
    """Return a text with an address replaced."""
    return re.sub(f"(?i){_pattern(address)}", rf"\g<1>{instead}", text)


def _named(text: ColumnElement[str], addresses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition, with a cheaper test first that excludes most rows."""
    found = (text.contains(one, autoescape=True) & text.regexp_match(_pattern(one)) for one in addresses)
    return or_(false(), *found)


def _pattern(address: str) -> str:
    """Return a pattern that works in PostgreSQL and in Python."""
    return f"{_BEFORE}{re.escape(address)}{_AFTER}"
