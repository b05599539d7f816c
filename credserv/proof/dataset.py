"""An RDF dataset as conversion leaves it, and its canonical form (RDF Dataset Canonicalization 1.0).

Blank nodes are numbers. Most quads need no attention: those without a blank node are finished lines, and
those whose only blank node is their subject are kept with it. The rest are `Link`s.

    1. hash each blank node by the quads that mention it         (section 4.6, Hash First Degree Quads)
    2. a hash that is unique names its node, in order of hashes  (section 4.4.3, step 4)
    3. the others are told apart by their surroundings           (section 4.8, Hash N-Degree Quads)
    4. write all quads with those names, sorted by code point    (section 4.4.3, step 6; appendix A)

Step 3 is exponential for graphs made to be so; it stops with TooComplexError after `MAX_WORK` units.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import permutations
from typing import NamedTuple, TypeVar

from credserv.errors import TooComplexError

MAX_WORK = 100_000  # quads looked at in step 3; about 120 ms

Quad = TypeVar("Quad", str, "Link")


class Link(NamedTuple):
    """A quad with blank nodes beyond its subject, or in a named graph. Strings are finished N-Quads terms.

    predicate ends in a space.
    """

    subject: str | int
    predicate: str
    object: str | int
    graph: str | int | None = None


@dataclass(slots=True)
class Dataset:
    """lines: finished quads. own: for each blank node the rest (`<p> o .\\n`) of quads with it as subject."""

    lines: list[str] = field(default_factory=list)
    own: list[list[str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def new_blank(self) -> int:
        self.own.append([])
        return len(self.own) - 1

    def add(self, subject: str | int, predicate: str, obj: str | int, graph: str | int | None) -> None:
        """Put one quad where it belongs."""
        if graph is not None or type(obj) is int:
            self.links.append(Link(subject, predicate, obj, graph))
        elif type(subject) is int:
            self.own[subject].append(f"{predicate}{obj} .\n")
        else:
            self.lines.append(f"{subject} {predicate}{obj} .\n")

    def canonical(self, hash_name: str = "sha256") -> str:
        """The canonical N-Quads document. hash_name: as hashlib knows it. Raises TooComplexError."""
        self.own = [_without_repeats(rests) for rests in self.own]  # a dataset is a set of quads
        self.links = _without_repeats(self.links)
        return _write(self, _Labelling(self, hash_name).labels())


def _line(link: Link, names: dict[int, str] | _Reference) -> str:
    subject, predicate, obj, graph = link
    if type(subject) is int:
        subject = names[subject]
    if type(obj) is int:
        obj = names[obj]
    if graph is None:
        return f"{subject} {predicate}{obj} .\n"
    if type(graph) is int:
        graph = names[graph]
    return f"{subject} {predicate}{obj} {graph} .\n"


def _write(dataset: Dataset, labels: dict[int, str]) -> str:
    lines = list(dataset.lines)
    for node, rests in enumerate(dataset.own):
        if rests:
            start = labels[node] + " "
            lines += [start + rest for rest in rests]
    lines += [_line(link, labels) for link in dataset.links]
    lines.sort()
    return "".join(_without_repeats(lines))


def _without_repeats(quads: list[Quad]) -> list[Quad]:
    return quads if len(set(quads)) == len(quads) else list(dict.fromkeys(quads))


class _Reference:
    """Names for hashing: `_:a` for the node in question, `_:z` for any other (section 4.6.3, step 3)."""

    __slots__ = ("node",)

    def __init__(self, node: int) -> None:
        self.node = node

    def __getitem__(self, other: int) -> str:
        return "_:a" if other == self.node else "_:z"


class _Issuer:
    """Issues identifiers in order (section 4.5)."""

    __slots__ = ("issued", "prefix")

    def __init__(self, prefix: str, issued: dict[int, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = issued or {}

    def issue(self, node: int) -> str:
        name = self.issued.get(node)
        if name is None:
            name = self.issued[node] = f"{self.prefix}{len(self.issued)}"
        return name

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, dict(self.issued))


class _Labelling:
    """The canonicalization state (section 4.3) of one dataset."""

    def __init__(self, dataset: Dataset, hash_name: str) -> None:
        self._dataset = dataset
        self._new_hash = getattr(hashlib, hash_name)
        self._canonical = _Issuer("_:c14n")
        self._mentions: list[list[Link]] = [[] for _ in dataset.own]
        self._hashes: list[str] = []
        self._work = 0

    def labels(self) -> dict[int, str]:
        if not self._dataset.own:
            return {}
        for link in self._dataset.links:
            for node in {part for part in (link.subject, link.object, link.graph) if type(part) is int}:
                self._mentions[node].append(link)
        self._hashes = [self._first_degree(node) for node in range(len(self._dataset.own))]
        by_hash: dict[str, list[int]] = {}
        for node, digest in enumerate(self._hashes):
            by_hash.setdefault(digest, []).append(node)
        tied = []
        for digest in sorted(by_hash):
            nodes = by_hash[digest]
            if len(nodes) == 1:
                self._canonical.issue(nodes[0])
            else:
                tied.append(nodes)
        for nodes in tied:
            self._break_tie(nodes)
        return self._canonical.issued

    def _first_degree(self, node: int) -> str:
        """Section 4.6.3."""
        quads = ["_:a " + rest for rest in self._dataset.own[node]]
        mentions = self._mentions[node]
        if mentions:
            reference = _Reference(node)
            quads += [_line(link, reference) for link in mentions]
        quads.sort()
        return self._hash("".join(quads))

    def _break_tie(self, nodes: list[int]) -> None:
        """Section 4.4.3, step 5."""
        results = []
        for node in nodes:
            if node not in self._canonical.issued:
                issuer = _Issuer("_:b")
                issuer.issue(node)
                results.append(self._n_degree(node, issuer))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self._canonical.issue(node)

    def _n_degree(self, node: int, issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8.3: a node's hash by the paths that lead away from it, and the issuer that led so."""
        related = self._related(node, issuer)
        data = []
        for digest in sorted(related):
            path, issuer = self._shortest_path(related[digest], issuer)
            data += [digest, path]
        return self._hash("".join(data)), issuer

    def _related(self, node: int, issuer: _Issuer) -> dict[str, list[int]]:
        """Section 4.8.3, steps 2 and 3: the blank nodes that share a quad with `node`, by related hash."""
        related: dict[str, list[int]] = {}
        for link in self._mentions[node]:
            self._spend()
            for position, other in (("s", link.subject), ("o", link.object), ("g", link.graph)):
                if type(other) is int and other != node:
                    digest = self._related_hash(other, link, issuer, position)
                    related.setdefault(digest, []).append(other)
        return related

    def _related_hash(self, node: int, link: Link, issuer: _Issuer, position: str) -> str:
        """Section 4.7.3."""
        name = self._canonical.issued.get(node) or issuer.issued.get(node) or self._hashes[node]
        predicate = "" if position == "g" else link.predicate[:-1]
        return self._hash(f"{position}{predicate}{name}")

    def _shortest_path(self, nodes: list[int], issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8.3, step 5: the least path over all orders of `nodes`."""
        chosen, chosen_issuer = "", issuer
        for order in permutations(nodes):
            self._spend(len(order))
            found = self._path(order, issuer.copy(), chosen)
            if found is not None and (not chosen or found[0] < chosen):
                chosen, chosen_issuer = found
        return chosen, chosen_issuer

    def _path(self, order: tuple[int, ...], issuer: _Issuer, chosen: str) -> tuple[str, _Issuer] | None:
        """Section 4.8.3, steps 5.4.1 to 5.4.6; None as soon as it cannot become the least."""
        path = ""
        recursion = []
        for node in order:
            name = self._canonical.issued.get(node)
            if name is None:
                if node not in issuer.issued:
                    recursion.append(node)
                name = issuer.issue(node)
            path += name
            if _cannot_win(path, chosen):
                return None
        for node in recursion:
            digest, deeper = self._n_degree(node, issuer)
            path += f"{issuer.issue(node)}<{digest}>"
            issuer = deeper
            if _cannot_win(path, chosen):
                return None
        return path, issuer

    def _hash(self, text: str) -> str:
        digest: str = self._new_hash(text.encode()).hexdigest()
        return digest

    def _spend(self, units: int = 1) -> None:
        self._work += units
        if self._work > MAX_WORK:
            raise TooComplexError(
                "the document's unnamed nodes are too alike to be told apart within bounds; give them ids"
            )


def _cannot_win(path: str, chosen: str) -> bool:
    return bool(chosen) and len(path) >= len(chosen) and path > chosen
