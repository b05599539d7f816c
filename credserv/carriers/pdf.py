"""Read the attachments of a PDF and the links on its pages. Nothing is rendered or fetched.

A stranger's PDF can keep any reader busy for ever, so another process reads it (`reader_process.py`; attacks
39 and 57).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from credserv.carriers.reader_process import read_apart
from credserv.ground.errors import TooLargeError

MAX_PDF_BYTES = 4 * 1_048_576
_HEADER_WITHIN = 1_024  # bytes in which readers look for the header (ISO 32000-2, Annex on conformance)


@dataclass(frozen=True)
class PdfContent:
    """What a PDF contains.

    Attributes:
        attachments: name as in the PDF, and content; each content once.
        links: without repetition.
    """

    attachments: tuple[tuple[str, bytes], ...]
    links: tuple[str, ...]


def is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_HEADER_WITHIN]


def read_pdf(pdf: bytes) -> PdfContent:
    """Read a PDF.

    Raises:
        TooLargeError: it is over 4 MiB.
        UnreadFileError: it is malformed or takes too long.
        UnavailableError: too many are being read.
    """
    if len(pdf) > MAX_PDF_BYTES:
        raise TooLargeError(f"the PDF is larger than {MAX_PDF_BYTES} bytes")
    found = read_apart("pdf_reading.py", pdf, what="PDF")
    attachments = tuple((name, base64.b64decode(content)) for name, content in found["attachments"])
    return PdfContent(attachments, tuple(found["links"]))
