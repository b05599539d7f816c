"""Corrections: a fetched grade that differs from the known one replaces it, and a removed one takes it back.

    {"grade": {…}, "corrects": {"attempt": "37", "seen_at": "2026-11-26T02:00:00Z"}}
    {"grade": {…}, "takes_back": {"attempt": "37", "seen_at": "2026-11-26T02:00:00Z"}}

The last statement about an attempt counts. A system that changes a grade may keep its date; the correction
then counts from when it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.records.observations import Observation
from credserv.sources.members import Members

_OTHER, _GONE = "corrects", "takes_back"


@dataclass(frozen=True)
class Correction:
    occurred_at: datetime | None
    attempt: str | None


def read_correction(entry: Members, graded_at: datetime | None, attempt: str | None) -> Correction:
    told = entry.members(_GONE if is_taken_back(entry) else _OTHER)
    if not (is_taken_back(entry) or _OTHER in entry):
        return Correction(graded_at, attempt)
    return Correction(told.instant("seen_at") or graded_at, told.text("attempt"))


def correcting(entry: JsonObject, said: Observation, known: Observation, now: datetime) -> JsonObject:
    """Return the entry to store: of the known attempt, and later than what is known of it."""
    corrects = {} if known.attempt is None else {"attempt": known.attempt}
    if said.occurred_at is None or known.occurred_at is None or said.occurred_at <= known.occurred_at:
        corrects["seen_at"] = format_instant(now)
    return {**entry, _OTHER: corrects}


def is_taken_back(entry: Members) -> bool:
    return _GONE in entry


def taking_back(entry: JsonObject, known: Observation | None, now: datetime) -> JsonObject:
    """Return the entry to store where the grade is gone: of the known attempt, from when this was seen."""
    told = {} if known is None or known.attempt is None else {"attempt": known.attempt}
    return {**entry, _GONE: {**told, "seen_at": format_instant(now)}}
