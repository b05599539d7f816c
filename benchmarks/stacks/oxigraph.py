"""pyoxigraph (Rust): parses JSON-LD and canonicalizes it by RDFC-1.0; around it the same plain code.

Its parser fetches no contexts, so their content takes the place of their addresses; that text is made once.
"""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph

from benchmarks.stacks.line import serve
from benchmarks.stacks.pyld_plain import Document, Plain

RDFC = pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0


class Oxigraph(Plain):
    def __init__(self) -> None:
        self.texts: dict[tuple[str, ...], str] = {}

    def canonize(self, document: Document) -> bytes:
        members = {name: value for name, value in document.items() if name != "@context"}
        text = f'{{"@context":{self.context_text(document["@context"])},{json.dumps(members)[1:]}'
        dataset = pyoxigraph.Dataset(pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.JSON_LD))
        dataset.canonicalize(RDFC)
        lines: Any = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS)
        return b"".join(sorted(lines.splitlines(keepends=True)))

    def context_text(self, urls: list[str]) -> str:
        key = tuple(urls)
        if key not in self.texts:
            self.texts[key] = json.dumps([self.contexts[url]["@context"] for url in urls])
        return self.texts[key]


if __name__ == "__main__":
    stack = Oxigraph()
    serve({"hold": stack.hold, "sign": stack.sign, "verify": stack.verify})
