"""Restore an installation from a copy into an empty place; nothing that was revoked becomes valid again.

What was revoked after the copy is in the journal beside the database. Without it, whoever restores must say
so and name the badges they know of. A list index that looks free may then already be in use, so existing
lists assign no more.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from credserv.app.backup import BackupFile, BackupHead, variables_of
from credserv.app.remembered import remember
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.ground.own_files import make_folder, replace_file, write_new_file
from credserv.journeys.operate.samples import Sample, verify_sample
from credserv.journeys.publish.journal import accept, merge
from credserv.journeys.publish.publish import set_status
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialState
from credserv.status.journal import StatusJournal
from credserv.store.store import open_store

_REASON = "It was revoked after the copy was made that this service was restored from."


@dataclass(frozen=True)
class Since:
    """What is known about the time after the copy.

    Attributes:
        journal: the newest one; None if it is lost too.
        revoked: without a journal, the ids of revoked credentials.
    """

    journal: Path | None
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """The outcome. `changed` counts badges whose state was updated, `kept` bits of badges missing in the
    copy."""

    head: BackupHead
    rows: int
    changed: int
    kept: int
    sample: Sample


def restore(
    file: BackupFile,
    folder: Path,
    since: Since,
    *,
    database_url: str | None = None,
    samples: int = 100,
    for_now: bool = False,
    actor: str,
    now: datetime,
) -> Restored:
    """Restore a copy into an empty or new folder and an empty database, all or nothing.

    The whole file is read before anything is written.

    Args:
        for_now: the installation is temporary.

    Raises InputError, ConflictError, SettingsError, and NotFoundError for an id in `since` missing in the
    copy.
    """
    rows = file.check().rows
    head = file.head()
    if since.journal is not None and not since.journal.is_file():
        raise InputError(f"there is no journal at {since.journal}")
    with _new_folder(folder):
        _write_files(file, folder)
        settings = Settings.from_env(variables_of(head, folder, database_url))
        with _filled(file, head, settings, for_now=for_now):
            own = {"DATABASE_URL": database_url} if database_url else {}
            remember(folder, {**head.settings, "PUBLIC_URL": head.public_url, **own})
            changed, kept = _bring_back(settings, since, actor=actor, now=now)
            return Restored(head, rows, changed, kept, _sample(settings, samples, now))


@contextmanager
def _filled(file: BackupFile, head: BackupHead, settings: Settings, *, for_now: bool) -> Iterator[None]:
    """Fill the database with the copy's rows and this release's tables; empty it again if anything fails."""
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    try:
        with file.opened() as entries:
            store.write_all(head.schema, entries.rows(), for_now=for_now)
        try:
            store.migrate()
            yield
        except BaseException:
            store.unmake()
            raise
    finally:
        store.close()


def try_restoring(file: BackupFile, *, samples: int, now: datetime) -> tuple[int, Sample]:
    """Restore a copy into a temporary folder; returns its number of rows, and the result of verifying a
    sample.

    Raises InputError for a file that is not as it was written.
    """
    with tempfile.TemporaryDirectory(prefix="credserv-check-") as name:
        done = restore(
            file, Path(name) / "data", Since(None), samples=samples, for_now=True, actor="check", now=now
        )
    return done.rows, done.sample


def _write_files(file: BackupFile, folder: Path) -> None:
    with file.opened() as entries:
        for _ in entries.rows():
            pass
        for name, content in entries.files():
            _write(folder, name, content)


def _write(folder: Path, name: str, content: bytes) -> None:
    parts = PurePosixPath(name).parts
    if not parts or len(parts) > 2 or any(part in ("", ".", "..", "/") or part[0] == "/" for part in parts):
        raise InputError(f"the copy holds a file with a name that leads elsewhere: {name[:80]!r}")
    path = folder.joinpath(*parts)
    make_folder(path.parent)
    write_new_file(path, content)


def _bring_back(settings: Settings, since: Since, *, actor: str, now: datetime) -> tuple[int, int]:
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    journal = StatusJournal(settings.status_journal)
    try:
        detail = {"journal": since.journal is not None, "revoked": len(since.revoked)}
        store.audit.add(AuditRecord(now, actor, Action.INSTALLATION_RESTORED, store.organisation_id, detail))
        if since.journal is not None:
            replace_file(settings.status_journal, since.journal.read_bytes())
            done = merge(store, journal, actor=actor, now=now)
            return done.changed, done.kept
        with store.transaction():
            for known in store.organisations.list():
                store.of(known.id).status_lists.close_all(now)
        accept(store, journal)
    finally:
        store.close()
    return _revoke(settings, since.revoked, actor=actor, now=now), 0


def _revoke(settings: Settings, ids: Collection[str], *, actor: str, now: datetime) -> int:
    if not ids:
        return 0
    services = build_services(settings, clock=lambda: now)
    try:
        for credential_id in ids:
            own = next(
                (
                    services.at_name(known.id)
                    for known in services.store.organisations.list()
                    if services.store.of(known.id).credentials.get(credential_id) is not None
                ),
                None,
            )
            if own is None:
                raise NotFoundError(f"the copy has no badge {credential_id[:80]}: it was issued after it")
            set_status(own, credential_id, CredentialState.REVOKED, reason=_REASON, actor=actor, now=now)
    finally:
        services.close()
    return len(ids)


def _sample(settings: Settings, samples: int, now: datetime) -> Sample:
    services = build_services(settings, clock=lambda: now)
    try:
        return verify_sample(services, samples, now)
    finally:
        services.close()


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Create an empty folder, and delete it with its contents if anything fails."""
    was_there = folder.is_dir()
    if folder.exists() and (not was_there or any(folder.iterdir())):
        raise ConflictError(f"{folder} is not empty: name a new folder, nothing is written over")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not was_there:
            folder.rmdir()
        raise
