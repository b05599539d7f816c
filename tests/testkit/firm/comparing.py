"""A report held against the answers: each figure that differs, by its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

_HALF = 0.000_06  # of what four decimals leave open


def differences(report: Any, answer: Any, place: str = "") -> Iterator[str]:
    """What a report says beyond the answers is nobody's matter; a count of 0 may be left out."""
    if isinstance(answer, dict):
        told = report if isinstance(report, dict) else {}
        for name, value in answer.items():
            yield from differences(told.get(name), value, f"{place}/{name}")
        for name in sorted(told.keys() - answer.keys()):
            if place.endswith(("each", "state_at_cut", "differs", "counts_by_reason", "audits")):
                yield f"{place}/{name}: is {told[name]}, and nothing is right about it"
    elif isinstance(answer, list):
        told = list(report) if isinstance(report, (list, tuple)) else [report]
        if len(told) != len(answer):
            yield f"{place}: is {report}, should be {answer}"
            return
        for at, value in enumerate(answer):
            yield from differences(told[at], value, f"{place}/{at}")
    elif not _is_same(report, answer):
        yield f"{place}: is {report}, should be {answer}"


def _is_same(told: Any, right: Any) -> bool:
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        if told is None:
            return right == 0
        return isinstance(told, (int, float)) and math.isclose(told, right, rel_tol=1e-9, abs_tol=_HALF)
    return bool(told == right)
