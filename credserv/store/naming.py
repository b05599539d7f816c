"""Whether what is kept names somebody, by an id or an address.

An address that is the end of a longer one, or goes on after it, is somebody else's: `ann@example.org` is not
named by `joann@example.org`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, cast, false, func, or_

from credserv.store import tables as t

_BEFORE = r"(^|[^a-z0-9._+-]|\\[bfnrt])"  # in JSON a line break is written with a letter
_AFTER = r"(?=$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))"


def says(column: Column[Any], words: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the words stands in it, in whatever case."""
    text = func.lower(cast(column, Text))
    return or_(false(), *(text.contains(word.lower(), autoescape=True) for word in words))


def names(column: Column[Any], addresses: Collection[str]) -> ColumnElement[bool]:
    """Whether it names one of the addresses, which are in small letters."""
    return _named(func.lower(cast(column, Text)), addresses)


def body_names(dialect: str, addresses: Collection[str]) -> ColumnElement[bool]:
    """The same of the raw bytes of a message."""
    body = t.events.c.body
    text = func.encode(body, "escape") if dialect == "postgresql" else cast(body, Text)
    return _named(func.lower(text, type_=Text), addresses)


def without_address(text: str, address: str, instead: str) -> str:
    return re.sub(f"(?i){_pattern(address)}", rf"\g<1>{instead}", text)


def _named(text: ColumnElement[str], addresses: Collection[str]) -> ColumnElement[bool]:
    """Most rows are passed over by the first, which costs less."""
    found = (text.contains(one, autoescape=True) & text.regexp_match(_pattern(one)) for one in addresses)
    return or_(false(), *found)


def _pattern(address: str) -> str:
    """For PostgreSQL and for Python alike."""
    return f"{_BEFORE}{re.escape(address)}{_AFTER}"
