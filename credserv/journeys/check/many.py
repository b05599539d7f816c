"""Check many things at once: each gets its report, whatever happens to the others.

Whether one by one or in threads, a fault in one never costs another its answer, and a silent host delays the
batch by a stated time at most.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from credserv.fetch.memory import visitor
from credserv.ground.errors import (
    AbsentError,
    CredservError,
    InputError,
    ProofError,
    UnavailableError,
    UncheckedError,
    UnknownOrganisationError,
)
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.check import Checked, Kind, Question, check, check_document
from credserv.journeys.check.reports.report import build_refused_report, build_report, build_unread_report
from credserv.journeys.services import Services
from credserv.proof.tokens.jws import peek_header

MAX_INPUTS = 100
BATCH_SECONDS = 60.0  # after this, no further item of a batch is started
_AT_ONCE = 4  # per batch; most of the time is spent waiting for hosts
# Threads of all batches beyond each one's first. Many at once would compete for the
# processor, not wait for hosts.
_FURTHER = threading.BoundedSemaphore(_AT_ONCE - 1)
_NO_QUESTION = Question()

T = TypeVar("T")
S = TypeVar("S", bound="Submitted")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """One thing to check: `data`, `url` or `document`, as in `check`.

    Attributes:
        name: Its name in the answer.
        presentation: Whether it has to be a presentation.
        fault: Why it cannot be checked, if that is already known.
    """

    name: str = ""
    data: bytes | None = None
    url: str | None = None
    document: JsonObject | None = None
    question: Question = _NO_QUESTION
    presentation: bool = False
    fault: CredservError | None = None


def check_submitted(services: Services, item: Submitted, *, now: datetime) -> Checked:
    """Check one thing.

    Raises:
        InputError: It is not the presentation it should be, or a token that nobody can read.
        CredservError: As `check`.
    """
    if item.fault is not None:
        raise item.fault
    if item.document is not None:
        return check_document(services, item.document, now=now, question=item.question)
    checked = check(
        services,
        data=item.data,
        url=item.url,
        now=now,
        question=item.question,
        is_presented=item.presentation,
    )
    if item.presentation and checked.kind is not Kind.PRESENTATION:
        raise InputError("what was given as a presentation is not one")
    if not checked.credential and not checked.raw.startswith(b"{"):
        _require_header(checked.raw)
    return checked


def report_on(services: Services, item: Submitted, *, now: datetime) -> JsonObject:
    """Return the report of one thing.

    Failures to read or reach it, and unexpected errors, become reports too; nothing is raised.
    """
    named = {"input": item.name} if item.name else {}
    if isinstance(item.fault, InputError):
        return {**named, **build_refused_report(item.fault, now=now)}
    try:
        return {**named, **build_report(check_submitted(services, item, now=now), now=now)}
    except UnknownOrganisationError as error:
        return {**named, **build_refused_report(error, now=now)}
    except (InputError, AbsentError, UnavailableError) as error:
        return {**named, **build_unread_report(error, now=now)}
    except Exception:
        logger.exception("an error nobody foresaw, in one of several")
        ours = UncheckedError("something went wrong on our side")
        return {**named, **build_unread_report(ours, now=now)}


def report_each(
    services: Services, items: Sequence[Submitted], *, now: datetime, seconds: float = BATCH_SECONDS
) -> Iterator[JsonObject]:
    """Yield each report with its `index` as soon as it is ready, like `each`.

    Args:
        seconds: As in `each`.
    """
    told = each(items, lambda item: report_on(services, item, now=now), seconds=seconds)
    return ({"index": index, **report} for index, report in told)


def each(
    items: Sequence[S], look: Callable[[S], T], *, seconds: float = BATCH_SECONDS
) -> Iterator[tuple[int, T]]:
    """Yield the index and the result of `look` for each item as soon as it is ready.

    Everything is fetched on behalf of this call's `visitor`.

    Args:
        seconds: Items not started within this time get a fault.
    """
    return _each(items, look, visitor.get(), seconds)


def _each(items: Sequence[S], look: Callable[[S], T], who: str, seconds: float) -> Iterator[tuple[int, T]]:
    ends = time.monotonic() + seconds

    def run(index: int) -> tuple[int, T]:
        item = items[index]
        if time.monotonic() >= ends:
            item = replace(item, fault=UncheckedError(f"{seconds:.0f} seconds for one batch were over"))
        return index, look(item)

    further = sum(_FURTHER.acquire(blocking=False) for _ in range(min(_AT_ONCE, len(items)) - 1))
    pool = ThreadPoolExecutor(
        1 + further, thread_name_prefix="check", initializer=visitor.set, initargs=(who,)
    )
    try:
        for done in as_completed([pool.submit(run, index) for index in range(len(items))]):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if further:
            _FURTHER.release(further)


def _require_header(raw: bytes) -> None:
    try:
        peek_header(raw.decode("ascii", "replace").partition("~")[0])
    except ProofError as error:
        raise InputError(f"it is no token that can be read: {error.detail}") from error
