"""Fetch from other systems on a schedule: events that never arrived, files, and the
members and results of LTI courses.

One worker fetches from one source at a time. The outcome is shown on the source's page, and a failed fetch is
retried within an hour.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from credserv.fetch.folder import MAX_FILE_BYTES, FileSeen, list_files, read_seen
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.asked_answers import METHOD
from credserv.journeys.award.courses import fetch_courses
from credserv.journeys.award.reconciling import Asked, reconcile
from credserv.journeys.award.take import take_message
from credserv.journeys.services import Services
from credserv.records.sources import EventState, PullRecord, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.pulling.settings import Pull, PulledSystem, read_pull
from credserv.sources.signing import Authentication

_LEASE = timedelta(hours=6)  # if a worker dies while fetching, another may after this
_SOON = timedelta(hours=1)
_MOST_TOLD = 20
_FILE_TYPES = "text/csv, application/x-ndjson, application/json, */*"
_OURS = "It could not be asked: a fault of this service, which has been logged."

logger = logging.getLogger(__name__)


def pull_due(services: Services, *, clock: Callable[[], datetime], stopping: Callable[[], bool]) -> int:
    """Fetch from every source that is due.

    Returns:
        How many sources were fetched from.
    """
    asked = 0
    for record in services.store.source_pulls.due(clock()):
        if stopping() or not services.issuer.is_open:
            return asked
        asked += pull(services, record, now=clock()) is not None
    return asked


def pull(services: Services, record: PullRecord, *, now: datetime) -> Asked | None:
    """Fetch from one source now.

    Returns:
        The outcome, or None if another worker is fetching or the source needs no fetching.
    """
    store = services.store
    source = store.sources.get(record.source)
    wanted = read_pull(source.dialect, source.options) if source is not None else None
    if source is None or wanted is None:
        store.source_pulls.end(record.source)
        return None
    if not store.source_pulls.begin(record, now + _LEASE):
        return None
    asked, seen = Asked(), dict(record.seen)
    if source.enabled:
        try:
            asked, seen = _ask(services, source, wanted, record, now)
        except CredservError as error:
            asked.failed.append(f"It could not be asked: {error.detail}.")
        except Exception as error:
            logger.exception("asking %s failed: %s", source.name, type(error).__name__)
            asked.failed.append(_OURS)
    pause = min(_SOON, wanted.every) if asked.failed else wanted.every
    outcome = _outcome(asked) if asked.asked or asked.failed else record.outcome
    store.source_pulls.finish(source.name, due_at=now + pause, ended_at=now, outcome=outcome, seen=seen)
    return asked


def _outcome(asked: Asked) -> JsonObject:
    return {
        "asked": asked.asked,
        "found": asked.found,
        "new": asked.new,
        "failed": [sentence[:500] for sentence in asked.failed[:_MOST_TOLD]],
    }


def _ask(
    services: Services, source: SourceRecord, wanted: Pull, record: PullRecord, now: datetime
) -> tuple[Asked, dict[str, Any]]:
    if wanted.place is PulledSystem.LTI:
        return _ask_lti(services, source, now), {}
    if wanted.place is PulledSystem.FOLDER:
        return _look_into_folder(services, source, record.seen, now)
    if wanted.place is PulledSystem.FILE:
        return _fetch_file(services, source, wanted, record.token, now), {}
    if record.token is None:
        raise InputError("no token was given for it")
    return reconcile(services, source, wanted, record.token, now=now), {}


def _ask_lti(services: Services, source: SourceRecord, now: datetime) -> Asked:
    fetched = fetch_courses(services, source, now=now)
    told = fetched.members + fetched.results
    return Asked(asked=fetched.courses, found=told, failed=[f"{one}." for one in fetched.failed])


def _fetch_file(
    services: Services, source: SourceRecord, wanted: Pull, token: str | None, now: datetime
) -> Asked:
    """Fetch a file. `token` is a bearer token, or the whole header if it names its scheme (`Basic …`)."""
    headers = {"Accept": _FILE_TYPES}
    if token is not None:
        headers["Authorization"] = token if " " in token else f"Bearer {token}"
    answer = services.caller.call(wanted.address, headers=headers, max_bytes=MAX_FILE_BYTES)
    if answer.status != 200:
        raise UnavailableError(f"the host answered {answer.status}")
    kind = {"content-type": answer.headers.get("content-type", "")}
    asked = Asked(asked=1)
    _take(services, source, Message(answer.body, kind), "The file", asked, now)
    return asked


def _look_into_folder(
    services: Services, source: SourceRecord, seen: Mapping[str, Any], now: datetime
) -> tuple[Asked, dict[str, Any]]:
    """Take each file that has not changed since the previous look, which means that its writer has
    finished.
    """
    if services.watched_dir is None:
        raise InputError("this installation watches no folder (CREDSERV_WATCHED_DIR)")
    folder = services.watched_dir / services.issuer.id / source.name
    asked, now_seen = Asked(), {}
    for file in list_files(folder):
        size, time, is_taken = seen.get(file.name, (None, None, False))
        is_same = (size, time) == (file.size, file.time)
        if is_same and not is_taken:
            is_taken = _take_file(services, source, folder, file, asked, now)
        now_seen[file.name] = [file.size, file.time, is_same and is_taken]
    return asked, now_seen


def _take_file(
    services: Services, source: SourceRecord, folder: Path, file: FileSeen, asked: Asked, now: datetime
) -> bool:
    """Return whether the file is done with; otherwise the next look tries it again."""
    asked.asked += 1
    try:
        content = read_seen(folder, file)
    except UnavailableError as error:
        asked.failed.append(f"{file.name[:100]}: {error.detail}.")
        return False
    except InputError as error:
        asked.failed.append(f"{file.name[:100]}: {error.detail}.")
        return True
    _take(services, source, Message(content), file.name[:100], asked, now)
    return True


def _take(
    services: Services, source: SourceRecord, message: Message, name: str, asked: Asked, now: datetime
) -> None:
    verdict = Authentication(METHOD, is_signed=False)
    taken = take_message(services, source, message, verdict, now=now)
    if taken.event.state is EventState.UNREADABLE:
        asked.failed.append(f"{name} cannot be read, and is kept: {taken.event.note[:300]}")
    asked.found += len(taken.observations)
    asked.new += sum(one.message == taken.event.event_id for one in taken.observations)
