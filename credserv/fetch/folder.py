"""Read a folder into which an operator lets others put files.

They may be hostile: links are not followed, only plain files are opened, and nothing outside is named.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from credserv.ground.errors import TooLargeError, UnavailableError

MAX_FILE_BYTES = 64 * 1_048_576
_MAX_FILES = 10_000
_UNFINISHED = (
    ".part",
    ".tmp",
    ".filepart",
    ".partial",
    ".crdownload",
)  # names programs give to files still being written


@dataclass(frozen=True)
class FileSeen:
    """A file. Its size and time (nanoseconds) change while somebody still writes it."""

    name: str
    size: int
    time: int


def list_files(folder: Path) -> tuple[FileSeen, ...]:
    """Return files by name; () without such a folder. Raises UnavailableError if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            found = [
                FileSeen(entry.name, entry.stat(follow_symlinks=False).st_size, _time(entry))
                for entry in entries
                if entry.is_file(follow_symlinks=False) and _is_whole(entry.name)
            ]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UnavailableError("the folder cannot be looked into") from error
    return tuple(sorted(found, key=lambda one: one.name)[:_MAX_FILES])


def read_seen(folder: Path, seen: FileSeen) -> bytes:
    """Return the content. Raises TooLargeError; UnavailableError if the file changed or cannot be read."""
    if seen.size > MAX_FILE_BYTES:
        raise TooLargeError(f"the file is larger than {MAX_FILE_BYTES // 1_048_576} MiB")
    try:
        handle = os.open(folder / seen.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:  # noqa: PTH123 - by its descriptor, so that it is that very file
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or (about.st_size, about.st_mtime_ns) != (
                seen.size,
                seen.time,
            ):
                raise UnavailableError("the file is still being written")
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UnavailableError("the file cannot be read") from error


def _time(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_mtime_ns


def _is_whole(name: str) -> bool:
    return not name.startswith((".", "~")) and not name.lower().endswith(_UNFINISHED)
