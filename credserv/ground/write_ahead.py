"""How SQLite files are opened by several processes at once: readers never wait for a writer."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

_AGAIN_SECONDS = 0.02


def write_ahead(cursor: Any, *, patience_seconds: float) -> None:
    """Put the file into write-ahead mode, which it keeps.

    Whoever sets it first while another writes hears "locked" at once, whatever the busy timeout: SQLite does
    not wait for a lock there, as the other may wait for this one. Raises sqlite3.OperationalError.
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
