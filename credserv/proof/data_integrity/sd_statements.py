"""A document as statements, with blank node names that reveal nothing, so that some can be shown.

Source: Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.1 to 3.4.16 and 3.5.1 (HMAC labels). Each object
without an id gets one (skolemization), so that a part of the document still says which node it is about.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.sd_pointers import select
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.dataset import Dataset

# Matches a label only where a term stands: a text may look like one (in N-Quads, literals are quoted, IRIs in
# <>).
LINE = re.compile(
    r"(?P<subject>_:c14n\d+|<[^>]*>) (?P<predicate><[^>]*>) "
    r'(?P<object>_:c14n\d+|<[^>]*>|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+(?:--[a-z]+)?)?)'
    r"(?: (?P<graph>_:c14n\d+|<[^>]*>))? \.",
    re.ASCII,
)
_MAX_DEPTH = 48


def terms_of(line: str) -> tuple[str, str, str, str | None]:
    """Return subject, predicate, object and graph of a canonical N-Quad. Raises InputError."""
    match = LINE.fullmatch(line.removesuffix("\n"))
    if match is None:
        raise InputError("a statement that cannot be taken apart")  # skipping it would leave it unsigned
    return match["subject"], match["predicate"], match["object"], match["graph"]


@dataclass(frozen=True)
class Statements:
    """The statements of one document without its proof. `key` is that of the HMAC for the labels."""

    document: JsonObject
    key: bytes
    canonizer: Canonizer
    prefix: str = field(default_factory=lambda: f"urn:bnid:{secrets.token_hex(16)}:")

    @cached_property
    def lines(self) -> list[str]:
        """Return all statements with HMAC labels, in order.

        Raises InputError and the errors of canonicalization.
        """
        lines = self._relabelled(self._named_lines)
        if len(set(lines)) != len(lines):
            raise InputError("two statements of the document are the same")
        return lines

    def indexes(self, pointers: Sequence[str]) -> frozenset[int]:
        """Return the indexes in `lines` that the pointers select. Raises as `select`."""
        chosen = select(self._named, pointers)
        if chosen is None:
            return frozenset()
        places = {line: index for index, line in enumerate(self.lines)}
        try:
            return frozenset(places[line] for line in self._relabelled(self._canonical(chosen)))
        except KeyError:
            raise InputError("a part of the document says what the whole does not") from None

    def labels_for(self, pointers: Sequence[str]) -> dict[int, bytes]:
        """Return the HMAC labels by the numbers that a reader of this part gives its blank nodes."""
        part = select(self._named, pointers)
        if part is None:
            return {}
        names, labels = self._blank_names(self._canonical(part))
        return {
            int(label.removeprefix("_:c14n")): self._macs[name]
            for name, label in sorted(zip(names, labels, strict=True), key=lambda pair: int(pair[1][6:]))
        }

    @cached_property
    def _named(self) -> JsonObject:
        counter = count()
        named: JsonObject = self._name(self.document, counter, 0)
        return named

    def _name(self, value: Any, counter: Iterable[int], depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise InputError(f"nested deeper than {_MAX_DEPTH} levels")
        if isinstance(value, list):
            return [self._name(item, counter, depth + 1) for item in value]
        if not isinstance(value, Mapping) or "@value" in value:
            return value
        named = {
            name: member if name == "@context" else self._name(member, counter, depth + 1)
            for name, member in value.items()
        }
        return named if "id" in value else {"id": f"{self.prefix}{next(iter(counter))}", **named}

    @cached_property
    def _named_lines(self) -> list[str]:
        """Return the lines with names for all nodes.

        Raises InputError if adding ids would change the document.
        """
        lines = self._canonical(self._named)
        if any(line.startswith("_:") or " _:" in _outside_texts(line) for line in lines):
            raise InputError("the document holds another one with a proof, which cannot be shown in part")
        names, labels = self._blank_names(lines)
        plain = self._replaced(lines, dict(zip(names, labels, strict=True)))
        if sorted(plain) != sorted(self._canonical(self.document)):
            raise InputError("the document has members that cannot be shown in part")
        return lines

    @cached_property
    def _macs(self) -> dict[str, bytes]:
        """Return the HMAC of each blank node's canonical name, by the name it has here."""
        names, labels = self._blank_names(self._named_lines)
        macs = [hmac.digest(self.key, label[2:].encode(), "sha256") for label in labels]
        return dict(zip(names, macs, strict=True))

    def _relabelled(self, lines: list[str]) -> list[str]:
        labels = {name: f"_:u{encode_base64url(mac)}" for name, mac in self._macs.items()}
        return sorted(self._replaced(lines, labels))

    def _canonical(self, document: JsonObject) -> list[str]:
        return self.canonizer.canonize(document).splitlines(keepends=True)

    def _blank_names(self, lines: list[str]) -> tuple[list[str], list[str]]:
        """Return the names given here to blank nodes, and their canonical ones (RDFC-1.0)."""
        dataset, numbers = Dataset(), dict[str, int]()

        def node(term: str) -> str | int:
            if not term.startswith(f"<{self.prefix}"):
                return term
            if term not in numbers:
                numbers[term] = dataset.new_blank()
            return numbers[term]

        for line in lines:
            subject, predicate, obj, graph = terms_of(line)
            dataset.add(node(subject), f"{predicate} ", node(obj), node(graph) if graph else None)
        return list(numbers), dataset.labels()

    def _replaced(self, lines: list[str], labels: Mapping[str, str]) -> list[str]:
        replaced = []
        for line in lines:
            subject, predicate, obj, graph = terms_of(line)
            terms = [labels.get(subject, subject), predicate, labels.get(obj, obj)]
            replaced.append(" ".join([*terms, *([labels.get(graph, graph)] if graph else []), ".\n"]))
        return replaced


def _outside_texts(line: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
