"""Ask Canvas and Moodle for grades: one that nobody told is taken in, one that is another by now corrects it.

A grade that is gone there takes nothing back here: what a system does not say is not said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, partial

from credserv.fetch.calling import MAX_BYTES
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.asked_answers import (
    ask_canvas,
    ask_moodle,
    keep_answer,
    learners_of,
    read_answer,
    told_before,
)
from credserv.journeys.services import Services
from credserv.records.observations import Kind, Observation, PersonReference
from credserv.records.observed import ObservationRecord
from credserv.records.sources import SourceRecord
from credserv.sources.pulling import canvas_grades, moodle_grades
from credserv.sources.pulling.answers import GRADES, write_answer
from credserv.sources.pulling.corrections import correcting
from credserv.sources.pulling.settings import Place, Pull

_SAME_POINTS = Decimal("0.0001")  # systems round what they keep


def ask_grades(
    services: Services, source: SourceRecord, pull: Pull, token: str, course: str, now: datetime
) -> tuple[int, int]:
    """Page by page; how many grades were told, and how many of them were new or others than known."""
    pages = _canvas_pages if pull.place is Place.CANVAS else _moodle_pages
    found = new = 0
    for page in pages(services, pull, token, course):
        told = [
            (entry, one) for entry in page for one in read_answer(source, pull, course, [entry], of=GRADES)
        ]
        known = cache(partial(_grades_of, services, source))  # of a page most are of one person
        kept = (_to_keep(known(said.people), entry, said, now) for entry, said in told)
        missing = [entry for entry in kept if entry is not None]
        found, new = found + len(told), new + len(missing)
        if missing:
            body = write_answer(pull.place, pull.address, course, missing, of=GRADES)
            keep_answer(services, source, body, now)
    return found, new


def _grades_of(
    services: Services, source: SourceRecord, people: tuple[PersonReference, ...]
) -> list[ObservationRecord]:
    told = told_before(services, source, people)
    return [record for record in told if record.observation.kind is Kind.GRADED]


def _to_keep(
    grades: Sequence[ObservationRecord], entry: JsonObject, said: Observation, now: datetime
) -> JsonObject | None:
    """None for a grade that is known."""
    about = said.activities[0]
    known = [
        record
        for record in grades
        if any((one.kind, one.value) == (about.kind, about.value) for one in record.observation.activities)
    ]
    if not known:
        return entry
    last = max(known, key=_order).observation
    return None if _is_same(said, last) else correcting(entry, said, last, now)


def _order(record: ObservationRecord) -> tuple[datetime, datetime]:
    return record.observation.occurred_at or record.received_at, record.received_at


def _is_same(said: Observation, known: Observation) -> bool:
    if said.raw is None or known.raw is None:
        return said.raw is known.raw and said.level == known.level
    return abs(said.raw - known.raw) < _SAME_POINTS


def _canvas_pages(services: Services, pull: Pull, token: str, course: str) -> Iterator[list[JsonObject]]:
    for page in ask_canvas(services, canvas_grades.grades_url(pull.address, course), token):
        yield [{"grade": one} for one in page]


def _moodle_pages(services: Services, pull: Pull, token: str, course: str) -> Iterator[list[JsonObject]]:
    """Each learner is a call of its own."""
    for learners in learners_of(services, pull, token, course):
        forms = [(user, moodle_grades.grades_form(token, course, str(user["id"]))) for user in learners]
        told = ((user, ask_moodle(services, pull, form)) for user, form in forms)
        yield [
            {"user": user, "grade": item}
            for user, body in told
            for item in moodle_grades.read_grades(body, MAX_BYTES)
        ]
