"""The file that an organisation moves in: a line of JSON for each row, compressed, sealed with a passphrase.

The first line says whose it is and of which release, the last how many rows there are and what all lines
before it hash to. Version 1.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.store.moving_rows import FileCheck, row_from_json, table_of
from credserv.store.sealed_file import Passphrase, SealingWriter, UnsealingReader

FORMAT = "credserv-organisation"
VERSION = 1
_MAX_LINE = 64 * 1_048_576
_MAX_DEPTH = 40
_MAX_MEMBERS = 200_000
_PROGRESS_ROWS = 10_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class FileHead:
    """Whose the file is. schema: revision of the tables. trail: head of the audit chain there, and where it
    did not hold, if anywhere."""

    organisation: str
    name: str
    did: str
    public_url: str
    exported_at: str
    release: str
    schema: str
    trail_head: str
    trail_fault: str


@dataclass(frozen=True)
class FileRow:
    """values: as the store takes them. private_key: PKCS8 in DER, in hex, of a key that still signs."""

    table: Any
    values: dict[str, Any]
    private_key: str = ""


class RowsWriter:
    """Writes head, rows and end in turn."""

    def __init__(self, file: gzip.GzipFile, head: FileHead, say: Say) -> None:
        self._file, self._say = file, say
        self._hash = hashlib.sha256()
        self.rows: dict[str, int] = {}
        self._line({"format": FORMAT, "version": VERSION, **asdict(head)})

    def add(self, table: str, row: JsonObject, *, private_key: str = "") -> None:
        self.rows[table] = self.rows.get(table, 0) + 1
        self._line({"table": table, "row": row, **({"private_key": private_key} if private_key else {})})
        _count(sum(self.rows.values()), "written", self._say)

    def end(self) -> None:
        self._line({"end": {"rows": self.rows, "sha256": self._hash.hexdigest()}})

    def _line(self, told: Mapping[str, Any]) -> None:
        line = json.dumps(told, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        self._hash.update(line)
        self._file.write(line)


@contextmanager
def new_file(path: Path, passphrase: Passphrase, head: FileHead, say: Say) -> Iterator[RowsWriter]:
    """A file of mode 0600 that is there whole or not at all. Raises InputError where there is one already."""
    if path.exists():
        raise InputError(f"{path} is there already")
    fresh = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise InputError(
            f"{fresh} is there: another export writes it, or was killed; then delete it"
        ) from error
    except OSError as error:
        raise InputError(f"cannot write {fresh}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            sealing = SealingWriter(file, passphrase)
            with gzip.GzipFile(fileobj=sealing, mode="wb", mtime=0) as packed:
                rows = RowsWriter(packed, head, say)
                yield rows
                rows.end()
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


class SealedRows:
    """The rows of a file, read from the beginning each time. Raises InputError for whatever is not as it was
    written, at the latest when the last row was read."""

    def __init__(self, path: Path, passphrase: Passphrase, *, schema: str, say: Say) -> None:
        self._path, self._passphrase = path, passphrase
        self._schema, self._say = schema, say
        self.rows: dict[str, int] = {}

    def head(self) -> FileHead:
        with self._lines() as lines:
            return self._head(next(lines, b""))

    def read(self, told: str) -> Iterator[FileRow]:
        """told: what is done with the rows, for who looks on."""
        check, hashed = FileCheck(), hashlib.sha256()
        with self._lines() as lines:
            first = next(lines, b"")
            self._head(first)
            hashed.update(first)
            for line in lines:
                entry = _parse(line)
                if "end" in entry:
                    self._require_end(entry, check, hashed.hexdigest(), next(lines, b""))
                    self.rows = check.rows
                    return
                hashed.update(line)
                row = _row(entry)
                check.add(row.table, row.values)
                yield row
                _count(sum(check.rows.values()), told, self._say)
        raise InputError("the file is incomplete: its end is missing")

    def _head(self, line: bytes) -> FileHead:
        told = _parse(line)
        if (told.pop("format", None), told.pop("version", None)) != (FORMAT, VERSION):
            raise InputError(f"the file is of another format than {FORMAT} {VERSION}")
        names = {field.name for field in fields(FileHead)}
        if told.keys() != names or not all(isinstance(value, str) for value in told.values()):
            raise InputError("the file does not say whose it is")
        head = FileHead(**told)
        if head.schema != self._schema:
            raise InputError(
                f"the file was written by release {head.release} with tables of {head.schema}, and here they "
                f"are of {self._schema}: bring both installations to the same release, and export again"
            )
        return head

    def _require_end(self, entry: JsonObject, check: FileCheck, sha256: str, more: bytes) -> None:
        counted = {name: count for name, count in check.rows.items() if count}
        if entry != {"end": {"rows": counted, "sha256": sha256}} or more:
            raise InputError("the file is not as it was written: its rows are others than its end says")

    @contextmanager
    def _lines(self) -> Iterator[Iterator[bytes]]:
        try:
            with self._path.open("rb") as file:
                reader = io.BufferedReader(UnsealingReader(file, self._passphrase))
                with gzip.GzipFile(fileobj=reader, mode="rb") as packed:
                    yield iter(lambda: packed.readline(_MAX_LINE), b"")
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError("the file is not as it was written") from error
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror}") from error


def _row(entry: JsonObject) -> FileRow:
    table, row, private_key = table_of(entry.get("table")), entry.get("row"), entry.get("private_key", "")
    if not isinstance(row, dict) or not isinstance(private_key, str):
        raise InputError("the file holds a line that is no row")
    return FileRow(table, row_from_json(table, row), private_key)


def _parse(line: bytes) -> dict[str, Any]:
    value = parse_json(line, max_bytes=_MAX_LINE, max_depth=_MAX_DEPTH, max_members=_MAX_MEMBERS)
    if not isinstance(value, dict):
        raise InputError("the file holds a line that is no row")
    return value


def _count(number: int, told: str, say: Say) -> None:
    if number % _PROGRESS_ROWS == 0:
        say(f"{number} rows {told}")
