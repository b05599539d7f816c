"""Lists of the console that a page reads row by row: searched, filtered by state, paged, and saved as a
table.

`finder` and `turn` of console/_list.html are their forms. The database searches longer lists (badges, people,
the audit trail), whose rooms use only `csv_file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from flask import Blueprint, Response, request, url_for

from credserv.ground.words import fold_words, search_words
from credserv.records.paging import Place
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.tables import csv_file, to_cell

_MAX_CHARS = 200
_PAGE_ROWS = 50
_NUMBER = re.compile(r"[1-9][0-9]{0,7}")

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """A page of results.

    Attributes:
        start: the row it begins after; "" for the first.
        table: the address of the whole table.
        first, next: the addresses of those pages; next is "" on the last.
    """

    listing: Listing[T]
    items: tuple[T, ...]
    text: str
    state: str
    start: str
    address: str
    table: str
    first: str
    next: str

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.state)

    @property
    def is_offered(self) -> bool:
        """Whether there is anything to search."""
        return bool(self.items or self.is_narrowed or self.start)


class Listing(Generic[T]):
    """One list of a page.

    Attributes:
        name: of the file.
        columns: of the file.
        read: returns every row in page order, from the parts of the page's address. It reads the request at
            once, and raises NotFoundError then.
        cells: of one row, without the request; all are searched.
        states: the values of the column `state`, to filter by.
        beneath: where the table is, below its room.
        page: the view of the page.
        prefix: of the list's query parameters, where the page has several lists.
        by_state: whether `read` takes the wanted `states` (none for all), because the database filters
            sooner.
        place: of a row, where rows are added meanwhile: pages begin `after` a row, which `read` takes (none
            for all).
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        read: Callable[..., Iterable[T]],
        cells: Callable[[T], Sequence[object]],
        *,
        states: Sequence[str] = (),
        beneath: str = "",
        page: str = "index",
        prefix: str = "",
        rows: int = _PAGE_ROWS,
        by_state: bool = False,
        place: Callable[[T], Place] | None = None,
    ) -> None:
        self.name, self.columns, self.states, self.prefix = name, tuple(columns), tuple(states), prefix
        self._read, self._cells, self._beneath, self._page, self._rows = read, cells, beneath, page, rows
        self._stands = self.columns.index("state") if states else -1
        self._by_state, self._place = by_state, place

    def serve(self, blueprint: Blueprint, needs: Permission, *, shown: tuple[str, ...] = ()) -> Listing[T]:
        """Serve the table at the page's address plus `table.csv`."""

        def save(**parts: Any) -> Response:
            text, state = self._asked()
            rows = self._look(text, self._rows_of(state, parts), state)
            return csv_file(self.name, self.columns, map(self._cells, rows))

        door = console_door(needs=needs, shown=shown)
        blueprint.add_url_rule(f"{self._beneath}/table.csv", self._endpoint, door(save), methods=["GET"])
        return self

    def found(self, **parts: Any) -> Found[T]:
        """Return what the page's address requests. `parts` are those of the address, as `read` takes them."""
        text, state = self._asked()
        start, passed, reads = request.args.get(f"{self.prefix}from", ""), 0, parts
        place_of: Callable[[T], object]
        if self._place is None:
            start = start if _NUMBER.fullmatch(start) else ""
            passed, place_of = int(start or 0), lambda _: passed + self._rows
        else:
            place_of, reads = self._place, parts | ({"after": Place.parse(start)} if start else {})
        found = islice(self._look(text, self._rows_of(state, reads), state), passed, None)
        rows = tuple(islice(found, self._rows))
        goes_on = {f"{self.prefix}from": place_of(rows[-1])} if next(found, None) is not None else {}
        asked: dict[str, Any] = {f"{self.prefix}q": text or None, f"{self.prefix}state": state or None}
        page = f".{self._page}"
        return Found(
            self,
            rows,
            text,
            state,
            start,
            url_for(page, **parts),
            url_for(f".{self._endpoint}", **parts, **asked),
            url_for(page, **parts, **asked),
            url_for(page, **parts, **asked | goes_on) if goes_on else "",
        )

    @property
    def _endpoint(self) -> str:
        return f"save_{self.name.replace('-', '_')}"

    def _asked(self) -> tuple[str, str]:
        def said(name: str) -> str:
            return request.args.get(f"{self.prefix}{name}", "").strip()[:_MAX_CHARS]

        return said("q"), state if (state := said("state")) in self.states else ""

    def _rows_of(self, state: str, parts: dict[str, Any]) -> Iterable[T]:
        if self._by_state:
            return self._read(**parts, states=[state] if state else ())
        return self._read(**parts)

    def _look(self, text: str, rows: Iterable[T], state: str) -> Iterator[T]:
        words = search_words(text)
        for row in rows:
            if words or state:
                cells = [to_cell(cell) for cell in self._cells(row)]
                told = fold_words("\n".join(cells))
                if (state and cells[self._stands] != state) or not all(word in told for word in words):
                    continue
            yield row
