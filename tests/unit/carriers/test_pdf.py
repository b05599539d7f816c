"""What a PDF carries, read in this process, and by the one that the service starts."""

from __future__ import annotations

import base64
import contextvars
import os
from pathlib import Path
from typing import Any

import pytest
from pypdf.errors import PyPdfError

from credserv.carriers import pdf as starter
from credserv.carriers.pdf import is_pdf, read_pdf
from credserv.carriers.pdf_reading import read
from credserv.carriers.reader_process import read_apart
from credserv.ground.errors import NoCredentialError
from tests.testkit.carriers import pdf, pdf_with_note, raw_pdf


def read_here(data: bytes) -> dict[str, Any]:
    """`read` changes the limits of pypdf for its context."""
    return contextvars.copy_context().run(read, data)


@pytest.mark.parametrize(
    ("data", "attachments", "links"),
    [
        (pdf(), [], []),
        (pdf({"a.txt": b"A", "b.txt": b"B", "c.txt": b"A"}), [("a.txt", b"A"), ("b.txt", b"B")], []),
        (pdf({"a.txt": b"A"}, associated=True), [("a.txt", b"A")], []),
        (pdf_with_note("n.txt", b"N"), [("n.txt", b"N")], []),
        (pdf(links=["https://a.example/", "a:b", "https://a.example/"]), [], ["https://a.example/", "a:b"]),
    ],
    ids=["nothing", "embedded", "associated", "note", "links"],
)  # fmt: skip
def test_what_it_carries(data: bytes, attachments: list[tuple[str, bytes]], links: list[str]) -> None:
    here = read_here(data)
    assert [(name, base64.b64decode(content)) for name, content in here["attachments"]] == attachments
    assert here["links"] == links
    there = read_pdf(data)
    assert list(there.attachments) == attachments
    assert list(there.links) == links


def test_limits_are_said() -> None:
    with pytest.raises(ValueError, match="more is attached"):
        read_here(pdf({f"{number}.txt": b"%d" % number for number in range(40)}))
    with pytest.raises(PyPdfError):
        read_here(b"%PDF-1.7")
    with pytest.raises(NoCredentialError, match="too long"):
        read_pdf(raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<<" * 400_000))


def test_the_process_that_reads_has_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os; print(json.dumps({'attachments': [], 'links': sorted(os.environ)}))")
    monkeypatch.setenv("CREDSERV_SECRET_KEY", "a secret")
    # An absolute path stands for itself where one is joined to a folder.
    monkeypatch.setattr(starter, "read_apart", lambda _, data, what: read_apart(str(spy), data, what=what))
    assert "CREDSERV_SECRET_KEY" in os.environ
    assert not [name for name in read_pdf(pdf()).links if "CREDSERV" in name]


def test_the_header_stands_near_the_start() -> None:
    assert is_pdf(b"%PDF-2.0")
    assert is_pdf(b" " * 1_000 + b"%PDF-1.4")
    assert not is_pdf(b" " * 1_024 + b"%PDF-1.4")
