"""A file system of a few megabytes, which a test fills, or mounts read-only: the kernel's own errors."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOW_TO_GET_IT = "needs the right to mount a file system: run it as root"
_CHUNK = bytes(1_048_576)


class SmallDisk:
    """folder: where it is mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """To its last byte. Again, where something was freed since."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (len(_CHUNK), 4_096, 1):
                try:
                    while file.write(_CHUNK[:size]) == size:
                        pass
                except OSError:
                    continue

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def read_only(self) -> None:
        """Raises OSError while somebody has a file of it open for writing."""
        self._remount("ro")

    def writable(self) -> None:
        self._remount("rw")

    def _remount(self, how: str) -> None:
        done = subprocess.run(
            ["mount", "-o", f"remount,{how}", str(self.folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise OSError(done.stderr.strip())


def may_mount() -> bool:
    return os.geteuid() == 0


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted at the folder, which is made; in memory. Raises CalledProcessError where that is refused."""
    folder.mkdir(mode=0o755)
    options = f"size={megabytes}m,mode=755"
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, capture_output=True
    )
    try:
        yield SmallDisk(folder)
    finally:
        end = time.monotonic() + 10
        while subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode:
            if time.monotonic() > end:
                subprocess.run(["umount", "--lazy", str(folder)], check=False)
                break
            time.sleep(0.2)
