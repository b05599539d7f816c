"""Pages of a long list that continue after a row, whatever was added or removed before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from credserv.ground.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ID_CHARS = 2_200  # of a message as its sender named it, after its kind and source
_FIRST_ROWS, _MOST_ROWS = 64, 2048

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A row of a list ordered by time: its instant and its id."""

    at: datetime
    id: str

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Parse `str(place)`, as URLs carry it.

        Raises:
            InputError: The text is incomplete.
        """
        number, _, id_ = text.partition(".")
        if not (
            number.isascii() and number.isdigit() and len(number) <= 17 and 0 < len(id_) <= _MAX_ID_CHARS
        ):
            raise InputError("the address of this page of the list is not whole: begin at the first page")
        return cls(_EPOCH + timedelta(microseconds=int(number)), id_)


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and whether there are more on either side."""

    items: tuple[T, ...]
    newer: bool
    older: bool


def all_pages(ask: Callable[[Place | None], Page[T]], place_of: Callable[[T], Place]) -> Iterator[T]:
    """Yield every row, from the first page on.

    Args:
        ask: Returns the page after a row.
        place_of: Returns a row's place.
    """
    after: Place | None = None
    while True:
        found = ask(after)
        yield from found.items
        if not found.items or not found.older:
            return
        after = place_of(found.items[-1])


def by_place(
    ask: Callable[[int, Place | None], Sequence[T]],
    place_of: Callable[[T], Place],
    after: Place | None = None,
) -> Iterator[T]:
    """Yield every row, or those after `after`, as needed.

    More rows are requested each time, because few readers turn pages, and those who turn many want all.

    Args:
        ask: Returns so many rows after a place.
        place_of: Returns a row's place.
    """
    count = _FIRST_ROWS
    while found := ask(count, after):
        yield from found
        after, count = place_of(found[-1]), min(2 * count, _MOST_ROWS)
