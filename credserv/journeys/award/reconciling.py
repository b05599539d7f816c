"""Ask Canvas and Moodle who has completed a course (and for grades, outcomes and badges, if enabled), and
take in what never arrived as an event.

Stored messages stay as they are. Each answer is compared with what is known of the person, and only what is
new is stored, as a message marked as fetched. An answer without a completion takes nothing back; a grade that
the system shows as gone does (`reconciling_results`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.fetch.calling import MAX_BYTES
from credserv.ground.errors import CredservError, InputError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.asked_answers import (
    ask_canvas,
    ask_moodle,
    keep_answer,
    learners_of,
    read_answer,
    told_before,
)
from credserv.journeys.award.judging import mapping_of
from credserv.journeys.award.reconciling_results import ask_results
from credserv.journeys.award.rules import current_rules
from credserv.journeys.services import Services
from credserv.mastery.rule import activities
from credserv.records.observations import ActivityKind, Kind, Observation
from credserv.records.sources import SourceRecord
from credserv.sources.pulling import canvas, moodle
from credserv.sources.pulling.answers import write_answer
from credserv.sources.pulling.settings import MAX_COURSES, Pull, PulledSystem, is_course_number

_SAME = timedelta(days=1)  # systems write one completion's time in several places, not all at the same moment
_REACHED = (Kind.COMPLETED, Kind.PASSED, Kind.MASTERED)
_GIVES_UP_AFTER = 3  # after so many failed courses in a row, assume that the whole system is failing


@dataclass
class Asked:
    """The outcome of a run.

    Attributes:
        asked: How many courses or files were fetched.
        found: How many statements they contained.
        new: How many of those were new.
        failed: A sentence for each failure.
    """

    asked: int = 0
    found: int = 0
    new: int = 0
    failed: list[str] = field(default_factory=list)


def reconcile(services: Services, source: SourceRecord, pull: Pull, token: str, *, now: datetime) -> Asked:
    """Ask a source about all its courses. A course that fails does not affect the others.

    Args:
        pull: The source's settings for fetching.
        token: The access token.
    """
    asked, in_a_row = Asked(), 0
    wanted = pull.courses or courses_of_rules(services, source)
    if not wanted:
        asked.failed.append("No rule names a course of it by its number, so that nothing was asked.")
    for course in wanted[:MAX_COURSES]:
        if in_a_row == _GIVES_UP_AFTER:
            asked.failed.append("The other courses were not asked.")
            break
        try:
            _ask_course(services, source, pull, token, course, asked, now)
            for of in pull.results:
                found, new = ask_results(services, source, pull, token, course, of, now)
                asked.found, asked.new = asked.found + found, asked.new + new
        except CredservError as error:
            asked.failed.append(f"Course {course}: {error.detail}.")
            in_a_row += 1
        else:
            in_a_row = 0
    if len(wanted) > MAX_COURSES:
        asked.failed.append(f"Only the first {MAX_COURSES} of {len(wanted)} courses were asked.")
    return asked


def courses_of_rules(services: Services, source: SourceRecord) -> tuple[str, ...]:
    """Return the courses by which something can be earned: those in the source's
    mapping and in achievements' rules.
    """
    named = [rule.course for rule in mapping_of(services, source).rules]
    for current in current_rules(services).rules.values():
        named += [
            about.value
            for about in activities(current.rule.when)
            if about.source in (None, source.name, source.namespace)
            and about.kind in (None, ActivityKind.COURSE)
        ]
    return tuple(sorted({one for one in named if is_course_number(one)}))


def _ask_course(
    services: Services,
    source: SourceRecord,
    pull: Pull,
    token: str,
    course: str,
    asked: Asked,
    now: datetime,
) -> None:
    """Ask page by page, so that a later failure does not lose earlier answers."""
    pages = _canvas_pages if pull.place is PulledSystem.CANVAS else _moodle_pages
    asked.asked += 1
    for page in pages(services, source, pull, token, course):
        told = [(entry, one) for entry in page for one in read_answer(source, pull, course, [entry])]
        missing = [entry for entry, one in told if not is_known(services, source, one)]
        asked.found += len(told)
        asked.new += len(missing)
        if missing:
            keep_answer(services, source, write_answer(pull.place, pull.address, course, missing), now)


def _canvas_pages(
    services: Services, _source: SourceRecord, pull: Pull, token: str, course: str
) -> Iterator[list[JsonObject]]:
    for page in ask_canvas(services, canvas.progress_url(pull.address, course), token):
        without = [why for entry in page if (why := canvas.why_no_progress(entry))]
        if page and len(without) == len(page):
            raise InputError(f"Canvas says: {without[0][:200]}")
        yield page


def _moodle_pages(
    services: Services, source: SourceRecord, pull: Pull, token: str, course: str
) -> Iterator[list[JsonObject]]:
    """Ask Moodle with one call per learner, skipping learners whose completion is known."""
    for learners in learners_of(services, pull, token, course):
        page: list[JsonObject] = []
        for user in learners:
            done = {"user": user, "completionstatus": {"completed": True}}
            if any(is_known(services, source, one) for one in read_answer(source, pull, course, [done])):
                continue
            form = moodle.completion_form(token, course, str(user["id"]))
            status = moodle.read_completion(ask_moodle(services, pull, form), MAX_BYTES)
            if status is not None:
                page.append({"user": user, "completionstatus": status})
        yield page


def is_known(services: Services, source: SourceRecord, said: Observation) -> bool:
    """Return whether this completion is known: same person, same course, about the same time
    (any time if either has none).
    """
    return any(_is_same(said, record.observation) for record in told_before(services, source, said.people))


def _is_same(said: Observation, other: Observation) -> bool:
    about = {one.value for one in other.activities if one.kind is ActivityKind.COURSE}
    if other.kind not in _REACHED or said.activities[0].value not in about:
        return False
    if said.occurred_at is None or other.occurred_at is None:
        return True
    return abs(said.occurred_at - other.occurred_at) <= _SAME
