"""Two independent implementations of JSON-LD to canonical N-Quads, to hold ours against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph
from pyld import jsonld

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


@cache
def pinned_documents() -> dict[str, Any]:
    """URL to context document, straight from the carried files."""
    entries = json.loads((SCHEMAS / "MANIFEST.json").read_text())
    return {
        url: json.loads((SCHEMAS / entry["path"]).read_text())
        for entry in entries
        if entry["path"].startswith("contexts/")
        for url in entry["urls"]
    }


def _load(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
    return {"contextUrl": None, "documentUrl": url, "document": pinned_documents()[url]}


_OPTIONS = {"documentLoader": _load, "rdfDirection": "i18n-datatype"}


def pyld_canonical(document: Mapping[str, Any]) -> str:
    """PyLD all the way. Its output leaves control characters raw, where RDFC-1.0 escapes them."""
    return str(
        jsonld.normalize(
            dict(document),
            {"algorithm": "URDNA2015", "format": "application/n-quads", **_OPTIONS},
        )
    )


def oxigraph_canonical(document: Mapping[str, Any]) -> str:
    """PyLD's quads, canonicalized by pyoxigraph."""
    quads = str(jsonld.to_rdf(dict(document), {"format": "application/n-quads", **_OPTIONS}))
    return oxigraph_canonical_quads(quads)


def oxigraph_canonical_quads(quads: str) -> str:
    dataset = pyoxigraph.Dataset(pyoxigraph.parse(quads.encode(), format=pyoxigraph.RdfFormat.N_QUADS))
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    serialized = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS).decode()
    return "".join(sorted(f"{line}\n" for line in serialized.split("\n") if line))
