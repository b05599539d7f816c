"""Another process for what a stranger's file may do to its reader.

A PDF or a picture of a stranger can keep any decoder busy for minutes, or make it use all memory. So it is
read by a process that has no more than a moment of processor time and a bounded memory, stands behind the
service in the queue for the processor, and is ended from here (attacks 39 and 57, found F1a).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from credserv.ground.errors import NoCredentialError, UnavailableError

_DEADLINE_SECONDS = 15.0  # of a machine that has no time for it; the process has far less
_WAIT_SECONDS = 5.0
_slots = threading.BoundedSemaphore(4)  # processes at once


def read_apart(reader: str, data: bytes, *, what: str) -> dict[str, Any]:
    """What the program `reader` of this folder makes of `data`: one JSON object.

    what: the kind of file, for the messages.

    Raises:
        NoCredentialError: the file is damaged, or takes more than it may.
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
        raise NoCredentialError(f"the {what} takes too long, or too much memory, to be read")
    if ended.returncode != 0:
        raise NoCredentialError(f"the {what} is damaged, protected or holds more than is read")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
