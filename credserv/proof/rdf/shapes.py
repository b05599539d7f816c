"""Canonical forms of documents with a recurring shape, from templates as in issuing (`template`).

The credentials of an achievement differ in few texts, and so do the options of their proofs. A document
without those texts is its shape. A template is found by a shape's exact content, never by a name that a
document claims, and the texts are filled in under the template's own rules. A shape or value that does not
fit goes to the conversion (`quads`), so nothing is accepted here that it would refuse.

A template is kept only after it has produced exactly the bytes of the conversion, for each kind of value it
takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from credserv.ground.errors import CredservError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.parts import PartMemory, key_of
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.template import DocumentTemplate, has_marks, iri_slot, slot
from credserv.proof.rdf.terms import OutsideSubsetError

MAX_KEY_BYTES = 32_768
_NAMES = "abcdefghijklmnopqrstuvwxyz"  # of slots; a document has no more of them


class _Slot(Enum):
    TEXT = auto()
    IRI = auto()


# Where the documents of one shape differ. If there is no text there, the document has no shape.
_VARYING: Mapping[str, Any] = {
    "id": _Slot.IRI,
    "created": _Slot.TEXT,
    "validFrom": _Slot.TEXT,
    "validUntil": _Slot.TEXT,
    "issuanceDate": _Slot.TEXT,
    "expirationDate": _Slot.TEXT,
    "awardedDate": _Slot.TEXT,
    "credentialSubject": {
        "id": _Slot.IRI,
        "identifier": {"identityHash": _Slot.TEXT, "salt": _Slot.TEXT},
        "result": {"value": _Slot.TEXT},
        "activityStartDate": _Slot.TEXT,
        "activityEndDate": _Slot.TEXT,
    },
    "credentialStatus": {
        "id": _Slot.IRI,
        "statusListIndex": _Slot.TEXT,
        "statusListCredential": _Slot.IRI,
    },
}
_SAMPLES = (
    ("did:web:a.example:{}", "plain"),
    ("https://a.example/{}?q=%20#f", 'a "quoted" \\ word\n'),
    ("http://a.example/{}", "\x7f\u00e9\U0001f600"),
    ("urn:uuid:{}", ""),
)

Replace = Callable[[_Slot, str], str | None]


class _NoShapeError(Exception):
    """A document without a shape: a value to be taken out is not a text."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """`template` is None for a shape that cannot be compiled."""

    template: DocumentTemplate | None

    @property
    def characters(self) -> int:
        return 1_000 if self.template is None else self.template.characters


class Shapes:
    """The templates of the most recently used shapes. Safe to share between threads."""

    def __init__(self, contexts: ScopedContexts) -> None:
        self._contexts = contexts
        self._memory: PartMemory[_Kept] = PartMemory()

    def canonical_utf8(self, document: JsonObject) -> bytes | None:
        """Return the canonical N-Quads with SHA-256; None where the conversion has to produce them."""
        values: list[str] = []

        def take(_kind: _Slot, text: str) -> None:
            values.append(text)

        try:
            shape = _replaced(document, _VARYING, take)
        except _NoShapeError:
            return None
        key = key_of(None, len(values), shape)
        if key is None or len(key[2]) > MAX_KEY_BYTES or len(values) > len(_NAMES):
            return None
        kept, is_worth_it = self._memory.find(key)
        if kept is None and is_worth_it:
            kept = _Kept(None if has_marks(key[2]) else self._compile(document))
            self._memory.keep(key, kept)
        if kept is None or kept.template is None:
            return None
        try:
            return kept.template.canonical_utf8(dict(zip(_NAMES, values, strict=False)))
        except OutsideSubsetError:
            return None

    def _compile(self, document: JsonObject) -> DocumentTemplate | None:
        names = iter(_NAMES)

        def mark(kind: _Slot, _text: str) -> str:
            return iri_slot(next(names)) if kind is _Slot.IRI else slot(next(names))

        try:
            template = DocumentTemplate(self._contexts, _replaced(document, _VARYING, mark))
            alike = all(self._is_alike(template, document, iri, text) for iri, text in _SAMPLES)
        except (OutsideSubsetError, CredservError):
            return None
        return template if alike else None

    def _is_alike(self, template: DocumentTemplate, document: JsonObject, iri: str, text: str) -> bool:
        """Return whether the template gives the same as the conversion with such values in its slots."""
        values: list[str] = []

        def put(kind: _Slot, _text: str) -> str:
            values.append(iri.format(len(values)) if kind is _Slot.IRI else f"{text}{len(values)}")
            return values[-1]

        filled = _replaced(document, _VARYING, put)
        found = template.canonical_utf8(dict(zip(_NAMES, values, strict=False)))
        return found == to_dataset(self._contexts, filled).canonical_utf8()


def _replaced(value: Any, varying: Mapping[str, Any], replace: Replace) -> Any:
    """Return a copy with the varying texts replaced, in the order of `varying`."""
    if type(value) is list:
        return [_replaced(item, varying, replace) for item in value]
    if type(value) is not dict and not isinstance(value, Mapping):
        return value
    copy = dict(value)
    for name, below in varying.items():
        if name not in copy:
            continue
        member = copy[name]
        if type(below) is not _Slot:
            copy[name] = _replaced(member, below, replace)
        elif type(member) is str:
            copy[name] = replace(below, member)
        else:
            raise _NoShapeError
    return copy
