"""The active context at each place of a document, computed once by PyLD and cached.

JSON-LD 1.1 API, sections 4.1 (context processing) and 5.1.2, steps 7 to 11 (expansion): the context of a node
depends on the property it is under, its own @context and its types. There are few such combinations over
pinned contexts, and PyLD spends most of its time computing them again for every node.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from credserv.ground.errors import UnknownContextError
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.parts import Part, PartMemory
from credserv.proof.rdf.terms import Scope, Term, build_terms, build_types

MAX_KEPT = 4_096

RawContext = Mapping[str, Any]
Definition = Mapping[str, Any]


class ActiveContext:
    """What terms mean at one place. `raw` is PyLD's value and never changes."""

    def __init__(self, contexts: ScopedContexts, raw: RawContext) -> None:
        self._contexts = contexts
        self._kept: dict[tuple[Any, ...], ActiveContext] = {}
        self._by_types: dict[tuple[str, ...], ActiveContext] = {}
        self._nodes: dict[str, ActiveContext] = {}
        self.typed: dict[object, tuple[Sequence[str], Scope]] = {}  # used by `quads`, by types as written
        self.raw = raw

    def definition(self, term: str) -> Definition | None:
        found: Definition | None = self.raw["mappings"].get(term)
        return found

    @property
    def vocabulary(self) -> str | None:
        """The @vocab of the context, which gives every undefined term a meaning."""
        found: str | None = self.raw.get("@vocab")
        return found

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Terms that abbreviate IRIs (`prefix:suffix`)."""
        return frozenset(t for t, found in self.raw["mappings"].items() if found and found["_prefix"])

    @cached_property
    def iris(self) -> frozenset[str]:
        """All IRIs the terms stand for."""
        return frozenset(found["@id"] for found in self.raw["mappings"].values() if found)

    @cached_property
    def terms(self) -> Mapping[str, Term]:
        """What the fast conversion knows of each term."""
        return build_terms(self)

    @cached_property
    def type_iris(self) -> Mapping[str, str]:
        """`<iri>` of each term that can be a type or @vocab value."""
        return build_types(self)

    def has_scope(self, term: str) -> bool:
        """Return whether `term` has a scoped context."""
        return self._scope(term) is not None

    def below(self, term: str) -> ActiveContext:
        """Return the context of string values of `term`, with its property-scoped context applied."""
        if self._scope(term) is None:
            return self
        return self._keep(("below", term), lambda: self._scoped(self.raw, term))

    def node(self, term: str, *, is_reference: bool) -> ActiveContext:
        """Return the context of a node object under `term`, before its own @context and types.

        Type-scoped contexts end here, except for a mere reference (`{"id": ...}`).
        """
        if is_reference:
            return self.below(term)
        found = self._nodes.get(term)
        if found is None:
            outer = self.raw.get("previousContext", self.raw)
            ends_here = outer is not self.raw
            found = (
                ActiveContext(self._contexts, self._scoped(outer, term)) if ends_here else self.below(term)
            )
            self._nodes[term] = found
            self._contexts.count()
        return found

    def embedded(self, urls: tuple[str, ...]) -> ActiveContext:
        """Return the context with pinned ones on top: the @context of an embedded credential."""
        return self._keep(("embedded", urls), lambda: self._contexts.process_urls(self.raw, urls))

    def of_types(self, types: tuple[str, ...]) -> ActiveContext:
        """Return the context with the type-scoped contexts of `types` applied."""
        found = self._by_types.get(types)
        if found is None:
            scoped = tuple(name for name in sorted(types) if self._scope(name))
            found = self._keep(("types", scoped), lambda: self._typed(scoped)) if scoped else self
            self._by_types[types] = found
            self._contexts.count()
        return found

    def _scope(self, term: str) -> Any:
        """Return the scoped context of a term: None without one, False for `"@context": null`."""
        definition = self.definition(term)
        return definition.get("@context") if definition else None

    def _scoped(self, outer: RawContext, term: str) -> RawContext:
        scope = self._scope(term)
        return outer if scope is None else self._contexts.process(outer, scope, override_protected=True)

    def _typed(self, scoped: tuple[str, ...]) -> RawContext:
        raw = self.raw
        for name in scoped:
            raw = self._contexts.process(raw, self._scope(name), propagate=False)
        return raw

    def _keep(self, key: tuple[Any, ...], make: Any) -> ActiveContext:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = ActiveContext(self._contexts, make())
            self._contexts.count()
        return found


class ScopedContexts:
    """Active contexts over the pinned ones.

    Threads may share them; a lock guards PyLD, which they may not.
    """

    def __init__(self, pinned: PinnedContexts) -> None:
        self._pinned = pinned
        self._loader = pinned.loader()
        self._processor = jsonld.JsonLdProcessor()
        self._resolved: dict[str, Any] = {}
        self._roots: dict[tuple[str, ...], ActiveContext] = {}
        self._count = 0
        self.parts: PartMemory[Part] = PartMemory()
        self._lock = threading.RLock()

    def root(self, urls: tuple[str, ...]) -> ActiveContext:
        """Return the context of a document whose @context is `urls`, all pinned.

        Raises UnknownContextError when one is not pinned, or they contradict each other.
        """
        found = self._roots.get(urls)
        if found is None:
            with self._lock:
                initial = self._processor._get_initial_context(self._options())
            found = ActiveContext(self, self.process_urls(initial, urls))
            self._roots[urls] = found
            self.count()
        return found

    def process_urls(self, raw: RawContext, urls: tuple[str, ...]) -> RawContext:
        """Process pinned contexts by name. Raises UnknownContextError for others."""
        for url in urls:
            self._pinned.document(url)
        return self.process(raw, list(urls))

    def process(
        self, raw: RawContext, context: Any, *, override_protected: bool = False, propagate: bool = True
    ) -> RawContext:
        """Run PyLD's context processing. Raises UnknownContextError for contexts that cannot be combined."""
        try:
            with self._lock:
                processed: RawContext = self._processor._process_context(
                    raw, context, self._options(), override_protected=override_protected, propagate=propagate
                )
        except Exception as error:  # PyLD raises whatever it happens to meet
            why = getattr(error, "code", None) or "conflict"
            raise UnknownContextError(f"these JSON-LD contexts cannot be used together: {why}") from error
        return processed

    def count(self) -> None:
        """Bound the memory that callers' combinations of contexts and types can take: start over."""
        self._count += 1
        if self._count > MAX_KEPT:
            self._roots, self._resolved, self._count = {}, {}, 0
            self.parts.clear()  # made under contexts no longer in use

    def _options(self) -> dict[str, Any]:
        return {
            "base": "",
            "documentLoader": self._loader,
            "contextResolver": ContextResolver(self._resolved, self._loader),
            "processingMode": "json-ld-1.1",
            "isFrame": False,
        }
