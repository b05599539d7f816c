"""Read a stranger's file in another process, because of what it may do to its reader.

A stranger's PDF or picture can keep any decoder busy for minutes, or exhaust memory. So a separate process
reads it, with a moment of CPU time, bounded memory and a lower priority than the service, and it is ended
from here (attacks 39 and 57, found F1a).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from credserv.ground.errors import UnavailableError, UnreadFileError

_DEADLINE_SECONDS = 15.0  # wall clock, for a busy machine; the process itself has far less CPU time
_WAIT_SECONDS = 5.0
_slots = threading.BoundedSemaphore(4)  # processes at once


def read_apart(reader: str, data: bytes, *, what: str) -> dict[str, Any]:
    """Return the JSON object that the program `reader` of this folder makes of `data`.

    Args:
        what: the kind of file, for messages.

    Raises:
        UnreadFileError: the file is damaged, or exceeds its limits.
        UnavailableError: too many are being read.
    """
    if not _slots.acquire(timeout=_WAIT_SECONDS):
        raise UnavailableError(f"too many {what}s are being read; try again in a moment")
    try:
        return _run(Path(__file__).parent / reader, data, what)
    finally:
        _slots.release()


def _run(program: Path, data: bytes, what: str) -> dict[str, Any]:
    try:
        ended = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-P", str(program)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_DEADLINE_SECONDS,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # and none of our secrets
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"the {what} could not be read in time; try again in a moment") from error
    if ended.returncode < 0:
        raise UnreadFileError(f"the {what} takes too long, or too much memory, to be read")
    if ended.returncode != 0:
        raise UnreadFileError(f"the {what} is damaged, protected or holds more than is read")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
