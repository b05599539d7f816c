"""Files of an installation: written whole, readable only by the account that the service runs as.

Commands are often run as root, and the service is not (deploy/systemd). Whatever root makes belongs to the
account that its folder belongs to; otherwise the service could not read its own settings afterwards.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder of mode 0700 and those above it; one that is there stays as it is. Raises OSError."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hand_over(folder)


def write_new_file(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 durably. Raises OSError, FileExistsError if there is one."""
    _write(path, content)
    _keep(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 durably, in place of an earlier one. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    _write(fresh, content)
    fresh.replace(path)
    _keep(path.parent)


def hand_over(path: Path) -> None:
    """Give what root just made to the account that its folder belongs to. Raises OSError."""
    if os.geteuid() != 0:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _give(descriptor, path.parent)
    finally:
        os.close(descriptor)


def write_empty_file(path: Path) -> None:
    """Write a file for a database to fill, if root would make it.

    Nothing happens if there is one, or no folder for it. Raises OSError.
    """
    if os.geteuid() == 0 and path.parent.is_dir() and not path.exists():
        with suppress(FileExistsError):  # another process was faster
            write_new_file(path, b"")


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # whatever the umask
            _give(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def _give(descriptor: int, folder: Path) -> None:
    """Give a file to its folder's owner, where root may: in some containers and on some shares it may not.

    `credserv doctor` reports what is left.
    """
    owner = folder.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
        with suppress(OSError):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _keep(folder: Path) -> None:
    """Make the folder's new entries last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
