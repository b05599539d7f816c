"""Canonical form and JSON text of documents that share a shape, from pieces with slots.

The credentials of one achievement differ in a handful of texts: id, dates, recipient, status index. So
their shape is converted once (`quads`), and a document is made by filling slots:

    1. hash the blank nodes that hold a slot; the hashes of the others are known
    2. sort all hashes: their order names the blank nodes           (RDFC-1.0, section 4.4.3, step 4)
    3. fill, and sort anew, the quads of each subject that depends on a slot or a name
    4. put the subjects in order

A value that would make two nodes alike, two quads one, or an IRI of another form raises
OutsideSubsetError, and the general engine makes the document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from json.encoder import encode_basestring
from typing import Any

from credserv.proof.rdf.dataset import Dataset
from credserv.proof.rdf.links import Link
from credserv.proof.rdf.nquads import escape
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.terms import OutsideSubsetError

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: in no standard's text
_SCHEME = "x-slot:"
_SLOT = re.compile(f"(?:{_SCHEME})?{_OPEN}([a-z_]+){_CLOSE}")
_is_safe_in_iri = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+", re.ASCII).fullmatch
_is_absolute = re.compile(r"(?:did:[a-z0-9]+:|https?://|urn:[a-z0-9]+:)[^\s]+", re.ASCII).fullmatch


def slot(name: str) -> str:
    """A place for a text, or for a part of one (`https://a.example/{slot}` as well)."""
    return f"{_OPEN}{name}{_CLOSE}"


def iri_slot(name: str) -> str:
    """A place for a whole IRI: of did, http, https or urn."""
    return f"{_SCHEME}{_OPEN}{name}{_CLOSE}"


@dataclass(frozen=True, slots=True)
class _Filling:
    """A text with slots: `pattern % tuple of their values`."""

    pattern: str
    names: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        return self.pattern % tuple([values[name] for name in self.names])


@dataclass(frozen=True, slots=True)
class _Blank:
    """One blank node. digest: its first-degree hash, None where a slot is in it.

    fixed, filled: the rests (`<p> o .\\n`) of its own quads. mentions: other quads, as hashed.
    """

    digest: str | None
    fixed: tuple[str, ...]
    filled: tuple[_Filling, ...]
    mentions: tuple[_Filling, ...]
    links: tuple[tuple[str, int], ...]  # (predicate, object)


@dataclass(frozen=True, slots=True)
class _Named:
    """One named subject, `<iri> ` with its quads. block: start and quads, where nothing in them varies."""

    start: _Filling
    fixed: tuple[str, ...]
    filled: tuple[_Filling, ...]
    links: tuple[tuple[str, int], ...]
    block: tuple[str, str] | None = None


class DocumentTemplate:
    """Compiled from a document whose variable texts are slots. Safe to share between threads."""

    def __init__(self, contexts: ScopedContexts, document: Mapping[str, Any]) -> None:
        """Raises OutsideSubsetError for a shape that cannot be compiled."""
        dataset = to_dataset(contexts, document)
        if any(link.graph is not None for link in dataset.links):
            raise OutsideSubsetError("a graph in a template")
        self.context: object = document["@context"]
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        self._json = _filling(text)
        self._whole_iris = frozenset(re.findall(f"{_SCHEME}{_OPEN}([a-z_]+){_CLOSE}", text))
        self._in_iris = frozenset(_slots_in_iris(dataset))
        self._blanks = tuple(_compile_blank(dataset, node) for node in range(len(dataset.own)))
        self._named = _compile_named(dataset)
        self._names = tuple(f"_:c14n{number}" for number in range(len(self._blanks)))

    def canonical(self, values: Mapping[str, str]) -> str:
        """The canonical N-Quads with these texts in the slots. Raises OutsideSubsetError."""
        self._check(values)
        texts = {name: escape(value) for name, value in values.items()}
        labels = self._labels(texts)
        blocks = [named.block or _named_block(named, texts, labels) for named in self._named]
        blocks.sort()
        if any(one[0] == other[0] for one, other in pairwise(blocks)):
            raise OutsideSubsetError("two subjects became one")
        own = [
            _block(labels[node] + " ", blank, texts, labels)
            for node, blank in enumerate(self._blanks)
            if blank.fixed or blank.filled or blank.links
        ]
        own.sort()
        return "".join([block for _, block in blocks] + own)

    def json(self, values: Mapping[str, str]) -> str:
        """The document as compact JSON text."""
        return self._json.fill({name: encode_basestring(value)[1:-1] for name, value in values.items()})

    def _check(self, values: Mapping[str, str]) -> None:
        for name in self._in_iris:
            if not _is_safe_in_iri(values[name]):
                raise OutsideSubsetError(f"{name} is not fit for an IRI")
        for name in self._whole_iris:
            if not _is_absolute(values[name]):
                raise OutsideSubsetError(f"{name} is no absolute IRI")

    def _labels(self, texts: Mapping[str, str]) -> Sequence[str]:
        digests = sorted(
            (blank.digest or _digest(blank, texts), node) for node, blank in enumerate(self._blanks)
        )
        labels = [""] * len(digests)
        before = ""
        for name, (digest, node) in zip(self._names, digests, strict=True):
            if digest == before:
                raise OutsideSubsetError("two nodes became alike")
            labels[node], before = name, digest
        return labels


def _filling(text: str) -> _Filling:
    pieces = _SLOT.split(text)
    pattern = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
    return _Filling(pattern, tuple(pieces[1::2]))


def _sort_out(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[_Filling, ...]]:
    """The fixed ones and those with slots."""
    fixed = sorted({text for text in texts if _OPEN not in text})
    return tuple(fixed), tuple(_filling(text) for text in dict.fromkeys(texts) if _OPEN in text)


def _slots_in_iris(dataset: Dataset) -> set[str]:
    everything = [*dataset.lines, *(rest for rests in dataset.own for rest in rests)]
    everything += [part for link in dataset.links for part in link if isinstance(part, str)]
    iris = [iri for text in everything for iri in re.findall(r"<[^>]*>", re.sub(r'"[^"]*"', "", text))]
    return {name for iri in iris for name in _SLOT.findall(iri)}


def _compile_blank(dataset: Dataset, node: int) -> _Blank:
    fixed, filled = _sort_out(dataset.own[node])
    mentions = tuple(_filling(_mention(link, node)) for link in dataset.links if node in (link[0], link[2]))
    links = tuple(
        (link.predicate, link.object)
        for link in dataset.links
        if link.subject == node and isinstance(link.object, int)
    )
    blank = _Blank(None, fixed, filled, mentions, links)
    if filled or any(mention.names for mention in mentions):
        return blank
    return _Blank(_digest(blank, {}), fixed, filled, mentions, links)


def _mention(link: Link, node: int) -> str:
    """A quad as it is hashed for `node` (RDFC-1.0, section 4.6.3)."""
    subject, obj = (
        part if isinstance(part, str) else "_:a" if part == node else "_:z"
        for part in (link.subject, link.object)
    )
    return f"{subject} {link.predicate}{obj} .\n"


def _digest(blank: _Blank, texts: Mapping[str, str]) -> str:
    quads = ["_:a " + rest for rest in blank.fixed]
    quads += ["_:a " + filling.fill(texts) for filling in blank.filled]
    quads += [mention.fill(texts) for mention in blank.mentions]
    quads.sort()
    return hashlib.sha256("".join(quads).encode()).hexdigest()


def _compile_named(dataset: Dataset) -> tuple[_Named, ...]:
    rests: dict[str, list[str]] = {}
    links: dict[str, list[tuple[str, int]]] = {}
    for line in dataset.lines:
        subject, _, rest = line.partition("> ")
        rests.setdefault(subject + "> ", []).append(rest)
    for link in dataset.links:
        if isinstance(link.subject, str) and isinstance(link.object, int):
            links.setdefault(link.subject + " ", []).append((link.predicate, link.object))
    subjects = dict.fromkeys([*rests, *links])
    compiled = (
        _Named(_filling(subject), *_sort_out(rests.get(subject, [])), tuple(links.get(subject, [])))
        for subject in subjects
    )
    return tuple(_with_block(named) for named in compiled)


def _with_block(named: _Named) -> _Named:
    """What nothing varies in is written out once."""
    varies = named.start.names or named.filled or named.links
    return named if varies else replace(named, block=_named_block(named, {}, ()))


def _named_block(named: _Named, texts: Mapping[str, str], labels: Sequence[str]) -> tuple[str, str]:
    start = named.start.fill(texts)
    return start, _block(start, named, texts, labels)


def _block(start: str, subject: _Named | _Blank, texts: Mapping[str, str], labels: Sequence[str]) -> str:
    """All quads of one subject, sorted."""
    rests: Sequence[str] = subject.fixed
    if subject.filled or subject.links:
        rests = [*rests, *(filling.fill(texts) for filling in subject.filled)]
        rests += [f"{predicate}{labels[node]} .\n" for predicate, node in subject.links]
        rests.sort()
        if len(set(rests)) != len(rests):
            raise OutsideSubsetError("two quads became one")
    return start + start.join(rests)
