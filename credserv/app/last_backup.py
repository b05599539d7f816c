"""The time of the last good copy, for the metric of its age."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError
from credserv.ground.own_files import replace_file
from credserv.records.health import Figure

_FILE = "last-backup"


def note_backup(folder: Path, now: datetime) -> None:
    """Record a good copy in the data folder, for the metric of its age. Raises OSError."""
    replace_file(folder / _FILE, format_instant(now).encode() + b"\n")


def last_backup(folder: Path) -> datetime | None:
    """Return when the last copy was made; None if there was none, or its record cannot be read."""
    try:
        return parse_instant((folder / _FILE).read_text().strip())
    except (OSError, UnicodeDecodeError, InputError):
        return None


def backup_age(folder: Path, now: datetime) -> Figure:
    """Return the metric; infinite if no copy is known."""
    at = last_backup(folder)
    seconds = math.inf if at is None else max(0.0, (now - at).total_seconds())
    return Figure("backup_age_seconds", "Age of the last copy by `credserv backup`.", seconds)
