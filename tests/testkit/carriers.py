"""PDFs, QR codes and pages that carry a credential, really made."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import segno
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    RectangleObject,
    StreamObject,
    TextStringObject,
)

_BOX = RectangleObject([0, 0, 100, 100])


def pdf(
    attachments: Mapping[str, bytes] | None = None, *, links: Sequence[str] = (), associated: bool = False
) -> bytes:
    """A PDF of one page. associated: the attachments are named by the catalog's `AF` alone (PDF/A-3)."""
    writer = PdfWriter()
    writer.add_blank_page(300, 300)
    for link in links:
        writer.add_uri(0, link, _BOX)
    for name, content in (attachments or {}).items():
        writer.add_attachment(name, content)
    if associated:
        names = writer.root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]  # a dictionary in a file as it writes them
        writer.root_object[NameObject("/AF")] = ArrayObject(names[1::2])
        del writer.root_object["/Names"]
    return _written(writer)


def pdf_with_note(name: str, content: bytes) -> bytes:
    """A PDF whose file hangs on an annotation of its page."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    stream = StreamObject()
    stream.set_data(content)
    files = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    specification = {
        NameObject("/Type"): NameObject("/Filespec"),
        NameObject("/F"): TextStringObject(name),
        NameObject("/EF"): files,
    }
    note = {
        NameObject("/Subtype"): NameObject("/FileAttachment"),
        NameObject("/Rect"): _BOX,
        NameObject("/FS"): writer._add_object(DictionaryObject(specification)),
    }
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(DictionaryObject(note))])
    return _written(writer)


def raw_pdf(*objects: bytes, root: bytes = b"1 0 R", compressed: bool = False) -> bytes:
    """A PDF of these objects, numbered from 1, with a table that fits."""
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<</Size %d /Root %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, table)
    return bytes(written)


def qr_code(*contents: str | bytes, form: str = "PNG", size: tuple[int, int] | None = None) -> bytes:
    """A picture of QR codes, one beside the other. size: of the picture, grown with grey."""
    codes = []
    for content in contents:
        drawn = io.BytesIO()
        segno.make(content, micro=False).save(drawn, kind="png", scale=4, border=6)
        codes.append(Image.open(drawn).convert("RGB"))
    width, height = size or (sum(code.width for code in codes), max(code.height for code in codes))
    picture = Image.new("RGB", (width, height), "white")
    at = 0
    for code in codes:
        picture.paste(code, (at, 0))
        at += code.width
    return encoded(picture, form)


def encoded(picture: Image.Image, form: str) -> bytes:
    written = io.BytesIO()
    picture.save(written, form)
    return written.getvalue()


def web_page(*links: str, body: str = "<p>A badge.</p>") -> bytes:
    """links: whole elements of the head."""
    head = f"<title>A badge</title>{''.join(links)}"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body>".encode()


def alternate(address: str, media_type: str = "application/vc+ld+json") -> str:
    return f'<link rel="alternate" type="{media_type}" href="{address}">'


def _written(writer: PdfWriter) -> bytes:
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
