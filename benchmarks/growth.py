"""How time and memory grow: by the size of a document, and by how many contexts, achievements and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contest import DIGITALBAZAAR, entrants
from benchmarks.processes import our_python, running
from benchmarks.reference import CONTEXTS, Reference, evidence
from benchmarks.rules import RulePoint, measure_rules

_EVIDENCE = (0, 1, 19, 60, 200, 600, 2_000, 6_000)  # five quads each
_PEER_LIMIT = 600  # beyond, one of its runs takes a second
_EXTRA_CONTEXTS = (0, 16, 64, 256)
_ACHIEVEMENTS = (1, 64, 256, 512)


@dataclass(frozen=True)
class Point:
    """One size. peer: of the same document, None where it was not asked."""

    size: int
    milliseconds: float
    peer: float | None = None
    megabytes: float | None = None


@dataclass(frozen=True)
class Growth:
    """contexts, start: milliseconds to sign, and to load and sign for the first time. templates: to
    issue one from a compiled template, and the memory of the process."""

    documents: Sequence[Point]
    contexts: Sequence[Point]
    start: Sequence[Point]
    templates: Sequence[Point]
    rules: Sequence[RulePoint]


def measure_growth(reference: Reference) -> Growth:
    """Raises StackError."""
    return Growth(
        documents=_documents(reference),
        contexts=_contexts(reference, "sign_with"),
        start=_contexts(reference, "start"),
        templates=_templates(reference),
        rules=measure_rules(),
    )


def _sized(number: int) -> dict[str, Any]:
    """A credential of one quad and `number` pieces of evidence."""
    document = {"@context": CONTEXTS, "id": "urn:uuid:0b6a4e6e-6a8d-4c6d-9f0e-1a2b3c4d5e6f"}
    document |= {"type": ["VerifiableCredential"]}
    return document | ({"evidence": [evidence(part) for part in range(number)]} if number else {})


def _documents(reference: Reference) -> list[Point]:
    peer = next(entrant for entrant in entrants(with_optional=False) if entrant.name == DIGITALBAZAAR)
    points = []
    with running(our_python("growing")) as ours, running(peer.command) as theirs:
        ours.ask("hold", **reference.held)
        theirs.ask("hold", **reference.held)
        for number in _EVIDENCE:
            document = _sized(number)
            found = ours.ask("sign", document=document)
            asked = number <= _PEER_LIMIT
            taken = min(theirs.time("sign_any", [{"document": document}] * 8)) if asked else None
            points.append(Point(found["quads"], found["milliseconds"], taken))
    return points


def _contexts(reference: Reference, operation: str) -> list[Point]:
    points = []
    for extra in _EXTRA_CONTEXTS:
        with running(our_python("growing")) as ours:
            ours.ask("hold", **reference.held)
            taken = ours.ask(operation, document=reference.document, extra=extra)
            points.append(Point(extra + _pinned(reference), taken))
    return points


def _pinned(reference: Reference) -> int:
    return len(reference.held["contexts"])


def _templates(reference: Reference) -> list[Point]:
    points = []
    for number in _ACHIEVEMENTS:
        with running(our_python("ours")) as ours:
            ours.ask("hold", **reference.held, document=reference.document)
            taken = ours.ask("many_templates", document=reference.document, number=number)
            points.append(Point(number, taken, megabytes=ours.megabytes()))
    return points
