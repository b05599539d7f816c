"""Random JSON-LD documents over the pinned contexts, each defined by its seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import UnknownContextError
from credserv.proof.rdf.scoped_contexts import ActiveContext, ScopedContexts
from credserv.proof.rdf.terms import BOOLEANS, NUMBERS, Coercion, Kind, Term

CONTEXT_LISTS = (
    [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    ["https://www.w3.org/ns/credentials/v2"],
)
_TEXTS = ("", "a", "b", "Málaga", "línea\ntab\t", 'quote " and \\', "𝒳 beyond the plane", "﷽ ()", "ß")
_IRIS = ("https://a.example/1", "https://a.example/2", "urn:uuid:1", "did:key:z6Mk", "mailto:a@b.example")
_NUMBERS = (0, 1, -7, 2.5, 3.0, 1e-7, 1.5e-9, 12345678901, 0.1, 100.0)


class DocumentMaker:
    """Walks the compiled terms, so that what it makes is defined and mostly inside the subset."""

    def __init__(self, contexts: ScopedContexts, seed: int) -> None:
        self._contexts = contexts
        self._random = random.Random(seed)

    def document(self) -> dict[str, Any]:
        urls = self._random.choice(CONTEXT_LISTS)
        root = self._contexts.root(tuple(urls))
        return {"@context": list(urls), **self._node(root, depth=4, is_root=True)}

    def _node(
        self, context: ActiveContext, depth: int, *, is_root: bool = False, types: list[str] | None = None
    ) -> dict[str, Any]:
        node: dict[str, Any] = {}
        if self._random.random() < 0.4:
            node["id"] = self._random.choice(_IRIS)
        types = types or self._types(context)
        if types:
            node["type"] = types if len(types) > 1 or self._random.random() < 0.5 else types[0]
        table = context.of_types(tuple(types)).terms
        usable = [name for name, term in table.items() if term.kind is Kind.PROPERTY]
        for name in self._random.sample(usable, k=min(len(usable), self._random.randint(1, 6))):
            value = self._value(table[name], depth, is_root=is_root)
            if value is not None:
                node[name] = value
        return node or {"id": self._random.choice(_IRIS)}

    def _types(self, context: ActiveContext) -> list[str]:
        known = [
            name
            for name, mapping in context.raw["mappings"].items()
            if mapping and name[:1].isupper() and isinstance(mapping["@id"], str)
        ]
        count = self._random.choice((0, 1, 1, 1, 2))
        types = self._random.sample(known, k=min(count, len(known)))
        try:
            context.of_types(tuple(types))
        except UnknownContextError:  # two types whose protected terms contradict each other
            return []
        return types

    def _value(self, term: Term, depth: int, *, is_root: bool) -> Any:
        if term.is_graph:
            return self._embedded(term.nodes(), depth - 1) if is_root and depth else None
        count = self._random.choice((0, 1, 1, 1, 2, 3))
        values = [self._single(term, depth) for _ in range(count)]
        values = [value for at, value in enumerate(values) if value is not None and value not in values[:at]]
        return values[0] if len(values) == 1 and self._random.random() < 0.7 else values

    def _embedded(self, context: ActiveContext, depth: int) -> dict[str, Any]:
        """A node in a graph of its own; below `verifiableCredential` it has to bring its context."""
        if context.raw["mappings"]:
            return self._node(context, depth)
        urls = self._random.choice(CONTEXT_LISTS)
        return {
            "@context": list(urls),
            **self._node(context.embedded(tuple(urls)), depth, types=["VerifiableCredential"]),
        }

    def _single(self, term: Term, depth: int) -> Any:
        if depth and self._random.random() < 0.35:
            return self._node(term.nodes(), depth - 1)
        if term.coercion is Coercion.IRI:
            return self._random.choice(_IRIS)
        if term.coercion is Coercion.VOCAB:
            return self._vocab(term)
        if term.datatype in BOOLEANS:
            return self._random.random() < 0.5
        if term.datatype in NUMBERS or (term.datatype is None and self._random.random() < 0.15):
            return self._random.choice(_NUMBERS)
        if term.datatype is None and self._random.random() < 0.1:
            found = {"@value": self._random.choice(_TEXTS), "@language": self._random.choice(("en", "de-AT"))}
            return found | self._random.choice(({}, {"@direction": "rtl"}))
        return self._random.choice(_TEXTS)

    def _vocab(self, term: Term) -> str:
        mappings: Mapping[str, Any] = term.strings().raw["mappings"]
        words = [word for word, mapping in mappings.items() if mapping and ":" in str(mapping["@id"])]
        return self._random.choice(words) if words else self._random.choice(_IRIS)
