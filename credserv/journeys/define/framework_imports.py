"""Import a framework as a job: hand in files or a URL, preview the changes, then confirm.

waiting → previewed → running → done; `failed` with the reason, or `cancelled` by whoever began it. Each step
can be repeated, because what is stored already stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework
from credserv.ground.encoding import random_token
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    InputError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.ground.tables import MAX_BYTES
from credserv.journeys.define.framework_files import GivenFile, fetch_framework, read_given
from credserv.journeys.define.frameworks import keep_framework, preview_framework, tell_preview
from credserv.journeys.services import Services
from credserv.records.frameworks import ImportRecord, ImportState
from credserv.records.jobs import JobName

_LOOK, _KEEP = "look", "keep"

logger = logging.getLogger(__name__)


def begin_import(
    services: Services,
    files: Sequence[GivenFile],
    asked: Asked,
    *,
    url: str = "",
    format: str = "",
    actor: str,
    now: datetime,
) -> ImportRecord:
    """Accept files, or the URL of one, for a job to read.

    Raises:
        InputError: There is neither a file nor a URL.
        TooLargeError: The files are too large.
    """
    if not files and not url:
        raise InputError("choose a file, or give the address of one")
    if sum(len(file.data) for file in files) > MAX_BYTES:
        raise TooLargeError(f"at most {MAX_BYTES} bytes are read at once")
    said = {
        "asked": asdict(asked),
        "files": [[file.name, len(file.data)] for file in files],
        "url": url,
        "format": format,
    }
    name = url or ", ".join(file.name for file in files)
    record = ImportRecord(random_token(12), cut(name, 500), ImportState.WAITING, said, actor, now)
    services.store.framework_imports.add(record, b"".join(file.data for file in files))
    _enqueue(services, record.id, _LOOK)
    return record


def confirm_import(services: Services, import_id: str) -> None:
    """Carry out a previewed import.

    Raises:
        NotFoundError: There is no such import.
        ConflictError: It is not waiting for confirmation.
    """
    _move(services, import_id, (ImportState.PREVIEWED,), ImportState.RUNNING)
    _enqueue(services, import_id, _KEEP)


def cancel_import(services: Services, import_id: str) -> None:
    """Cancel an import, unless it is running.

    Raises:
        NotFoundError: There is no such import.
        ConflictError: It is running or over.
    """
    _move(services, import_id, (ImportState.WAITING, ImportState.PREVIEWED), ImportState.CANCELLED)


def _move(services: Services, import_id: str, was: Sequence[ImportState], state: ImportState) -> None:
    require_import(services, import_id)
    if not services.store.framework_imports.change(import_id, was=was, state=state):
        raise ConflictError("this import was begun, or ended, before")


def require_import(services: Services, import_id: str) -> ImportRecord:
    """Return an import.

    Raises:
        NotFoundError: There is no such import.
    """
    found = services.store.framework_imports.get(import_id)
    if found is None:
        raise NotFoundError("there is no such import")
    return found


def all_imports(services: Services) -> tuple[ImportRecord, ...]:
    """Return all imports."""
    return services.store.framework_imports.newest()


def unfinished_imports(services: Services) -> tuple[str, ...]:
    """Return the subjects of the jobs that wait or run."""
    found = services.store.framework_imports
    records = [record for one in found.unfinished() if (record := found.get(one)) is not None]
    return tuple(
        _subject(services, one.id, _LOOK if one.state is ImportState.WAITING else _KEEP) for one in records
    )


def _subject(services: Services, import_id: str, step: str) -> str:
    return f"{services.store.organisation_id}/{import_id}:{step}"


def run_import(services: Services, subject: str, *, now: datetime) -> None:
    """Run the job: preview or store.

    Unreadable input fails the import with the reason. Any other error is raised, and the job is retried.
    """
    import_id, _, step = subject.partition(":")
    record = services.store.framework_imports.get(import_id)
    wanted = ImportState.WAITING if step == _LOOK else ImportState.RUNNING
    if record is None or record.state is not wanted:
        return
    try:
        if step == _LOOK:
            _look(services, record)
        else:
            _keep(services, record, now=now)
    except (InputError, NotFoundError, UnavailableError) as error:
        if isinstance(error, UnavailableError) and not record.asked.get("url"):
            raise
        _fail(services, record, error)


def _look(services: Services, record: ImportRecord) -> None:
    """Preview an import.

    What a URL serves is stored, so that what is confirmed is what was shown. A cancelled import stays so.
    """
    imports, waits = services.store.framework_imports, (ImportState.WAITING,)
    files = list(_files(record.asked, imports.content(record.id) or b""))
    if record.asked.get("url"):
        files = [fetch_framework(services, record.asked["url"])]
        said = {**record.asked, "url": "", "files": [[file.name, len(file.data)] for file in files]}
        imports.change(record.id, was=waits, asked=said, content=files[0].data)
    framework = _read(services, record, files)
    preview = tell_preview(preview_framework(services, framework))
    imports.change(
        record.id,
        was=waits,
        state=ImportState.PREVIEWED,
        preview=preview,
        total=len(framework.items),
        error="",
    )


def _keep(services: Services, record: ImportRecord, *, now: datetime) -> None:
    imports = services.store.framework_imports
    framework = _read(services, record, list(_files(record.asked, imports.content(record.id) or b"")))

    def progress(done: int, total: int) -> None:
        imports.change(record.id, done=done, total=total)

    kept, _ = keep_framework(services, framework, actor=record.actor, now=now, on_progress=progress)
    imports.change(
        record.id,
        state=ImportState.DONE,
        done=len(framework.items),
        total=len(framework.items),
        framework_id=kept.id,
    )


def _fail(services: Services, record: ImportRecord, error: CredservError) -> None:
    told = "; ".join([error.detail, *(f"{one.place}: {one.message}" for one in error.faults[:5])])
    services.store.framework_imports.change(
        record.id, was=(record.state,), state=ImportState.FAILED, error=told[:2_000]
    )


def _read(services: Services, record: ImportRecord, files: Sequence[GivenFile]) -> Framework:
    return read_given(services, files, _asked(record.asked["asked"]), format=record.asked["format"])


def _asked(said: JsonObject) -> Asked:
    values: dict[str, Any] = dict(said)
    return Asked(**values)


def _files(said: JsonObject, content: bytes) -> Iterator[GivenFile]:
    start = 0
    for name, size in said["files"]:
        yield GivenFile(name, content[start : start + size])
        start += size


def _enqueue(services: Services, import_id: str, step: str) -> None:
    """Queue the job. If the queue cannot be reached, the worker's sweep finds it."""
    try:
        services.jobs.enqueue(JobName.FRAMEWORK, _subject(services, import_id, step))
    except UnavailableError as error:
        logger.warning("an import is begun later: %s", error.detail)
