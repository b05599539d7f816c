"""Read a stranger's PDF in a process of its own, which `pdf.py` starts.

Reads the PDF from standard input and writes one JSON object: `attachments`, a list of name and base64, and
`links`, a list of addresses. Nothing is rendered or fetched. Exits with code 0, with 1 for a PDF that cannot
be read, or by a signal when a system limit is reached.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from pypdf import PageObject, PdfReader, overwrite_configuration
from pypdf.errors import PyPdfError
from pypdf.generic import StreamObject

MAX_SECONDS = 0.5  # of CPU time, from the first byte read
_BEHIND_THE_SERVICE = 10
_MAX_MEMORY_BYTES = 512 * 1_048_576
_MAX_ATTACHMENT_BYTES = 4 * 1_048_576  # all together
_MAX_ATTACHMENTS = 32
_MAX_LINKS = 64
_MAX_PAGES = 50
_MAX_NODES = 500  # of the name tree, and annotations of a page
_MAX_NAME_CHARS = 200
# pypdf raises these for malformed PDFs that it does not recognise as such.
_MALFORMED = (
    PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError,
    RecursionError, MemoryError, NotImplementedError, ImportError, OSError,
)  # fmt: skip


def read(pdf: bytes) -> dict[str, Any]:
    """Return what `pdf` contains, within the limits; raises as pypdf does."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # otherwise one line for each fault
    largest = _MAX_ATTACHMENT_BYTES
    overwrite_configuration(
        maximum_declared_stream_length=largest,
        array_based_stream_maximum_output_length=largest,
        lzw_maximum_output_length=largest,
        run_length_maximum_output_length=largest,
        zlib_maximum_output_length=largest,
        zlib_maximum_recovery_input_length=largest // 64,
        page_tree_maximum_entries=5_000,
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )
    reader = PdfReader(io.BytesIO(pdf), strict=False)
    root = reader.root_object
    pages = list(islice(reader.pages, _MAX_PAGES))
    attachments: dict[bytes, str] = {}  # PDF/A-3 names one file in several places
    for name, content in _attachments(root, pages):
        attachments.setdefault(content, name)
        if len(attachments) > _MAX_ATTACHMENTS or sum(map(len, attachments)) > largest:
            raise ValueError("more is attached than is read")
    links = dict.fromkeys(islice(_links(pages), _MAX_LINKS))
    return {
        "attachments": [[name, base64.b64encode(content).decode()] for content, name in attachments.items()],
        "links": list(links),
    }


def _attachments(root: Any, pages: list[PageObject]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file: ISO 32000-2, 7.11.4 (embedded), 14.13 (associated), 12.5.6.15."""
    names = _dictionary(_dictionary(root.get("/Names")).get("/EmbeddedFiles"))
    places = [*_tree(names), *_listed(root.get("/AF"))]
    for page in pages:
        notes = [note for note in _annotations(page) if note.get("/Subtype") == "/FileAttachment"]
        places += [*_listed(page.get("/AF")), *(note.get("/FS") for note in notes)]
    for place in places:
        specification = _dictionary(place)
        files = _dictionary(specification.get("/EF"))
        stream = _resolved(files.get("/UF") or files.get("/F"))
        if isinstance(stream, StreamObject):
            name = str(_resolved(specification.get("/UF") or specification.get("/F")) or "")
            yield name[:_MAX_NAME_CHARS], stream.get_data()


def _links(pages: list[PageObject]) -> Iterator[str]:
    """Yield the addresses a reader could click on (12.6.4.8)."""
    for page in pages:
        for annotation in _annotations(page):
            address = _resolved(_dictionary(annotation.get("/A")).get("/URI"))
            if isinstance(address, str):
                yield address


def _annotations(page: PageObject) -> Iterator[Any]:
    yield from (_dictionary(item) for item in _listed(page.get("/Annots")))


def _tree(node: Any) -> list[Any]:
    """Return the values of a name tree (7.9.6), level by level."""
    found: list[Any] = []
    level = [node]
    seen = 0
    while level and seen < _MAX_NODES:
        seen += len(level)
        found += [value for item in level for value in _listed(item.get("/Names"))[1::2]]
        level = [_dictionary(kid) for item in level for kid in _listed(item.get("/Kids"))]
    return found[:_MAX_NODES]


def _resolved(value: Any) -> Any:
    """Resolve a reference."""
    return value.get_object() if hasattr(value, "get_object") else value


def _dictionary(value: Any) -> Any:
    value = _resolved(value)
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    value = _resolved(value)
    return list(value[:_MAX_NODES]) if isinstance(value, list) else []


def main() -> int:
    pdf = sys.stdin.buffer.read()
    os.nice(_BEHIND_THE_SERVICE)
    with suppress(ValueError, OSError):  # without this limit on the system, the clock remains
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)  # SIGPROF ends the process, whatever it is doing
    try:
        found = read(pdf)
    except _MALFORMED:
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
