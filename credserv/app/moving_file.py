"""The file an organisation moves in: one line of JSON for each row, compressed, sealed with a passphrase.

The first line says whose it is and from which release; the last has the number of rows and a hash of all
lines before it. Version 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from credserv.app.sealed_lines import LinesWriter, new_lines, parse_line, read_lines
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.store.frame.sealed_file import Passphrase
from credserv.store.operate.moving_rows import FileCheck, row_from_json, table_of

FORMAT = "credserv-organisation"
VERSION = 1
_PROGRESS_ROWS = 10_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class FileHead:
    """The head of a file.

    Attributes:
        schema: revision of the tables.
        trail: head of the audit chain there, and where it did not hold, if anywhere.
    """

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
    """A row. `values` are as the store takes them; `private_key` is PKCS8 in DER, in hex, for a key that
    still signs."""

    table: Any
    values: dict[str, Any]
    private_key: str = ""


class RowsWriter:
    """Writes head, rows and end in turn."""

    def __init__(self, lines: LinesWriter, head: FileHead, say: Say) -> None:
        self._lines, self._say = lines, say
        self.rows: dict[str, int] = {}
        lines.line({"format": FORMAT, "version": VERSION, **asdict(head)})

    def add(self, table: str, row: JsonObject, *, private_key: str = "") -> None:
        self.rows[table] = self.rows.get(table, 0) + 1
        self._lines.line(
            {"table": table, "row": row, **({"private_key": private_key} if private_key else {})}
        )
        _count(sum(self.rows.values()), "written", self._say)

    def end(self) -> None:
        self._lines.line({"end": {"rows": self.rows, "sha256": self._lines.sha256}})


@contextmanager
def new_file(path: Path, passphrase: Passphrase, head: FileHead, say: Say) -> Iterator[RowsWriter]:
    """Open a new file of mode 0600, written completely or not at all. Raises InputError if it exists."""
    with new_lines(path, passphrase) as lines:
        rows = RowsWriter(lines, head, say)
        yield rows
        rows.end()


class SealedRows:
    """The rows of a file, read from the beginning each time.

    Raises InputError for anything not as it was written, at the last row at the latest.
    """

    def __init__(self, path: Path, passphrase: Passphrase, *, schema: str, say: Say) -> None:
        self._path, self._passphrase = path, passphrase
        self._schema, self._say = schema, say
        self.rows: dict[str, int] = {}

    def head(self) -> FileHead:
        with read_lines(self._path, self._passphrase) as lines:
            return self._head(next(lines, b""))

    def read(self, told: str) -> Iterator[FileRow]:
        """Yield the rows. `told` says what is done with them, for progress output."""
        check, hashed = FileCheck(), hashlib.sha256()
        with read_lines(self._path, self._passphrase) as lines:
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


def _row(entry: JsonObject) -> FileRow:
    table, row, private_key = table_of(entry.get("table")), entry.get("row"), entry.get("private_key", "")
    if not isinstance(row, dict) or not isinstance(private_key, str):
        raise InputError("the file holds a line that is no row")
    return FileRow(table, row_from_json(table, row), private_key)


def _parse(line: bytes) -> dict[str, Any]:
    value = parse_line(line)
    if not isinstance(value, dict):
        raise InputError("the file holds a line that is no row")
    return value


def _count(number: int, told: str, say: Say) -> None:
    if number % _PROGRESS_ROWS == 0:
        say(f"{number} rows {told}")
