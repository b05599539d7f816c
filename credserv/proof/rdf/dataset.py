"""An RDF dataset after conversion, and its canonical form (RDF Dataset Canonicalization 1.0).

Blank nodes are numbers. Most quads need no attention: those without a blank node are finished lines, and
those whose only blank node is their subject are kept with it. The rest are `Link`s.

    1. hash each blank node by the quads that mention it         (section 4.6, Hash First Degree Quads)
    2. a unique hash names its node, in order of hashes          (section 4.4.3, step 4)
    3. tell the others apart by their surroundings               (section 4.8, Hash N-Degree Quads)
    4. write all quads with those names, sorted by code point    (section 4.4.3, step 6; appendix A)

Parts converted earlier (`parts`) bring their hashes along, and their lines in sorted runs.

Step 3 is exponential for graphs built to be so; it stops with TooComplexError after `MAX_WORK` units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import TypeVar

from credserv.ground.errors import TooComplexError
from credserv.proof.rdf.links import Link, first_degree_hashes, mentions_of
from credserv.proof.rdf.parts import Part, Runs

MAX_WORK = 100_000  # quads examined in step 3; about 120 ms

Quad = TypeVar("Quad", str, Link)


@dataclass(slots=True)
class Dataset:
    r"""The quads of one document.

    Attributes:
        lines: finished quads.
        own: for each blank node, the rest (`<p> o .\n`) of the quads with it as subject.
        parts: parts converted earlier, each with the number of its first blank node; their finished quads are
            not among `lines`.
    """

    lines: list[str] = field(default_factory=list)
    own: list[list[str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    parts: list[tuple[int, Part]] = field(default_factory=list)

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

    def include(self, part: Part) -> None:
        self.parts.append((len(self.own), part))
        self.own += part.own

    def fresh(self) -> list[int]:
        """Return the blank nodes that are in no part."""
        ends = [0, *(first + len(part.own) for first, part in self.parts)]
        begins = [*(first for first, _ in self.parts), len(self.own)]
        return [node for end, begin in zip(ends, begins, strict=True) for node in range(end, begin)]

    def canonical(self, hash_name: str = "sha256") -> str:
        """Return the result of `canonical_utf8` as text."""
        return self.canonical_utf8(hash_name).decode()

    def canonical_utf8(self, hash_name: str = "sha256") -> bytes:
        """Return the canonical N-Quads. `hash_name` is as hashlib names it. Raises TooComplexError."""
        return _write(self, self.fresh(), self.labels(hash_name))

    def labels(self, hash_name: str = "sha256") -> list[str]:
        """Return the canonical name of each blank node, by its number. Raises TooComplexError."""
        fresh = self.fresh()
        for node in fresh:
            self.own[node] = _without_repeats(self.own[node])  # a dataset is a set of quads
        self.links = _without_repeats(self.links)
        return _Labelling(self, hash_name).labels(fresh)


def _moved(link: Link, by: int) -> Link:
    """Return the link with the numbers of its blank nodes increased."""
    subject, predicate, obj, graph = link
    return Link(
        subject + by if type(subject) is int else subject,
        predicate,
        obj + by if type(obj) is int else obj,
        graph + by if type(graph) is int else graph,
    )


def _line(link: Link, names: Sequence[str]) -> str:
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


def _write(dataset: Dataset, fresh: Sequence[int], labels: Sequence[str]) -> bytes:
    lines = [*dataset.lines]
    own: dict[int, list[str]] = {node: dataset.own[node] for node in fresh}
    for link in dataset.links:
        subject, predicate, obj, graph = link
        if graph is None and type(subject) is int:
            name = labels[obj] if type(obj) is int else obj
            own[subject] = [*own[subject], f"{predicate}{name} .\n"]
        else:
            lines.append(_line(link, labels))
    blanks = [(labels[node], sorted(rests)) for node, rests in own.items()]
    for first, part in dataset.parts:
        names = labels[first : first + len(part.own)]
        lines += [_line(link, names) for link in part.links]
        blanks += zip(names, part.own, strict=True)
    starts = [(f"{name} ", rests) for name, rests in blanks if rests]
    texts = lines + [start + start.join(rests) for start, rests in starts]
    lasts = lines + [start + rests[-1] for start, rests in starts]
    runs = Runs(texts, lasts, [text.encode() for text in texts])
    for _, part in dataset.parts:
        runs.extend(part.runs)
    return runs.join()


def _without_repeats(quads: list[Quad]) -> list[Quad]:
    return quads if len(set(quads)) == len(quads) else list(dict.fromkeys(quads))


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
        self._hash_name = hash_name
        self._new_hash = getattr(hashlib, hash_name)
        self._canonical = _Issuer("_:c14n")
        self._mentions: Mapping[int, Sequence[Link]] = {}
        self._hashes: list[str] = []
        self._work = 0

    def labels(self, fresh: Sequence[int]) -> list[str]:
        """Return the name of each blank node. `fresh` are those in no part."""
        nodes = len(self._dataset.own)
        if nodes <= 1:  # one node needs no hash to be first
            return ["_:c14n0"] * nodes
        self._hashes = self._first_degree(fresh)
        labels = [""] * nodes
        if len(set(self._hashes)) < nodes:
            self._break_ties()
            for node, name in self._canonical.issued.items():
                labels[node] = name
        else:
            for number, node in enumerate(sorted(range(nodes), key=self._hashes.__getitem__)):
                labels[node] = f"_:c14n{number}"
        return labels

    def _first_degree(self, fresh: Sequence[int]) -> list[str]:
        """Hash each node; parts know theirs, because nothing outside mentions their nodes."""
        dataset = self._dataset
        found = [""] * len(dataset.own)
        hashes = first_degree_hashes(dataset.own, dataset.links, fresh, self._hash_name)
        for node, digest in zip(fresh, hashes, strict=True):
            found[node] = digest
        for first, part in dataset.parts:
            found[first : first + len(part.own)] = part.digests(self._hash_name)
        return found

    def _break_ties(self) -> None:
        """Name the nodes whose hash is unique, then the others."""
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
        moved = [_moved(link, first) for first, part in self._dataset.parts for link in part.links]
        self._mentions = mentions_of(self._dataset.links + moved)
        for nodes in tied:
            self._break_tie(nodes)

    def _break_tie(self, nodes: list[int]) -> None:
        """Name nodes of equal hash (section 4.4.3, step 5)."""
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
        """Hash a node by the paths that lead away from it; returns the issuer too (section 4.8.3)."""
        related = self._related(node, issuer)
        data = []
        for digest in sorted(related):
            path, issuer = self._shortest_path(related[digest], issuer)
            data += [digest, path]
        return self._hash("".join(data)), issuer

    def _related(self, node: int, issuer: _Issuer) -> dict[str, list[int]]:
        """Return the blank nodes that share a quad with `node`, by related hash (section 4.8.3, steps 2
        and 3)."""
        related: dict[str, list[int]] = {}
        for link in self._mentions.get(node, ()):
            self._spend()
            for position, other in (("s", link.subject), ("o", link.object), ("g", link.graph)):
                if type(other) is int and other != node:
                    digest = self._related_hash(other, link, issuer, position)
                    related.setdefault(digest, []).append(other)
        return related

    def _related_hash(self, node: int, link: Link, issuer: _Issuer, position: str) -> str:
        """Hash a related node (section 4.7.3)."""
        name = self._canonical.issued.get(node) or issuer.issued.get(node) or self._hashes[node]
        predicate = "" if position == "g" else link.predicate[:-1]
        return self._hash(f"{position}{predicate}{name}")

    def _shortest_path(self, nodes: list[int], issuer: _Issuer) -> tuple[str, _Issuer]:
        """Return the least path over all orders of `nodes` (section 4.8.3, step 5)."""
        chosen, chosen_issuer = "", issuer
        for order in permutations(nodes):
            self._spend(len(order))
            found = self._path(order, issuer.copy(), chosen)
            if found is not None and (not chosen or found[0] < chosen):
                chosen, chosen_issuer = found
        return chosen, chosen_issuer

    def _path(self, order: tuple[int, ...], issuer: _Issuer, chosen: str) -> tuple[str, _Issuer] | None:
        """Return a path (section 4.8.3, steps 5.4.1 to 5.4.6); None once it cannot become the least."""
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
