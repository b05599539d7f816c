"""Where there is room, files of tests lie in memory: on a disk every commit of SQLite waits for it, and for
each of its databases PostgreSQL makes and removes a thousand files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 3 * 2**30


def folder_in_memory() -> str | None:
    """Not for programs: some machines run none from there."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        return str(_MEMORY)
    return None
