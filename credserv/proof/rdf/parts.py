"""Recurring parts of documents: the quads of an issuer's profile or an achievement, computed once.

All credentials of an achievement repeat it. A part is found in memory only for exactly the same content under
exactly the same active context, never by a name that it claims. It hangs on a named node, so nothing outside
mentions its blank nodes, and their first-degree hashes (RDFC-1.0, section 4.6) depend on the part alone.
"""

from __future__ import annotations

import marshal
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import lt
from typing import Any, Generic, Protocol, TypeVar

from credserv.proof.rdf.links import Link, first_degree_hashes

MAX_KEY_BYTES = 65_536
MAX_CHARACTERS = 8_000_000  # in all; some 250 achievements like that of the benchmarks
MAX_SEEN = 4_096
_FORMAT = 2  # marshal format: the last one whose bytes depend on the value alone

Key = tuple[Hashable, int, bytes]


class Sized(Protocol):
    """Something remembered. `characters` is roughly how many it takes up."""

    @property
    def characters(self) -> int: ...


Kept = TypeVar("Kept", bound=Sized)


@dataclass(slots=True)
class Runs:
    """Sorted lines as one text, repeated any number of times.

    `lasts` has the last line of each run; `encoded` is each run in UTF-8.
    """

    texts: list[str]
    lasts: list[str]
    encoded: list[bytes]

    def extend(self, others: Runs) -> None:
        self.texts += others.texts
        self.lasts += others.lasts
        self.encoded += others.encoded

    def join(self) -> bytes:
        """Return all lines in order, each once.

        Runs are ordered as if each were one line. That is right unless another line belongs inside one.
        """
        texts, lasts, encoded = self.texts, self.lasts, self.encoded
        order = sorted(range(len(texts)), key=texts.__getitem__)
        before, following = [lasts[place] for place in order], [texts[place] for place in order[1:]]
        if all(map(lt, before, following)) and not any(map(str.startswith, following, before)):
            return b"".join([encoded[place] for place in order])
        single = {line for text in texts for line in text.split("\n")} - {""}
        return "".join([f"{line}\n" for line in sorted(single)]).encode()


class Part:
    """The quads below one named node, `<iri>`. Immutable; safe to share between threads."""

    def __init__(
        self, root: str, lines: Iterable[str], own: Iterable[Iterable[str]], links: Iterable[Link]
    ) -> None:
        """Create from the lines, own quads and links of the node and everything below it, as in
        `dataset.Dataset`."""
        finished = sorted(set(lines))
        self.root = root
        self.own = [sorted(set(rests)) for rests in own]
        self.links = list(dict.fromkeys(links))
        self.runs = _runs(finished, self.links)
        self.subjects = frozenset(line[: line.index(" ")] for line in finished)
        self._digests: dict[str, Sequence[str]] = {}

    def digests(self, hash_name: str) -> Sequence[str]:
        """Return the first-degree hashes of its blank nodes."""
        found = self._digests.get(hash_name)
        if found is None:
            nodes = range(len(self.own))
            found = first_degree_hashes(self.own, self.links, nodes, hash_name)
            self._digests[hash_name] = found
        return found

    def count(self, subject: str, line: str) -> int:
        """Return how many of its runs hold a finished quad of `subject`, `<iri>`."""
        return sum(line in run for run in self.runs.texts) if subject in self.subjects else 0

    @property
    def characters(self) -> int:
        """Roughly how many characters it takes up."""
        texts: list[str | bytes] = [*self.runs.texts, *self.runs.lasts, *self.runs.encoded, *self.subjects]
        texts += [rest for rests in self.own for rest in rests]
        return sum(map(len, texts)) + 200 * (len(texts) + len(self.links))


class PartMemory(Generic[Kept]):
    """The most recently used parts, or other recurring values. Safe to share between threads.

    A value is kept from its second use on, so that a flood of single values evicts nothing. `characters`
    bounds all that is kept.
    """

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_characters = max_characters
        self.characters = 0
        self._parts: OrderedDict[Key, Kept] = OrderedDict()
        self._seen: set[int] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def marks(self) -> int:
        """Return how many values are known to have been seen once; at most MAX_SEEN."""
        return len(self._seen)

    def find(self, key: Key) -> tuple[Kept | None, bool]:
        """Return the part, or None and whether it should be kept."""
        with self._lock:
            part = self._parts.get(key)
            if part is not None:
                self._parts.move_to_end(key)
                return part, False
            mark = hash(key)
            if mark in self._seen:
                return None, True
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return None, False

    def keep(self, key: Key, part: Kept) -> None:
        with self._lock:
            if key in self._parts:
                return
            self._parts[key] = part
            self.characters += _characters(key, part)
            while self.characters > self._max_characters:
                self.characters -= _characters(*self._parts.popitem(last=False))

    def clear(self) -> None:
        with self._lock:
            self._parts.clear()
            self._seen.clear()
            self.characters = 0


def key_of(context: Hashable, depth: int, value: Mapping[str, Any]) -> Key | None:
    """Return everything the quads of an object depend on; None for an object that is not kept.

    Keys of different values always differ: 1, 1.0 and true are three.
    """
    try:
        content = marshal.dumps(dict(value), _FORMAT)
    except ValueError:  # not plain JSON, or too deep
        return None
    return (context, depth, content) if len(content) <= MAX_KEY_BYTES else None


def _characters(key: Key, part: Sized) -> int:
    return len(key[2]) + part.characters


def _runs(lines: Sequence[str], links: Sequence[Link]) -> Runs:
    """Group sorted lines by subject, split where a quad with a blank node will come between."""
    starts = {line[: line.index("> ") + 2] for line in lines}
    places = {bisect_left(lines, start) for start in starts}
    places |= {bisect_left(lines, f"{link.subject} {link.predicate}_:") for link in links}
    ends = sorted({*places, len(lines)} - {0})
    texts = ["".join(lines[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    return Runs(texts, [lines[end - 1] for end in ends], [text.encode() for text in texts])
