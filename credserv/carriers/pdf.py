"""What a PDF carries: its attachments and the links on its pages. Nothing is drawn, nothing fetched.

A PDF of a stranger can keep any reader of PDFs busy for ever, so it is read by another process, which
has no more than a moment and a bounded memory, and which this one ends (attacks 39 and 57).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from credserv.ground.errors import NoCredentialError, TooLargeError, UnavailableError

MAX_PDF_BYTES = 4 * 1_048_576
_HEADER_WITHIN = 1_024  # bytes in which readers look for the header (ISO 32000-2, Annex on conformance)
_DEADLINE_SECONDS = 10.0  # of a machine that has no time for it; the process has far less
_READER = Path(__file__).with_name("pdf_reading.py")
_slots = threading.BoundedSemaphore(4)  # processes at once
_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class PdfContent:
    """attachments: name, as the PDF has it, and content; each content once. links: without repetition."""

    attachments: tuple[tuple[str, bytes], ...]
    links: tuple[str, ...]


def is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_HEADER_WITHIN]


def read_pdf(pdf: bytes) -> PdfContent:
    """Raises TooLargeError past 4 MiB, NoCredentialError for a PDF that is malformed or takes too long,
    UnavailableError when too many are being read."""
    if len(pdf) > MAX_PDF_BYTES:
        raise TooLargeError(f"the PDF is larger than {MAX_PDF_BYTES} bytes")
    if not _slots.acquire(timeout=_WAIT_SECONDS):
        raise UnavailableError("too many PDFs are being read; try again in a moment")
    try:
        found = _run(pdf)
    finally:
        _slots.release()
    attachments = tuple((name, base64.b64decode(content)) for name, content in found["attachments"])
    return PdfContent(attachments, tuple(found["links"]))


def _run(pdf: bytes) -> dict[str, Any]:
    try:
        ended = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-P", str(_READER)],
            input=pdf,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_DEADLINE_SECONDS,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # and none of our secrets
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError("the PDF could not be read in time; try again in a moment") from error
    if ended.returncode < 0:
        raise NoCredentialError("the PDF takes too long, or too much memory, to be read")
    if ended.returncode != 0:
        raise NoCredentialError("the PDF is damaged, protected or holds more than is read")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
