"""Copy a whole installation into one sealed file while it runs, and read it into an empty place.

The file has one JSON line each for: what it is a copy of, the files of its folders, the rows of its database,
and a final count. It includes keys and secrets, so whoever opens it can sign as its issuers.

The status journal is not included: restored as it was, it would undo what was revoked since
(status/journal.py). Whoever restores must say where the newest one is, or that there is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from credserv import __version__
from credserv.app.remembered import SECRET_FILES, settings_to_keep
from credserv.app.sealed_lines import new_lines, parse_line, read_lines
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.ground.encoding import decode_base64url, encode_base64url, format_instant
from credserv.ground.errors import InputError, SettingsError
from credserv.journeys.operate import anchors, contexts
from credserv.store.frame.sealed_file import Passphrase
from credserv.store.operate.dumping import TableRow
from credserv.store.store import Store, open_store

FORMAT = "credserv-backup"
VERSION = 1
KEYS = "keys"
# Places that these settings name on the copied machine; the machine restored to has its own.
OF_THE_MACHINE = ("DATABASE_URL", "JOBS_DATABASE_URL", "KEYS_DIR", "STATUS_JOURNAL")
_PROGRESS_ROWS = 10_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class BackupHead:
    """The head of a copy.

    Attributes:
        schema: revision of the tables.
        settings: by name without prefix, as the installation was run with them.
    """

    public_url: str
    made_at: str
    release: str
    schema: str
    database: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    files: int
    rows: int


def write_backup(
    settings: Settings,
    environ: Mapping[str, str],
    path: Path,
    passphrase: str,
    *,
    now: datetime,
    say: Say,
) -> Made:
    """Write a new file, completely or not at all. `environ` is what the settings were read from.

    Raises InputError for a short passphrase or an existing file, UnavailableError.
    """
    sealed_with = Passphrase(passphrase)
    sealed_with.require_long()
    with _opened(settings) as store:
        return _write(settings, environ, store, path, sealed_with, now, say)


def upgrade(settings: Settings, make_copy: Callable[[], None]) -> tuple[str, str] | None:
    """Have a copy made, then bring the database to this release.

    Returns the table versions before and after; None where there is nothing to do. Raises SettingsError for a
    database without an installation.
    """
    with _opened(settings) as store:
        before = store.tables_revision()
        if before is None:
            raise SettingsError(
                "this database holds no installation, so there is nothing to bring to this release: see "
                "whether CREDSERV_DATABASE_URL names the right one (`credserv settings show`), or run "
                "`credserv init`"
            )
        if store.schema_is_current():
            return None
        make_copy()
        store.migrate()
        return before, store.schema_revision()


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    try:
        yield store
    finally:
        store.close()


def _write(
    settings: Settings,
    environ: Mapping[str, str],
    store: Store,
    path: Path,
    sealed_with: Passphrase,
    now: datetime,
    say: Say,
) -> Made:
    schema = store.tables_revision()
    if schema is None:
        raise InputError("the database holds no installation: there is nothing to copy")
    kept = {name: value for name, value in settings_to_keep(environ).items() if name not in OF_THE_MACHINE}
    kind = settings.database_url.partition(":")[0].partition("+")[0]
    head = BackupHead(settings.public_url, format_instant(now), __version__, schema, kind, kept)
    files = rows = 0
    columns: dict[str, tuple[str, ...]] = {}
    with new_lines(path, sealed_with) as lines:
        lines.line({"format": FORMAT, "version": VERSION, **asdict(head)})
        for row in store.read_all():
            if row.table not in columns:
                columns[row.table] = row.columns
                lines.line({"table": row.table, "columns": row.columns})
            lines.line(row.values)
            rows += 1
            if rows % _PROGRESS_ROWS == 0:
                say(f"{rows} rows written")
        for name, content in _files(settings):
            lines.line({"file": name, "content": encode_base64url(content)})
            files += 1
        lines.line({"end": {"files": files, "rows": rows, "sha256": lines.sha256}})
    return Made(files, rows)


def _files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield the files after the rows, so that every key a row names is among them."""
    yield SECRET_FILES["SECRET_KEY"], settings.secret_key
    yield SECRET_FILES["KEY_PASSPHRASE"], settings.key_passphrase
    for found in sorted(settings.keys_dir.glob("*.pem")):
        yield f"{KEYS}/{found.name}", found.read_bytes()
    for folder in (contexts.FOLDER, anchors.FOLDER):
        for found in sorted((settings.data_dir / folder).glob("*")):
            if found.is_file():
                yield f"{folder}/{found.name}", found.read_bytes()


class BackupFile:
    """A copy being restored.

    Each reading starts at the first line; any alteration is detected at the last line at the latest.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        self._path = path
        self._passphrase = Passphrase(passphrase)

    def head(self) -> BackupHead:
        """Return the head. Raises InputError."""
        with read_lines(self._path, self._passphrase) as lines:
            return _head(next(lines, b""))

    def check(self) -> Made:
        """Read all of it. Raises InputError if it is not as it was written."""
        with self.opened() as entries:
            rows = sum(1 for _ in entries.rows())
            files = sum(1 for _ in entries.files())
        return Made(files, rows)

    @contextmanager
    def opened(self) -> Iterator[Entries]:
        with read_lines(self._path, self._passphrase) as lines:
            first = next(lines, b"")
            _head(first)
            yield Entries(first, lines)


class Entries:
    """The entries: first the rows, then the files; the end is checked with the last file."""

    def __init__(self, first: bytes, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._hash = hashlib.sha256(first)
        self._waiting: Any = None
        self._rows = self._files = 0

    def rows(self) -> Iterator[TableRow]:
        table, columns = "", ()
        for line in self._lines:
            entry = parse_line(line)
            if isinstance(entry, dict) and "table" not in entry:
                self._waiting = (line, entry)
                return
            self._hash.update(line)
            if isinstance(entry, dict):
                table, columns = str(entry["table"]), tuple(entry.get("columns", ()))
            else:
                self._rows += 1
                yield TableRow(table, columns, entry)
        raise InputError("the file is incomplete: its end is missing")

    def files(self) -> Iterator[tuple[str, bytes]]:
        line, entry = self._waiting
        while "end" not in entry:
            self._hash.update(line)
            name, content = entry.get("file"), entry.get("content")
            if not isinstance(name, str) or not isinstance(content, str):
                raise InputError("the file holds a line that is neither row nor file")
            self._files += 1
            yield name, decode_base64url(content)
            line = next(self._lines, b"{}")
            entry = parse_line(line)
            if not isinstance(entry, dict) or not entry:
                raise InputError("the file is incomplete: its end is missing")
        told = {"files": self._files, "rows": self._rows, "sha256": self._hash.hexdigest()}
        if entry != {"end": told} or next(self._lines, b""):
            raise InputError("the file is not as it was written: it holds other lines than its end says")


def _head(line: bytes) -> BackupHead:
    told = parse_line(line)
    if not isinstance(told, dict) or (told.pop("format", 0), told.pop("version", 0)) != (FORMAT, VERSION):
        raise InputError(f"this is no file that `credserv backup` wrote ({FORMAT} {VERSION})")
    if told.keys() != {field.name for field in fields(BackupHead)} or not isinstance(told["settings"], dict):
        raise InputError("the file does not say what it is a copy of")
    return BackupHead(**told)


def variables_of(head: BackupHead, folder: Path, database_url: str | None) -> dict[str, str]:
    """Return the environment for an installation restored into a folder."""
    given = {PREFIX + name: value for name, value in head.settings.items()}
    given[f"{PREFIX}DATA_DIR"] = str(folder)
    given[f"{PREFIX}KEYS_DIR"] = str(folder / KEYS)
    for name, file in SECRET_FILES.items():
        given[f"{PREFIX}{name}_FILE"] = str(folder / file)
    if database_url is not None:
        given[f"{PREFIX}DATABASE_URL"] = database_url
    return given
