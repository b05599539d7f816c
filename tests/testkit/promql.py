"""What an expression of Prometheus comes to over figures that were read.

As much of the language as the rules and the dashboard of deploy/ use, for promtool comes by no registry that
the tests take packages from. What it does not know, it refuses.

A vector is a value for each set of labels. `rate` is of two readings and the seconds between them.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
T = TypeVar("T")
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[a-z_]\w*)|(?P<matchers>\{[^}]*\})|(?P<range>\[\d+[smh]\])"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>>=|<=|==|[><()/,]))"
)
_MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Readings:
    """Two expositions, the second `seconds` after the first."""

    before: str
    now: str
    seconds: float = 300.0

    def find(self, expression: str) -> Vector:
        """Where it is empty, a rule of it does not fire. Raises ValueError for what is not read here."""
        return _Reader(expression, _series(self.now), _series(self.before), self.seconds).whole()


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\bcredserv_\w+", expression))


@lru_cache(maxsize=4)  # both readings are asked for each rule
def _series(text: str) -> dict[str, Vector]:
    found: dict[str, Vector] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name][frozenset(sample.labels.items())] = sample.value
    return found


class _Reader:
    def __init__(
        self, expression: str, now: dict[str, Vector], before: dict[str, Vector], seconds: float
    ) -> None:
        self._now, self._before, self._seconds = now, before, seconds
        self._tokens, at = [], 0
        while at < len(expression.rstrip()):
            found = _TOKEN.match(expression, at)
            if found is None:
                raise ValueError(f"not read: {expression[at:]}")
            self._tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)])))
            at = found.end()

    def whole(self) -> Vector:
        found = self._quotient()
        if self._tokens and self._tokens[0][1] in _COMPARED:
            compared, limit = _COMPARED[self._next()], float(self._next("number"))
            found = {labels: value for labels, value in found.items() if compared(value, limit)}
        if self._tokens:
            raise ValueError(f"not read: {self._tokens}")
        return found

    def _quotient(self) -> Vector:
        found = self._term()
        if self._tokens[:1] == [("sign", "/")]:
            self._next()
            by = self._term()
            found = {labels: value / by[labels] for labels, value in found.items() if by.get(labels)}
        return found

    def _term(self) -> Vector:
        name = self._next("word")
        if name == "absent":
            return {} if self._within(self._term) else {frozenset(): 1.0}
        if name == "sum":
            return self._sum()
        if name == "rate":
            return self._within(self._rate)
        if name == "histogram_quantile":
            return self._within(self._quantile)
        return self._chosen(self._now, name, self._matchers())

    def _sum(self) -> Vector:
        kept: set[str] = set()
        if self._tokens[0] == ("word", "by"):
            self._next()
            kept = {self._within(lambda: self._next("word"))}
        found: Vector = defaultdict(float)
        for labels, value in self._within(self._term).items():
            found[frozenset(one for one in labels if one[0] in kept)] += value
        return dict(found)

    def _rate(self) -> Vector:
        name, matchers = self._next("word"), self._matchers()
        self._next("range")
        before = self._chosen(self._before, name, matchers)
        return {
            labels: (value - before.get(labels, 0.0)) / self._seconds
            for labels, value in self._chosen(self._now, name, matchers).items()
        }

    def _quantile(self) -> Vector:
        """Of one histogram, within the bucket by the rule of three; beyond the last, its bound."""
        wanted = float(self._next("number"))
        self._next()
        buckets = sorted((float(dict(labels)["le"]), value) for labels, value in self._term().items())
        if not buckets or not buckets[-1][1]:
            return {}
        rank, low, below = wanted * buckets[-1][1], 0.0, 0.0
        for bound, count in buckets:
            if count >= rank:
                high = low if bound == float("inf") else bound
                share = (rank - below) / (count - below) if count > below else 0.0
                return {frozenset(): low + (high - low) * share}
            low, below = bound, count
        return {}

    def _within(self, read: Callable[[], T]) -> T:
        if self._next() != "(":
            raise ValueError("a parenthesis is missing")
        found = read()
        if self._next() != ")":
            raise ValueError("a parenthesis is missing")
        return found

    def _matchers(self) -> list[tuple[str, str, str]]:
        if not self._tokens or self._tokens[0][0] != "matchers":
            return []
        given = self._next()[1:-1]
        found = [_MATCHER.fullmatch(one.strip()) for one in given.split(",")]
        if None in found:
            raise ValueError(f"not read: {given}")
        return [(one[1], one[2], one[3]) for one in found if one]

    @staticmethod
    def _chosen(series: dict[str, Vector], name: str, matchers: list[tuple[str, str, str]]) -> Vector:
        return {
            labels: value
            for labels, value in series.get(name, {}).items()
            if all(
                re.fullmatch(re.escape(wanted) if how == "=" else wanted, dict(labels).get(label, ""))
                for label, how, wanted in matchers
            )
        }

    def _next(self, kind: str = "") -> str:
        found = self._tokens.pop(0) if self._tokens else ("", "")
        if kind and found[0] != kind:
            raise ValueError(f"a {kind} is missing before {found[1]!r}")
        return found[1]
