"""LTI: ask a platform who is in the courses that were launched from it, and what their gradebooks say.

Each answer is stored as a message and read into observations, like a message that the platform sends unasked.
An answer that has not changed adds nothing, so a nightly run costs no more than the requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from credserv.fetch.calling import MAX_BYTES
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.strict_json import parse_json
from credserv.journeys.award.launches import tool_key
from credserv.journeys.award.take import resume_message
from credserv.journeys.services import Services
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources import lti
from credserv.sources.adapter import Message
from credserv.sources.lti import services as lti_services
from credserv.sources.lti.reading import read_claims
from credserv.sources.lti.services import Course
from credserv.sources.lti.settings import Platform, parse_platform

_METHOD = "lti-service"
_LAUNCHES = 1_000
_MAX_PAGES = 200


@dataclass(frozen=True)
class Fetched:
    """The outcome of a run.

    Attributes:
        failed: A sentence for each course that could not be fetched.
    """

    courses: int
    members: int
    results: int
    failed: tuple[str, ...] = ()


def fetch_courses(services: Services, source: SourceRecord, *, now: datetime) -> Fetched:
    """Fetch members and results of every course among the recent launches.

    A course that fails does not affect the others.

    Raises:
        SchemaFaultsError: The source does not describe its platform.
        InputError: The platform has no token endpoint.
    """
    platform = parse_platform(source.options)
    if not platform.token_endpoint:
        raise InputError("the platform's token_endpoint is not told: without it nothing can be asked there")
    counts = {"members": 0, "results": 0}
    failed: list[str] = []
    courses = _courses(services, source)
    for course in courses:
        try:
            asking = _Asking(services, source, platform, now, course)
            counts["members"] += asking.fetch_members()
            counts["results"] += asking.fetch_results()
        except (InputError, UnavailableError) as error:
            failed.append(f"course {course.id[:100]}: {error.detail}")
    return Fetched(len(courses), counts["members"], counts["results"], tuple(failed))


def _courses(services: Services, source: SourceRecord) -> tuple[Course, ...]:
    """Return each course as its newest launch describes it."""
    found: dict[str, Course] = {}
    for event in services.store.events.recent(source.name, limit=_LAUNCHES):
        if event.is_let_go or (event.authentication or {}).get("method") != "lti-launch":
            continue
        course = lti_services.read_course(read_claims(Message(event.body)))
        if course is not None:
            found.setdefault(course.id, course)
    return tuple(found.values())


class _Asking:
    """One course of one platform, with one access token."""

    def __init__(
        self,
        services: Services,
        source: SourceRecord,
        platform: Platform,
        now: datetime,
        course: Course,
    ) -> None:
        self._services, self._source, self._course = services, source, course
        self._caller, self._now = services.caller, now
        self._token = self._fetch_token(platform)

    def fetch_members(self) -> int:
        """Fetch the members and return how many were named."""
        if self._course.members_url is None:
            return 0
        pages = self._pages(self._course.members_url, lti_services.MEMBERS_TYPE)
        return sum(self._keep(url, body) for url, body in pages)

    def fetch_results(self) -> int:
        """Fetch the results and return how many say something."""
        if self._course.items_url is None:
            return 0
        kept = 0
        for _, body in self._pages(self._course.items_url, lti_services.ITEMS_TYPE):
            items = parse_json(body, max_bytes=MAX_BYTES)
            for item in items if isinstance(items, list) else []:
                address = item.get("id") if isinstance(item, dict) else None
                if isinstance(address, str):
                    wanted = lti_services.results_url(address)
                    pages = self._pages(wanted, lti_services.RESULTS_TYPE)
                    kept += sum(self._keep(url, body) for url, body in pages if body.strip() != b"[]")
        return kept

    def _fetch_token(self, platform: Platform) -> str:
        key = tool_key(self._services, self._source)
        form = lti_services.token_request(platform, self._course.scopes, key, self._now)
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._caller.call(platform.token_endpoint or "", headers=headers, content=form)
        if answer.status != 200:
            raise UnavailableError(f"the platform refused an access token ({answer.status})")
        return lti_services.read_token(answer.body)

    def _pages(self, url: str, accept: str) -> Iterator[tuple[str, bytes]]:
        wanted = url
        for _ in range(_MAX_PAGES):
            headers = {"Accept": accept, "Authorization": f"Bearer {self._token}"}
            answer = self._caller.call(wanted, headers=headers)
            if answer.status != 200:
                raise UnavailableError(f"the platform answered {answer.status} at {url[:200]}")
            yield wanted, answer.body
            following = lti_services.next_page(url, answer.headers)
            if following is None:
                return
            wanted = following
        raise UnavailableError(f"the list at {url[:200]} has more than {_MAX_PAGES} pages")

    def _keep(self, url: str, body: bytes) -> int:
        """Store an answer under a hash of its content, so that an unchanged one is recognised."""
        reading = lti.ADAPTER.read(Message(body), self._source.options)
        named = hashlib.sha256(url.encode() + b"\0" + body).hexdigest()
        event = EventRecord(
            source=self._source.name,
            event_id=f"lti-service:{named}",
            body_sha256=hashlib.sha256(body).hexdigest(),
            body=body,
            received_at=self._now,
            state=EventState.RECEIVED,
            headers={},
            authentication={"method": _METHOD, "is_signed": False, "key": None},
            adapter=lti.ADAPTER.name,
            adapter_version=lti.ADAPTER.version,
        )
        kept, _ = self._services.store.events.record(event)
        if kept.state is EventState.RECEIVED:
            resume_message(self._services, kept, now=self._now)
        return len(reading.observations)
