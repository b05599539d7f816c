"""Ask Canvas and Moodle for grades, outcomes and badges: add what is new, correct what has
changed, take back what is gone.

A result counts as gone only if the system itself shows it empty. Something that the system does not show at
all means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from credserv.records.observations import ActivityKind, Kind, Observation, PersonReference
from credserv.records.observed import ObservationRecord
from credserv.records.sources import SourceRecord
from credserv.sources.pulling import canvas_grades, canvas_outcomes, moodle_badges, moodle_grades
from credserv.sources.pulling.answers import write_answer
from credserv.sources.pulling.corrections import correcting, taking_back
from credserv.sources.pulling.settings import BADGES, GRADES, OUTCOMES, Pull, PulledSystem

_SAME_POINTS = Decimal("0.0001")  # systems round the values they store

Pages = Callable[[Services, Pull, str, str, datetime], Iterator[list[JsonObject]]]


@dataclass(frozen=True)
class _Results:
    """How to fetch and compare one kind of result.

    Attributes:
        pages: What the system returns.
        kinds: The observation kinds under which it is known.
        is_same: Whether a result equals what is known.
        is_gone: Whether an entry shows that there is no result any more.
    """

    pages: Pages
    kinds: frozenset[Kind]
    is_same: Callable[[Observation, Observation], bool]
    is_gone: Callable[[JsonObject], bool] = lambda _entry: False


def ask_results(
    services: Services, source: SourceRecord, pull: Pull, token: str, course: str, of: str, now: datetime
) -> tuple[int, int]:
    """Ask for the results of a course page by page.

    Args:
        of: GRADES, OUTCOMES or BADGES.

    Returns:
        How many results were returned, and how many of them were new or changed.
    """
    wanted, found, new = _ASKED_FOR[pull.place, of], 0, 0
    for page in wanted.pages(services, pull, token, course, now):
        entries = [taking_back(entry, None, now) if wanted.is_gone(entry) else entry for entry in page]
        told = [
            (entry, one) for entry in entries for one in read_answer(source, pull, course, [entry], of=of)
        ]
        known = cache(partial(_known_of, services, source))  # most results on a page are of one person
        kept = [_to_keep(wanted, known(said.people), entry, said, now) for entry, said in told]
        missing = [entry for entry in kept if entry is not None]
        found, new = found + sum(said.kind is not Kind.REVOKED for _, said in told), new + len(missing)
        if missing:
            body = write_answer(pull.place, pull.address, course, missing, of=of)
            keep_answer(services, source, body, now)
    return found, new


def _known_of(
    services: Services, source: SourceRecord, people: tuple[PersonReference, ...]
) -> list[ObservationRecord]:
    return list(told_before(services, source, people))


def _to_keep(
    wanted: _Results,
    told: Sequence[ObservationRecord],
    entry: JsonObject,
    said: Observation,
    now: datetime,
) -> JsonObject | None:
    """Return what to store of an entry; None if it is known."""
    known = [
        record
        for record in told
        if record.observation.kind in wanted.kinds and _is_about(said, record.observation)
    ]
    last = max(known, key=_order).observation if known else None
    if said.kind is Kind.REVOKED:
        return taking_back(entry, last, now) if last is not None and last.kind is not Kind.REVOKED else None
    if last is None:
        return entry
    return None if wanted.is_same(said, last) else correcting(entry, said, last, now)


def _is_about(said: Observation, other: Observation) -> bool:
    """Return whether two observations are about the same thing, and the same assessment where both name
    one.
    """
    about = said.activities[0]
    if all((one.kind, one.value) != (about.kind, about.value) for one in other.activities):
        return False
    shown, known = _assessments(said), _assessments(other)
    return not shown or not known or bool(shown & known)


def _assessments(seen: Observation) -> set[str]:
    return {one.value for one in seen.activities if one.kind is ActivityKind.ASSESSMENT}


def _order(record: ObservationRecord) -> tuple[datetime, datetime]:
    return record.observation.occurred_at or record.received_at, record.received_at


def _is_same_grade(said: Observation, known: Observation) -> bool:
    if known.kind is not said.kind:
        return False
    if said.raw is None or known.raw is None:
        return said.raw is known.raw and said.level == known.level
    return abs(said.raw - known.raw) < _SAME_POINTS


def _is_same_badge(said: Observation, known: Observation) -> bool:
    """Return whether the badge is the known one.

    A badge revoked since then is new only if it was awarded later.
    """
    if known.kind is not Kind.REVOKED or said.occurred_at is None or known.occurred_at is None:
        return True
    return said.occurred_at <= known.occurred_at


# --- what to ask for -------------------------------------------------------------------------------


def _canvas_grades(
    services: Services, pull: Pull, token: str, course: str, _now: datetime
) -> Iterator[list[JsonObject]]:
    for page in ask_canvas(services, canvas_grades.grades_url(pull.address, course), token):
        yield [{"grade": one} for one in page]


def _canvas_outcomes(
    services: Services, pull: Pull, token: str, course: str, _now: datetime
) -> Iterator[list[JsonObject]]:
    first = canvas_outcomes.outcomes_url(pull.address, course)
    for page in ask_canvas(services, first, token, read=canvas_outcomes.read_page):
        yield [{"result": one} for one in page]


def _moodle_grades(
    services: Services, pull: Pull, token: str, course: str, _now: datetime
) -> Iterator[list[JsonObject]]:
    form = partial(moodle_grades.grades_form, token, course)
    return _of_each(services, pull, token, course, "grade", form, moodle_grades.read_grades)


def _moodle_badges(
    services: Services, pull: Pull, token: str, course: str, now: datetime
) -> Iterator[list[JsonObject]]:
    """Yield the badges of a course; expired ones count as gone."""
    form = partial(moodle_badges.badges_form, token)
    for page in _of_each(services, pull, token, course, "badge", form, moodle_badges.read_badges):
        yield [entry for entry in page if not moodle_badges.has_ended(entry["badge"], now)]


def _of_each(
    services: Services,
    pull: Pull,
    token: str,
    course: str,
    member: str,
    form: Callable[[str], bytes],
    read: Callable[[bytes, int], list[JsonObject]],
) -> Iterator[list[JsonObject]]:
    """Ask Moodle about each learner of a course, one call each.

    `member` is the name under which the answer is stored.
    """
    for learners in learners_of(services, pull, token, course):
        told = ((user, ask_moodle(services, pull, form(str(user["id"])))) for user in learners)
        yield [{"user": user, member: one} for user, body in told for one in read(body, MAX_BYTES)]


_AS_GRADE = frozenset((Kind.GRADED, Kind.REVOKED))
_AS_OUTCOME = frozenset((Kind.MASTERED, Kind.FAILED, Kind.GRADED))
_AS_BADGE = frozenset((Kind.COMPLETED, Kind.REVOKED))
_ASKED_FOR = {
    (PulledSystem.CANVAS, GRADES): _Results(_canvas_grades, _AS_GRADE, _is_same_grade, canvas_grades.is_gone),
    (PulledSystem.MOODLE, GRADES): _Results(_moodle_grades, _AS_GRADE, _is_same_grade, moodle_grades.is_gone),
    (PulledSystem.CANVAS, OUTCOMES): _Results(_canvas_outcomes, _AS_OUTCOME, _is_same_grade),
    (PulledSystem.MOODLE, BADGES): _Results(_moodle_badges, _AS_BADGE, _is_same_badge),
}
