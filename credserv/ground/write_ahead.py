"""Open SQLite files from several processes at once so that readers never wait for a writer."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from credserv.ground.errors import SettingsError
from credserv.ground.own_files import write_empty_file

_AGAIN_SECONDS = 0.02
_MOUNTS = Path("/proc/self/mounts")
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.glusterfs"})


def require_local(path: Path) -> None:
    """Require a file to be on this machine's own disks: the write-ahead log needs memory that all processes
    share, and locks that hold (attack 128; sqlite.org/wal.html).

    Raises:
        SettingsError: It is on a network file system.
    """
    kind = _file_system(path)
    if kind in _REMOTE:
        raise SettingsError(
            f"{path} is on a network file system ({kind}), where SQLite files get damaged: "
            "keep the data folder on a disk of this machine, or use PostgreSQL"
        )


def _file_system(path: Path) -> str:
    """Return the type of the file system that a path is on; "" if this system does not say."""
    try:
        lines = _MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    real, best, kind = path.resolve(), 0, ""
    for line in lines:
        _, place, found, *_ = line.split(" ")
        mounted = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place))
        if real.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), found
    return kind


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
