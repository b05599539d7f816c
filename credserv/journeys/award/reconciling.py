"""Ask Canvas and Moodle who has completed a course, and take in what never arrived as an event.

What arrived is left as it is: an answer is compared with what is known of the person, and of an answer only
what nobody has told before is kept, as a message that says it was asked for. Nothing is taken back by an
answer: that somebody is not said to have completed a course says nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.fetch.calling import MAX_BYTES
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.judging import mapping_of
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.take import adapter_of, resume_message
from credserv.journeys.services import Services
from credserv.mastery.rule import activities
from credserv.records.observations import ActivityKind, Kind, Observation
from credserv.records.observed import person_value
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.lti.services import next_page
from credserv.sources.pulling import canvas, moodle
from credserv.sources.pulling.answers import write_answer
from credserv.sources.pulling.settings import MAX_COURSES, Place, Pull, is_course_number

METHOD = "asked-for"
_SAME = timedelta(days=1)  # systems write the time of one completion in several places, not all at once
_REACHED = (Kind.COMPLETED, Kind.PASSED, Kind.MASTERED)
_MAX_PAGES = 500
_GIVES_UP_AFTER = 3  # courses in a row that cannot be asked: then it is the system, not the course
_KNOWN_ROWS = 200


@dataclass
class Asked:
    """asked: courses or files. found: what they said. new: what nobody had told. failed: a sentence each."""

    asked: int = 0
    found: int = 0
    new: int = 0
    failed: list[str] = field(default_factory=list)


def reconcile(services: Services, source: SourceRecord, pull: Pull, token: str, *, now: datetime) -> Asked:
    """One course that cannot be asked costs the others nothing."""
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
        except CredservError as error:
            asked.failed.append(f"Course {course}: {error.detail}.")
            in_a_row += 1
        else:
            in_a_row = 0
    if len(wanted) > MAX_COURSES:
        asked.failed.append(f"Only the first {MAX_COURSES} of {len(wanted)} courses were asked.")
    return asked


def courses_of_rules(services: Services, source: SourceRecord) -> tuple[str, ...]:
    """Those by which something may be earned: of the mapping of the source, and of rules of achievements."""
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
    """Page by page, so that what was told before something failed is not lost."""
    pages = _canvas_pages if pull.place is Place.CANVAS else _moodle_pages
    asked.asked += 1
    for page in pages(services, source, pull, token, course):
        told = [(entry, one) for entry in page for one in _read(source, pull, course, [entry])]
        missing = [entry for entry, one in told if not is_known(services, source, one)]
        asked.found += len(told)
        asked.new += len(missing)
        if missing:
            _keep(services, source, write_answer(pull.place, pull.address, course, missing), now)


def _read(
    source: SourceRecord, pull: Pull, course: str, entries: Sequence[JsonObject]
) -> tuple[Observation, ...]:
    message = Message(write_answer(pull.place, pull.address, course, entries))
    return adapter_of(source).read(message, source.options).observations


def _canvas_pages(
    services: Services, _source: SourceRecord, pull: Pull, token: str, course: str
) -> Iterator[list[JsonObject]]:
    first = canvas.progress_url(pull.address, course)
    wanted: str | None = first
    for _ in range(_MAX_PAGES):
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        answer = services.caller.call(wanted or first, headers=headers)
        _require_answered(answer.status)
        page = canvas.read_progress(answer.body, MAX_BYTES)
        without = [why for entry in page if (why := canvas.why_no_progress(entry))]
        if page and len(without) == len(page):
            raise InputError(f"Canvas says: {without[0][:200]}")
        yield page
        wanted = next_page(first, answer.headers)
        if wanted is None:
            return
    raise UnavailableError(f"it has more than {_MAX_PAGES} pages of learners")


def _moodle_pages(
    services: Services, source: SourceRecord, pull: Pull, token: str, course: str
) -> Iterator[list[JsonObject]]:
    """Each learner is a call of its own; who is known to have completed the course costs none."""

    def call(form: bytes) -> bytes:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        answer = services.caller.call(moodle.service_url(pull.address), headers=headers, content=form)
        _require_answered(answer.status)
        return answer.body

    for number in range(_MAX_PAGES):
        start = number * moodle.AT_ONCE
        learners = moodle.read_learners(call(moodle.learners_form(token, course, start)), MAX_BYTES)
        page: list[JsonObject] = []
        for user in learners:
            done = {"user": user, "completionstatus": {"completed": True}}
            if any(is_known(services, source, one) for one in _read(source, pull, course, [done])):
                continue
            form = moodle.completion_form(token, course, str(user["id"]))
            status = moodle.read_completion(call(form), MAX_BYTES)
            if status is not None:
                page.append({"user": user, "completionstatus": status})
        yield page
        if len(learners) < moodle.AT_ONCE:
            return
    raise UnavailableError(f"it has more than {_MAX_PAGES} pages of learners")


def _require_answered(status: int) -> None:
    if status in (401, 403):
        raise InputError(f"it refuses the token ({status})")
    if status != 200:
        raise UnavailableError(f"it answered {status}")


# --- what is known ------------------------------------------------------------------------------------


def is_known(services: Services, source: SourceRecord, said: Observation) -> bool:
    """Whether this completion was told before: of this person and course, at about that time; at any time,
    where one of both has none."""
    names = [(one.kind.value, person_value(one), source.namespace) for one in said.people]
    if not names:
        return False
    members = {one.membership_id for one in services.store.identifiers.named(names)}
    of_members = (services.store.observations.of_member(one) for one in sorted(members))
    waiting = (services.store.observations.naming(name, limit=_KNOWN_ROWS) for name in names)
    told: Iterable[Observation] = (
        record.observation
        for records in (*of_members, *waiting)
        for record in records
        if record.namespace == source.namespace
    )
    return any(_is_same(said, other) for other in told)


def _is_same(said: Observation, other: Observation) -> bool:
    about = {one.value for one in other.activities if one.kind is ActivityKind.COURSE}
    if other.kind not in _REACHED or said.activities[0].value not in about:
        return False
    if said.occurred_at is None or other.occurred_at is None:
        return True
    return abs(said.occurred_at - other.occurred_at) <= _SAME


def _keep(services: Services, source: SourceRecord, body: bytes, now: datetime) -> None:
    digest, adapter = hashlib.sha256(body).hexdigest(), adapter_of(source)
    event = EventRecord(
        source=source.name,
        event_id=f"{METHOD}:{digest}",
        body_sha256=digest,
        body=body,
        received_at=now,
        state=EventState.RECEIVED,
        headers={},
        authentication={"method": METHOD, "is_signed": False, "key": None},
        adapter=adapter.name,
        adapter_version=adapter.version,
    )
    kept, created = services.store.events.record(event)
    if created or kept.state is EventState.RECEIVED:
        resume_message(services, kept, now=now)
