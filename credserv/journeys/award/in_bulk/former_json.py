"""Awards as the APIs of former systems return them: the objects of a list become the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.strict_json import parse_json, to_utf8
from credserv.ground.tables import MAX_BYTES, MAX_MEMBERS, Row, Table, plain_name
from credserv.openbadges.lenient import read_text

_LISTS = (
    "data",
    "result",
    "results",
    "badges",
    "assertions",
    "awards",
)  # Credly uses the first, Badgr the second
_MAX_DEPTH = 3


def read_json_table(data: bytes) -> Table | None:
    """Read awards from JSON.

    A nested member gets the names of both levels: `badge_template.id` becomes the column `badgetemplateid`.
    The first entry of a nested list gets the number 1.

    Returns:
        The table, or None if the data is not JSON.

    Raises:
        InputError: It is JSON without a list of objects.
    """
    text = to_utf8(data)
    if text.lstrip()[:1] not in (b"{", b"["):
        return None
    value = parse_json(text, max_bytes=MAX_BYTES, max_members=MAX_MEMBERS)
    awards = value if isinstance(value, list) else _listed(value)
    rows = [
        Row(number, dict(_cells(award, "", 0)))
        for number, award in enumerate(awards, 1)
        if isinstance(award, Mapping)
    ]
    if not rows:
        raise InputError(f"a list of awards is expected, by itself or as one of {', '.join(_LISTS)}")
    return Table({name: name for row in rows for name in row.cells}, tuple(rows))


def _listed(value: Mapping[str, Any]) -> list[Any]:
    return next((value[name] for name in _LISTS if isinstance(value.get(name), list)), [])


def _cells(value: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, member in value.items():
        column = above + plain_name(name)
        if isinstance(member, bool):
            yield column, str(member).lower()
        elif isinstance(member, Mapping) and depth < _MAX_DEPTH:
            yield from _cells(member, column, depth + 1)
        elif isinstance(member, list) and member and isinstance(member[0], Mapping) and depth < _MAX_DEPTH:
            yield from _cells(member[0], f"{column}1", depth + 1)
        elif told := read_text(member):
            yield column, told
