"""A published figure: the one source for its table, CSV, API answer and chart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from credserv.ground.json_types import JsonObject

TOO_FEW = "too few people"
NO_COMPARISON = "Before and after, without a comparison: other causes are as likely."
NOT_RANDOM = "The groups differed before: who is in which was not left to chance."
NO_CAUSE = "What goes together is not shown to be a cause."
COLUMNS = ("figure", "row", "people", "value", "low", "high", "unit", "caution")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Row:
    """A row of texts that anybody may read.

    Attributes:
        value: None with too few people.
        low: The lower bound of its interval.
        high: The upper bound of its interval.
    """

    label: str
    people: str
    value: str | None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        cautions: What has to be read with it wherever it is shown.
    """

    key: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """The position of a row in a chart, 0 to 1 from left to right."""

    row: Row
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        points: Of the rows with a value.
        zero: The position of 0.
    """

    points: tuple[Point, ...]
    least: float
    most: float
    zero: float

    @property
    def ends(self) -> tuple[str, str]:
        return f"{self.least:g}", f"{self.most:g}"


def tell_figure(figure: Figure) -> JsonObject:
    """Return a figure as JSON."""
    told = asdict(figure)
    return {**told, "rows": list(told["rows"]), "cautions": list(told["cautions"])}


def read_figure(told: Mapping[str, Any]) -> Figure:
    """Return the figure from what `tell_figure` wrote."""
    rows = tuple(Row(**row) for row in told["rows"])
    return Figure(told["key"], told["title"], told["unit"], rows, tuple(told["cautions"]))


def table_of(figure: Figure) -> list[tuple[str, ...]]:
    """Return its rows under COLUMNS."""
    caution = " ".join(figure.cautions)
    return [
        (
            figure.title,
            row.label,
            row.people,
            TOO_FEW if row.value is None else row.value,
            row.low or "",
            row.high or "",
            figure.unit,
            caution,
        )
        for row in figure.rows
    ]


def chart_of(figure: Figure) -> Chart | None:
    """Return the chart; None if no row has a value."""
    shown = [row for row in figure.rows if row.value is not None and _NUMBER.search(row.value)]
    if not shown:
        return None
    spans = [
        (_number(row.value), _number(row.low or row.value), _number(row.high or row.value)) for row in shown
    ]
    least = min(0.0, *(low for _, low, _ in spans))
    most = max(*(high for _, _, high in spans), least + 1)
    room = most - least
    points = tuple(
        Point(row, (value - least) / room, (low - least) / room, (high - least) / room)
        for row, (value, low, high) in zip(shown, spans, strict=True)
    )
    return Chart(points, least, most, -least / room)


def _number(text: str | None) -> float:
    found = _NUMBER.search(text or "")
    return float(found[0]) if found else 0.0
