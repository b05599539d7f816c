"""Canonical form and JSON text of documents that share a shape, from pieces with slots.

The credentials of one achievement differ in a handful of texts: id, dates, recipient, status index. So their
shape is converted once (`quads`), and a document is made by filling slots:

    1. hash the blank nodes that hold a slot; the hashes of the others are known
    2. sort all hashes: their order names the blank nodes           (RDFC-1.0, section 4.4.3, step 4)
    3. fill slots and names into the quads of each subject, which are sorted except within one predicate
    4. put the subjects in order

A value that would make two nodes alike, two quads one, or an IRI of another form raises OutsideSubsetError;
the general engine then makes the document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from credserv.proof.rdf.dataset import Dataset
from credserv.proof.rdf.links import Link
from credserv.proof.rdf.nquads import escape
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.strict_jsonld import is_half_pair
from credserv.proof.rdf.terms import OutsideSubsetError

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: in no standard's text
_SCHEME = "x-slot:"
_SLOT = re.compile(f"(?:{_SCHEME})?{_OPEN}([a-z_]+|[0-9]+){_CLOSE}")  # a number: the name of a blank node
_is_safe_in_iri = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+", re.ASCII).fullmatch
_is_absolute = re.compile(r"(?:did:[a-z0-9]+:|https?://|urn:[a-z0-9]+:)[^\s]+", re.ASCII).fullmatch


def slot(name: str) -> str:
    """Return a slot for a text, or for a part of one (such as `https://a.example/{slot}`)."""
    return f"{_OPEN}{name}{_CLOSE}"


def iri_slot(name: str) -> str:
    """Return a slot for a whole IRI (did, http, https or urn)."""
    return f"{_SCHEME}{_OPEN}{name}{_CLOSE}"


def has_marks(text: bytes) -> bool:
    """Return whether UTF-8 text contains a slot mark, so that no template can be made of it."""
    return _OPEN.encode() in text or _CLOSE.encode() in text


Texts = Sequence[bytes]  # in UTF-8, which sorts by code point


@dataclass(frozen=True, slots=True)
class _Filling:
    """A text with slots. `pieces` takes them from all texts of the template."""

    pieces: Callable[[Texts], tuple[bytes, ...]]
    varies: bool

    def fill(self, texts: Texts) -> bytes:
        return b"".join(self.pieces(texts))


class _Table:
    """All texts of a template: names of blank nodes, slots, and the text between them."""

    def __init__(self, nodes: int) -> None:
        self.texts = [b""] * (nodes + 1)  # the names, then one that is always empty
        self.slots: dict[str, int] = {}
        self._empty = nodes

    def read(self, text: str) -> _Filling:
        """Read a text with slot marks."""
        pieces = _SLOT.split(text)
        places = [self._add(piece) for piece in pieces]
        places[1::2] = [int(name) if name.isdigit() else self._slot(name) for name in pieces[1::2]]
        return _Filling(itemgetter(*places, self._empty), len(pieces) > 1)

    def fill(self, values: Mapping[str, str]) -> list[bytes]:
        """Return the texts with values in the slots. Raises KeyError for a missing one."""
        texts = self.texts.copy()
        for name, place in self.slots.items():
            texts[place] = values[name].encode()
        return texts

    def _slot(self, name: str) -> int:
        if name not in self.slots:
            self.slots[name] = self._add("")
        return self.slots[name]

    def _add(self, piece: str) -> int:
        self.texts.append(piece.encode())
        return len(self.texts) - 1


@dataclass(frozen=True, slots=True)
class _Group:
    """Quads of one subject and predicate, whose order depends on the values."""

    lines: tuple[_Filling, ...]

    def fill(self, texts: Texts) -> bytes:
        filled = sorted([line.fill(texts) for line in self.lines])
        if len(set(filled)) != len(filled):
            raise OutsideSubsetError("two quads became one")
        return b"".join(filled)


Segments = tuple[_Filling | _Group, ...]


@dataclass(frozen=True, slots=True)
class _Blank:
    """One blank node.

    Attributes:
        segments: its own quads.
        digest: its first-degree hash; None where it contains a slot.
        hashed: the quads that mention it, as they are hashed; those with slots are in hashed_filled.
    """

    segments: Segments
    digest: str | None
    hashed: tuple[bytes, ...]
    hashed_filled: tuple[_Filling, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """One named subject, `<iri> ` with its quads. `block` is start and quads where nothing in them varies."""

    start: _Filling
    segments: Segments
    block: tuple[bytes, bytes] | None


class DocumentTemplate:
    """A template compiled from a document whose variable texts are slots. Safe to share between threads."""

    def __init__(self, contexts: ScopedContexts, document: Mapping[str, Any]) -> None:
        """Raises OutsideSubsetError for a shape that cannot be compiled."""
        dataset = to_dataset(contexts, document)
        if any(link.graph is not None for link in dataset.links):
            raise OutsideSubsetError("a graph in a template")
        self.context: object = document["@context"]
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        self._json_table = _Table(0)
        self._json = self._json_table.read(text)
        self._whole_iris = frozenset(re.findall(f"{_SCHEME}{_OPEN}([a-z_]+){_CLOSE}", text))
        self._in_iris = self._whole_iris | _slots_in_iris(dataset)  # no statements, no quad with its id
        nodes = range(len(dataset.own))
        self._table = _Table(len(nodes))
        self._blanks = tuple(_compile_blank(self._table, dataset, node) for node in nodes)
        self._named = _compile_named(self._table, dataset)
        self._names = tuple(f"_:c14n{number}".encode() for number in nodes)
        self._in_order = sorted(nodes, key=lambda number: self._names[number] + b" ")
        self.characters = 2 * sum(map(len, self._table.texts)) + len(text)  # roughly how much it takes up

    def canonical(self, values: Mapping[str, str]) -> str:
        """Return the result of `canonical_utf8` as text."""
        return self.canonical_utf8(values).decode()

    def canonical_utf8(self, values: Mapping[str, str]) -> bytes:
        """Return the canonical N-Quads with these texts in the slots. Raises OutsideSubsetError."""
        self._require_plain(values)
        texts = self._table.fill({name: escape(value) for name, value in values.items()})
        nodes = self._in_order_of_digests(texts)
        for node, name in zip(nodes, self._names, strict=True):
            texts[node] = name
        blocks = [
            named.block or (named.start.fill(texts), _write(named.segments, texts)) for named in self._named
        ]
        blocks.sort()
        if len({start for start, _ in blocks}) != len(blocks):
            raise OutsideSubsetError("two subjects became one")
        own = [_write(self._blanks[nodes[number]].segments, texts) for number in self._in_order]
        return b"".join([block for _, block in blocks] + own)

    def json(self, values: Mapping[str, str]) -> str:
        """Return the document as compact JSON text."""
        escaped = {name: encode_basestring(value)[1:-1] for name, value in values.items()}
        return self._json.fill(self._json_table.fill(escaped)).decode()

    def _require_plain(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if not value.isprintable() and is_half_pair(value):
                raise OutsideSubsetError(f"{name} holds half of a surrogate pair")
        for name in self._in_iris:
            if not _is_safe_in_iri(values[name]):
                raise OutsideSubsetError(f"{name} is not fit for an IRI")
        for name in self._whole_iris:
            if not _is_absolute(values[name]):
                raise OutsideSubsetError(f"{name} is no absolute IRI")

    def _in_order_of_digests(self, texts: Texts) -> Sequence[int]:
        """Return the blank nodes in the order of their names."""
        if len(self._blanks) <= 1:  # one node needs no hash to be first
            return range(len(self._blanks))
        digests = [(blank.digest or _digest(blank, texts), node) for node, blank in enumerate(self._blanks)]
        digests.sort()
        if len({digest for digest, _ in digests}) != len(digests):
            raise OutsideSubsetError("two nodes became alike")
        return [node for _, node in digests]


def _write(segments: Segments, texts: Texts) -> bytes:
    if len(segments) == 1:
        return segments[0].fill(texts)
    return b"".join([segment.fill(texts) for segment in segments])


def _digest(blank: _Blank, texts: Texts) -> str:
    quads = [filling.fill(texts) for filling in blank.hashed_filled]
    quads += blank.hashed
    quads.sort()
    return hashlib.sha256(b"".join(quads)).hexdigest()


def _slots_in_iris(dataset: Dataset) -> set[str]:
    everything = [*dataset.lines, *(rest for rests in dataset.own for rest in rests)]
    everything += [part for link in dataset.links for part in link if isinstance(part, str)]
    iris = [iri for text in everything for iri in re.findall(r"<[^>]*>", re.sub(r'"[^"]*"', "", text))]
    return {name for iri in iris for name in _SLOT.findall(iri)}


def _compile_blank(table: _Table, dataset: Dataset, node: int) -> _Blank:
    mentions = [_mention(link, node) for link in dataset.links if node in (link[0], link[2])]
    hashed = [*(f"_:a {rest}" for rest in dict.fromkeys(dataset.own[node])), *mentions]
    fixed = tuple(quad.encode() for quad in hashed if _OPEN not in quad)
    filled = tuple(table.read(quad) for quad in hashed if _OPEN in quad)
    segments = _segments(table, f"{_name_of(node)} ", [*dataset.own[node], *_rests(dataset, node)])
    digest = None if filled else hashlib.sha256(b"".join(sorted(fixed))).hexdigest()
    return _Blank(segments, digest, fixed, filled)


def _mention(link: Link, node: int) -> str:
    """Return a quad as it is hashed for `node` (RDFC-1.0, section 4.6.3)."""
    subject, obj = (
        part if isinstance(part, str) else "_:a" if part == node else "_:z"
        for part in (link.subject, link.object)
    )
    return f"{subject} {link.predicate}{obj} .\n"


def _name_of(node: int) -> str:
    """Return a slot for the name of a blank node."""
    return f"{_OPEN}{node}{_CLOSE}"


def _rests(dataset: Dataset, subject: str | int) -> list[str]:
    """Return the rests of a subject's links."""
    return [
        f"{link.predicate}{link.object if isinstance(link.object, str) else _name_of(link.object)} .\n"
        for link in dataset.links
        if link.subject == subject
    ]


def _segments(table: _Table, start: str, rests: Iterable[str]) -> Segments:
    """Sort the quads of one subject. The predicate gives a varying quad its place, unless another shares it.

    Args:
        start: `<iri> `, or a slot for a name.
    """
    by_predicate: dict[str, list[str]] = {}
    for rest in sorted(set(rests)):
        by_predicate.setdefault(rest[: rest.index("> ") + 2], []).append(rest)
    segments: list[_Filling | _Group] = []
    text = ""
    for _, same in sorted(by_predicate.items()):
        if len(same) == 1 or not any(_OPEN in rest for rest in same):
            text += "".join([start + rest for rest in same])
        else:
            segments += [table.read(text), _Group(tuple(table.read(start + rest) for rest in same))]
            text = ""
    return (*segments, table.read(text))


def _compile_named(table: _Table, dataset: Dataset) -> tuple[_Named, ...]:
    rests: dict[str, list[str]] = {}
    for line in dataset.lines:
        subject, _, rest = line.partition(" ")
        rests.setdefault(subject, []).append(rest)
    for link in dataset.links:
        if isinstance(link.subject, str):
            rests.setdefault(link.subject, [])
    return tuple(
        _compile_subject(table, f"{subject} ", [*own, *_rests(dataset, subject)])
        for subject, own in rests.items()
    )


def _compile_subject(table: _Table, start: str, rests: Sequence[str]) -> _Named:
    varies = any(_OPEN in text for text in (start, *rests))
    written = "".join([start + rest for rest in sorted(set(rests))])
    block = None if varies else (start.encode(), written.encode())
    return _Named(table.read(start), _segments(table, start, rests) if varies else (), block)
