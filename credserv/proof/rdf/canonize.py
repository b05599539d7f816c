"""Turn a JSON-LD document into its canonical N-Quads (RDFC-1.0): the only entry to canonicalization.

Nearly every document takes the fast path: one walk over compiled terms (`quads`), or a template where its
shape is known (`shapes`). Whatever the walk does not decide, including every refusal, takes the general path:

    1. check that the quads will say all that the JSON says       strict_jsonld
    2. turn the document into quads                               PyLD, over the pinned contexts alone
    3. check the quads again, as a second line of defence         here

On either path, the last step names the blank nodes and sorts, within bounds (`dataset`). PyLD's caches are
not thread-safe, so the general path holds a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from credserv.ground.errors import (
    CredservError,
    InputError,
    TooComplexError,
    UndefinedTermError,
    UnsignableAddressError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.dataset import Dataset
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.nquads import RDF, is_iri, is_loose_iri, literal
from credserv.proof.rdf.own_terms import KnownTerms, require_used
from credserv.proof.rdf.pinned_reading import has_inline, read_as_pinned
from credserv.proof.rdf.quads import to_dataset
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.shapes import Shapes
from credserv.proof.rdf.strict_jsonld import StrictDocument
from credserv.proof.rdf.template import DocumentTemplate
from credserv.proof.rdf.terms import OutsideSubsetError

# PyLD resolves relative references against a base. This one is nowhere, and nothing under it is signed.
_NOWHERE = "https://relative.invalid/"
OWN_TERMS = "urn:own-terms"  # in a document's contexts, stands for its own terms
_MAX_EXTENDED = 4
_NODES_PER_SECOND = 1_000  # objects the general path converts per second on a slow core


class Canonizer:
    """Canonicalizes documents. Safe to share between threads.

    Attributes:
        deadline_seconds: bound on the time for one document. It is kept by refusing documents with more
            objects than can be converted in that time, or with too many similar blank nodes
            (`dataset.MAX_WORK`).
        reads_inline: whether contexts in a document may define anything (`inline_contexts`).
    """

    reads_inline = False

    def __init__(self, contexts: PinnedContexts, *, deadline_seconds: float = 0.2) -> None:
        self.contexts = contexts
        self._scoped = ScopedContexts(contexts)
        self._shapes = Shapes(self._scoped)
        self._processor = jsonld.JsonLdProcessor(on_property_dropped=_refuse_dropped)
        self._loader = contexts.loader()
        self._resolved: dict[str, Any] = {}
        self._max_nodes = int(deadline_seconds * _NODES_PER_SECOND)
        self._lock = threading.Lock()
        self._with_terms = lru_cache(maxsize=_MAX_EXTENDED)(self._extended)
        self._known_with = lru_cache(maxsize=_MAX_EXTENDED)(self._known_terms)

    def canonize(self, document: JsonObject, *, hash_name: str = "sha256") -> str:
        """Return the result of `canonize_utf8` as text."""
        return self.canonize_utf8(document, hash_name=hash_name).decode()

    def canonize_utf8(self, document: JsonObject, *, hash_name: str = "sha256") -> bytes:
        """Return the canonical N-Quads of `document` in UTF-8.

        Args:
            hash_name: the hash of RDFC-1.0, as hashlib names it.

        Raises:
            UnknownContextError, RedefinedTermError, UndefinedTermError: the detail names the term and its
                place.
            TooComplexError: the document exceeds the bounds.
            InputError: it is not JSON-LD, or says nothing.
        """
        if has_inline(document):
            document, own = read_as_pinned(document, self._scoped, self._known_beside(document))
            if own:
                document = {**document, "@context": [*document["@context"], OWN_TERMS]}
                return self._with_terms(tuple(sorted(own.items()))).canonize_utf8(
                    document, hash_name=hash_name
                )
        known = self._shapes.canonical_utf8(document) if hash_name == "sha256" else None
        if known is not None:
            return known
        try:
            dataset = to_dataset(self._scoped, document, self._scoped.parts)
        except OutsideSubsetError:
            dataset = self.convert_generally(document)
        canonical = dataset.canonical_utf8(hash_name)
        if not canonical:
            raise InputError("the document says nothing that a signature could cover")
        return canonical

    def require_contexts(self, document: JsonObject) -> None:
        """Check inline contexts. Raises RedefinedTermError and UnknownContextError."""
        if has_inline(document):
            require_used(document, read_as_pinned(document, self._scoped, self._known_beside(document))[1])

    def _known_beside(self, document: JsonObject) -> KnownTerms:
        """Return the terms of the standards, and those of others where the document uses any."""
        named = document.get("@context")
        texts = [url for url in named if isinstance(url, str)] if isinstance(named, list) else []
        return self._known_with(with_others=not self.contexts.of_others.isdisjoint(texts))

    def _known_terms(self, *, with_others: bool) -> KnownTerms:
        urls = self.contexts.urls if with_others else self.contexts.urls - self.contexts.of_others
        return KnownTerms(map(self.contexts.document, urls))

    def _extended(self, own: tuple[tuple[str, str], ...]) -> Canonizer:
        """Return a canonizer for documents with these terms of their own."""
        return Canonizer(self.contexts.extended({OWN_TERMS: {"@context": dict(own)}}))

    def compile(self, document: JsonObject) -> DocumentTemplate:
        """Compile a document whose variable texts are slots (`template.slot`) into a template.

        Raises OutsideSubsetError for a shape that templates cannot express, and as `canonize`.
        """
        return DocumentTemplate(self._scoped, document)

    def convert_generally(self, document: JsonObject) -> Dataset:
        """Convert a document on the general path, with PyLD. Raises as `canonize`."""
        with self._lock:
            strict = StrictDocument(self._scoped)
            strict.check(document)
            if strict.nodes > self._max_nodes:
                raise TooComplexError("the document has unusual members, and too many objects for that")
            graphs = self._to_rdf(dict(document))
        return _to_dataset(graphs, strict.json_literals)

    def _to_rdf(self, document: dict[str, Any]) -> Mapping[str, list[dict[str, Any]]]:
        options = {
            "base": _NOWHERE,
            "rdfDirection": "i18n-datatype",  # JSON-LD 1.1, section 10.3: otherwise a direction would be lost
            "documentLoader": self._loader,
            "contextResolver": ContextResolver(self._resolved, self._loader),
        }
        try:
            graphs: Mapping[str, list[dict[str, Any]]] = self._processor.to_rdf(document, options)
        except CredservError:
            raise
        except Exception as error:  # PyLD raises whatever it happens to meet
            raise InputError(f"not usable as JSON-LD: {_cause(error)}") from error
        return graphs


def _refuse_dropped(name: str | None) -> None:
    """Refuse a member that PyLD reports as dropped; the check before should have found it."""
    raise UndefinedTermError(f"the term {name!r} is defined by none of the document's contexts")


def _cause(error: BaseException) -> str:
    """Return the innermost of a chain of PyLD's errors, without the values it quotes."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "code", None) or type(error).__name__)


def _to_dataset(graphs: Mapping[str, list[dict[str, Any]]], json_literals: set[str]) -> Dataset:
    dataset = Dataset()
    blanks: dict[str, int] = {}

    def name(value: str) -> str | int:
        if not value.startswith("_:"):
            return _iri(value)
        if value not in blanks:
            blanks[value] = dataset.new_blank()
        return blanks[value]

    for graph, triple in _triples(graphs):
        obj = triple["object"]
        dataset.add(
            name(triple["subject"]["value"]),
            _iri(triple["predicate"]["value"]) + " ",
            _literal(obj, json_literals) if obj["type"] == "literal" else name(obj["value"]),
            None if graph == "@default" else name(graph),
        )
    return dataset


def _triples(graphs: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((graph, triple) for graph, triples in graphs.items() for triple in triples)


def _iri(value: str) -> str:
    if value.startswith(_NOWHERE) or not is_loose_iri(value):
        raise UndefinedTermError(f"not an absolute IRI: {value.removeprefix(_NOWHERE)[:120]!r}")
    if not is_iri(value):
        raise UnsignableAddressError(f"not an absolute IRI: {value[:120]!r}")
    return f"<{value}>"


def _literal(obj: Mapping[str, Any], json_literals: set[str]) -> str:
    text, datatype = obj["value"], obj["datatype"]
    if datatype == RDF + "JSON" and text not in json_literals:
        raise InputError("a JSON member without an agreed canonical form")  # RFC 8785 decides, not PyLD
    if datatype == RDF + "langString":
        return literal(text, language=obj["language"])
    _iri(datatype)
    return literal(text, datatype=datatype)
