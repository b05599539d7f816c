"""The test suite of RDF Dataset Canonicalization 1.0 (w3c/rdf-canon), all of its cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from credserv.ground.errors import TooComplexError
from credserv.proof.rdf.dataset import Dataset
from credserv.proof.rdf.nquads import escape
from credserv.proof.rdf.terms import literal_tail
from tests.testkit.shared import shared_path

MANIFEST = shared_path("vectors/rdf-canon/manifest.jsonld")
ENTRIES: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["entries"]
HASHES = {None: "sha256", "SHA256": "sha256", "SHA384": "sha384"}


def read(path: Path) -> Dataset:
    dataset, names = Dataset(), {}

    def term(value: Any) -> Any:
        if isinstance(value, pyoxigraph.DefaultGraph):
            return None
        if isinstance(value, pyoxigraph.NamedNode):
            return f"<{value.value}>"
        if isinstance(value, pyoxigraph.BlankNode):
            if value.value not in names:
                names[value.value] = dataset.new_blank()
            return names[value.value]
        tail = f'"@{value.language}' if value.language else literal_tail(value.datatype.value)
        return f'"{escape(value.value)}{tail}'

    for quad in pyoxigraph.parse(path.read_bytes(), format=pyoxigraph.RdfFormat.N_QUADS):
        predicate = f"<{quad.predicate.value}> "
        dataset.add(term(quad.subject), predicate, term(quad.object), term(quad.graph_name))
    return dataset


def quads(text: str) -> set[Any]:
    return set(pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.N_QUADS))


def entries(kind: str) -> list[Any]:
    return [pytest.param(entry, id=entry["id"]) for entry in ENTRIES if entry["type"] == f"rdfc:{kind}"]


@pytest.mark.parametrize("entry", entries("RDFC10EvalTest"))
def test_canonical_form(entry: dict[str, Any]) -> None:
    ours = read(MANIFEST.parent / entry["action"]).canonical(HASHES[entry.get("hashAlgorithm")])
    assert ours == (MANIFEST.parent / entry["result"]).read_text()


@pytest.mark.parametrize("entry", entries("RDFC10MapTest"))
def test_issued_identifiers(entry: dict[str, Any]) -> None:
    """The map from the input's labels to the canonical ones, through the quads that carry both."""
    expected = json.loads((MANIFEST.parent / entry["result"]).read_text())
    source = (MANIFEST.parent / entry["action"]).read_text()
    relabelled = {f"_:{old}": f"_:{new}" for old, new in expected.items()}
    words = [[relabelled.get(word, word) for word in line.split(" ")] for line in source.splitlines()]
    ours = read(MANIFEST.parent / entry["action"]).canonical(HASHES[entry.get("hashAlgorithm")])
    assert quads(ours) == quads("\n".join(" ".join(line) for line in words))


@pytest.mark.parametrize("entry", entries("RDFC10NegativeEvalTest"))
def test_poison_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(TooComplexError):
        read(MANIFEST.parent / entry["action"]).canonical()
