"""Open SQLite files from several processes at once so that readers never wait for a writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from credserv.ground.own_files import write_empty_file

_AGAIN_SECONDS = 0.02


def write_sqlite_file(_dialect: object, _record: object, names: Sequence[str], _options: object) -> None:
    """Make the file that is about to be opened belong to the account of the service. Raises OSError."""
    write_empty_file(Path(names[0]))


def write_ahead(cursor: Any, *, patience_seconds: float) -> None:
    """Put the file into write-ahead mode, which it keeps.

    The first one to set it while another writes gets "locked" at once, whatever the busy timeout: SQLite does
    not wait for a lock there, because the other may be waiting for this one. Raises sqlite3.OperationalError.
    """
    ends = time.monotonic() + patience_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= ends:
                raise
        time.sleep(_AGAIN_SECONDS)
