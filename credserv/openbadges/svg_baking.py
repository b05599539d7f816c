"""The SVG half of baking: find, read and write the `<openbadges:credential>` element.

Open Badges 3.0, section 5.3.2. The element is a child of `<svg>`; a compact JWS is in its `verify` attribute,
JSON in its text. An `<openbadges:assertion>` of the baking specification of Open Badges 2.0 is read too,
where `verify` may also hold the assertion's address. The rest of the SVG is neither touched nor interpreted:
the credential is cut out of, or inserted into, the bytes as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from credserv.ground.addresses import is_link
from credserv.ground.errors import BakingError, UnsupportedImageError

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
# The second is the specification's address, which other software writes instead.
_TAGS = frozenset(
    f"{{{space}}}credential" for space in (NAMESPACE, "https://purl.imsglobal.org/spec/ob/v3p0")
)
_OLD_TAG = "{http://openbadges.org}assertion"
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(~[A-Za-z0-9_.-]*)*", re.ASCII)
_MARKUP_TAG = re.compile(rb"""<([^\s/>"']+)(?:[^>"']|"[^"]*"|'[^']*')*>""")
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?[^>]{0,4096}\?>|<!--(?:[^-]|-[^-]){0,65536}-->|[ \t\r\n]{1,4096}){0,64}"
)
_DOCTYPE = re.compile(
    rb"""<!DOCTYPE\s+svg(?:\s+(?:PUBLIC\s+(?:"[^"<&]*"|'[^'<&]*')\s+)?(?:SYSTEM\s+)?(?:"[^"<&]*"|'[^'<&]*'))?\s*>"""
)
_XML_SPACE = " \t\r\n"


def extract(svg: bytes) -> str:
    """Return the text of the one credential in `svg`, or the address of an assertion of Open Badges 2.0.

    Raises BakingError for none, several, or unsafe XML.
    """
    scan = _scan(_without_doctype(svg))
    found = scan.found or scan.older
    if len(found) != 1:
        said = "more than one credential" if found else "no credential"
        raise BakingError(f"the SVG carries {said}")
    return _read_old(found[0]) if found is scan.older else _read(found[0])


def _read(element: _Element) -> str:
    text = "".join(element.text).strip(_XML_SPACE)
    if bool(text) == bool(element.verify):
        raise BakingError("the credential of the SVG must stand either in its text or in `verify`")
    if element.verify and not _COMPACT.fullmatch(element.verify):
        raise BakingError("`verify` in the SVG does not hold a compact JWS")
    return element.verify or text


def _read_old(element: _Element) -> str:
    """Return the JSON where there is any; `verify` then only repeats its address."""
    text = "".join(element.text).strip(_XML_SPACE)
    if not text and not _COMPACT.fullmatch(element.verify) and not is_link(element.verify):
        raise BakingError("the assertion of the SVG is neither JSON, nor a compact JWS, nor an address")
    return text or element.verify


def insert(svg: bytes, credential: str) -> bytes:
    """Return `svg` with `credential` as first child of the root, replacing an earlier one; raises
    BakingError."""
    scan = _scan(svg)
    declared = scan.root_prefixes.get("openbadges")
    if declared not in (None, NAMESPACE):
        raise BakingError("the SVG uses the prefix `openbadges` for something else")
    for element in reversed(scan.found):
        svg = svg[: element.start] + svg[element.end :]
    tag = _markup_tag(svg, scan.root_at)
    head, behind = svg[: tag.start()], svg[tag.end() :]
    opening, name = tag[0], tag[1]
    if declared is None:
        cut = 1 + len(name)
        opening = opening[:cut] + f' xmlns:openbadges="{NAMESPACE}"'.encode() + opening[cut:]
    if opening.endswith(b"/>"):
        opening, behind = opening[:-2] + b">", b"</" + name + b">" + behind
    return head + opening + _element(credential).encode() + behind


def _element(credential: str) -> str:
    text = credential.strip()
    if _COMPACT.fullmatch(text):
        return f'<openbadges:credential verify="{text}"></openbadges:credential>'
    # CDATA ends at its first `]]>`, and a parser turns a bare carriage return into a line feed
    safe = text.replace("]]>", "]]]]><![CDATA[>").replace("\r", "]]>&#13;<![CDATA[")
    return f"<openbadges:credential><![CDATA[{safe}]]></openbadges:credential>"


# --- reading ------------------------------------------------------------------------------------


@dataclass
class _Element:
    """One credential element: byte offsets in the SVG, and its content."""

    start: int
    verify: str
    end: int = 0
    text: list[str] = field(default_factory=list)


class _Scan:
    """What the parser fills in (the target interface of ElementTree's parser)."""

    def __init__(self, svg: bytes) -> None:
        self.root_at = -1
        self.root_prefixes: dict[str, str] = {}
        self.found: list[_Element] = []
        self.older: list[_Element] = []
        self.parser: DefusedXMLParser | None = None
        self._svg = svg
        self._open: _Element | None = None
        self._depth = 0

    def start_ns(self, prefix: str, uri: str) -> None:
        if self.root_at < 0:
            self.root_prefixes[prefix] = uri

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._open is not None:
            raise BakingError("the credential of the SVG holds markup; only its text would be read")
        if self._depth == 0:
            self.root_at = self._place()
            if tag.rpartition("}")[2] != "svg":
                raise BakingError("not an SVG file")
        elif tag in _TAGS or tag == _OLD_TAG:
            self._open = _Element(self._place(), attributes.get("verify", "").strip(_XML_SPACE))
        self._depth += 1

    def data(self, text: str) -> None:
        if self._open is not None:
            self._open.text.append(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._open is not None:
            opening = _markup_tag(self._svg, self._open.start)
            closed_at_once = opening[0].endswith(b"/>")
            self._open.end = opening.end() if closed_at_once else self._svg.index(b">", self._place()) + 1
            (self.found if tag in _TAGS else self.older).append(self._open)
            self._open = None

    def close(self) -> _Scan:
        return self

    def _place(self) -> int:
        if self.parser is None:
            raise BakingError("the SVG is read without its parser")
        return int(self.parser.parser.CurrentByteIndex)


def _scan(svg: bytes) -> _Scan:
    """Read the whole SVG once; raises BakingError for malformed XML, own entities, or anything but UTF-8."""
    try:
        svg.decode()
    except UnicodeDecodeError as error:
        raise BakingError("the SVG is not in UTF-8") from error
    declared = _DECLARED.match(svg)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise BakingError("the SVG claims another encoding than UTF-8")
    scan = _Scan(svg)
    parser = DefusedXMLParser(target=scan, encoding="utf-8", forbid_dtd=True)
    scan.parser = parser
    try:
        parser.feed(svg)
        parser.close()
    except DefusedXmlException as error:
        raise UnsupportedImageError(
            "the SVG has a DOCTYPE with entities of its own, which are not read"
        ) from error
    except (ParseError, ValueError) as error:
        raise BakingError("the SVG is not well-formed XML") from error
    return scan


def _without_doctype(svg: bytes) -> bytes:
    """Replace with spaces a DOCTYPE that only names the file's type, as drawing programs write it.

    One that defines anything stays, and is refused. Every offset in the SVG stays the same.
    """
    prolog = _PROLOG.match(svg)
    doctype = _DOCTYPE.match(svg, prolog.end() if prolog else 0)
    if doctype is None:
        return svg
    return svg[: doctype.start()] + b" " * len(doctype[0]) + svg[doctype.end() :]


def _markup_tag(svg: bytes, at: int) -> re.Match[bytes]:
    tag = _MARKUP_TAG.match(svg, at)
    if tag is None:
        raise BakingError("the SVG is not well-formed XML")
    return tag
