"""Files of JSON lines, compressed and sealed with a passphrase, so that any alteration is detected."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.strict_json import parse_json
from credserv.store.frame.sealed_file import Passphrase, SealingWriter, UnsealingReader

_MAX_LINE = 64 * 1_048_576
_MAX_DEPTH = 40
_MAX_MEMBERS = 200_000


class LinesWriter:
    """Writes lines. `sha256` covers all lines so far, for the last one."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def line(self, told: Any) -> None:
        line = json.dumps(told, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        self._hash.update(line)
        self._file.write(line)


@contextmanager
def new_lines(path: Path, passphrase: Passphrase) -> Iterator[LinesWriter]:
    """Open a new file of mode 0600, written completely or not at all. Raises InputError if it exists."""
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
            with gzip.GzipFile(fileobj=sealing, mode="wb", mtime=0, compresslevel=6) as packed:
                yield LinesWriter(packed)
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def read_lines(path: Path, passphrase: Passphrase) -> Iterator[Iterator[bytes]]:
    """Read a file. Raises InputError for anything not as it was written, at the last line at the latest."""
    try:
        with path.open("rb") as file:
            reader = io.BufferedReader(UnsealingReader(file, passphrase))
            with gzip.GzipFile(fileobj=reader, mode="rb") as packed:
                yield iter(lambda: packed.readline(_MAX_LINE), b"")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("the file is not as it was written") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def parse_line(line: bytes) -> Any:
    """Parse a line. Raises InputError."""
    return parse_json(line, max_bytes=_MAX_LINE, max_depth=_MAX_DEPTH, max_members=_MAX_MEMBERS)
