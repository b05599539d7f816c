"""What every request to Canvas and Moodle shares: calls, pages, what is already
known, and how answers are stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from credserv.fetch.calling import MAX_BYTES
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.take import adapter_of, resume_message
from credserv.journeys.services import Services
from credserv.records.observations import Observation, PersonReference
from credserv.records.observed import ObservationRecord, person_value
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.lti.services import next_page
from credserv.sources.pulling import canvas, moodle
from credserv.sources.pulling.answers import write_answer
from credserv.sources.pulling.settings import Pull

METHOD = "asked-for"
_MAX_PAGES = 500
_KNOWN_ROWS = 200


def ask_canvas(
    services: Services,
    first: str,
    token: str,
    *,
    read: Callable[[bytes, int], list[JsonObject]] = canvas.read_page,
) -> Iterator[list[JsonObject]]:
    """Fetch a list from Canvas page by page.

    Args:
        first: The URL of the first page.
        token: The access token.
        read: Reads the entries of one page.

    Yields:
        The entries of each page.

    Raises:
        InputError: The answer cannot be read.
        UnavailableError: Canvas does not answer, or there are too many pages.
    """
    wanted = first
    for _ in range(_MAX_PAGES):
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        answer = services.caller.call(wanted, headers=headers)
        _require_answered(answer.status)
        yield read(answer.body, MAX_BYTES)
        following = next_page(first, answer.headers)
        if following is None:
            return
        wanted = following
    raise UnavailableError(f"it has more than {_MAX_PAGES} pages of learners")


def ask_moodle(services: Services, pull: Pull, form: bytes) -> bytes:
    """Send one call to Moodle's web service and return the body of the answer.

    Raises:
        InputError: The answer cannot be read.
        UnavailableError: Moodle does not answer.
    """
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    answer = services.caller.call(moodle.service_url(pull.address), headers=headers, content=form)
    _require_answered(answer.status)
    return answer.body


def learners_of(services: Services, pull: Pull, token: str, course: str) -> Iterator[list[JsonObject]]:
    """Fetch the learners of a Moodle course page by page.

    Yields:
        The entries of each page.

    Raises:
        InputError: The answer cannot be read.
        UnavailableError: Moodle does not answer, or there are too many pages.
    """
    for number in range(_MAX_PAGES):
        form = moodle.learners_form(token, course, number * moodle.AT_ONCE)
        learners = moodle.read_learners(ask_moodle(services, pull, form), MAX_BYTES)
        yield learners
        if len(learners) < moodle.AT_ONCE:
            return
    raise UnavailableError(f"it has more than {_MAX_PAGES} pages of learners")


def read_answer(
    source: SourceRecord, pull: Pull, course: str, entries: Sequence[JsonObject], *, of: str = ""
) -> tuple[Observation, ...]:
    """Read the entries of an answer as observations.

    Args:
        of: What was fetched; "" for completions.
    """
    message = Message(write_answer(pull.place, pull.address, course, entries, of=of))
    return adapter_of(source).read(message, source.options).observations


def told_before(
    services: Services, source: SourceRecord, people: Sequence[PersonReference]
) -> Iterator[ObservationRecord]:
    """Yield what the same installation has reported about a person, whether or not the person is known here.

    Args:
        people: The names by which the installation knows the person.
    """
    names = [(one.kind.value, person_value(one), source.namespace) for one in people]
    if not names:
        return
    members = {one.membership_id for one in services.store.identifiers.named(names)}
    of_members = (services.store.observations.of_member(one) for one in sorted(members))
    waiting = (services.store.observations.naming(name, limit=_KNOWN_ROWS) for name in names)
    for records in (*of_members, *waiting):
        yield from (record for record in records if record.namespace == source.namespace)


def keep_answer(services: Services, source: SourceRecord, body: bytes, now: datetime) -> None:
    """Store an answer as a message of the source, and process it."""
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
    kept, _ = services.store.events.record(event)
    if kept.state is EventState.RECEIVED:
        resume_message(services, kept, now=now)


def _require_answered(status: int) -> None:
    if status in (401, 403):
        raise InputError(f"it refuses the token ({status})")
    if status != 200:
        raise UnavailableError(f"it answered {status}")
