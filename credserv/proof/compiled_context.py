"""JSON-LD contexts, compiled: what each term of each active context means, worked out once.

Nearly all the time of a JSON-LD processor goes into building active contexts again for every node.
The pinned contexts never change, so each pair of an active context and the types of a node (JSON-LD 1.1
API, sections 4.1 and 5.1.2) is processed once, by PyLD's own context processing, and flattened into a
read-only table. What a table cannot express is left out of it, and its use raises OutsideSubsetError:
the caller then takes the general path. Nothing here ever guesses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from credserv.errors import UndefinedTermError
from credserv.proof.nquads import RDF, XSD, is_iri

RDF_TYPE = f"<{RDF}type> "
MAX_TABLES = 4_096
MAX_REMEMBERED_IRIS = 4_096
_DEFAULTS = ("@vocab", "@language", "@direction", "@base")
_KEYWORDS = frozenset(jsonld.KEYWORDS)

RawContext = Mapping[str, Any]


class OutsideSubsetError(Exception):
    """Legal JSON-LD, perhaps, but nothing the compiled path takes a stand on."""


class Kind(Enum):
    ID = auto()
    TYPE = auto()
    PROPERTY = auto()


class Coercion(Enum):
    LITERAL = auto()
    IRI = auto()
    VOCAB = auto()


def _no_context() -> ActiveContext:
    raise OutsideSubsetError("a keyword has no values of its own")


@dataclass(frozen=True, slots=True)
class Term:
    """One usable term. head: `<predicate> `. tail: what follows the text of a string literal.

    is_plain: a string value is a literal, so `head + '"' + text + tail` is the rest of its quad.
    strings, nodes: give the active context of string and of node values; type-scoped contexts hold for
    the former and are reverted for the latter.
    """

    kind: Kind
    head: str = ""
    coercion: Coercion = Coercion.LITERAL
    datatype: str | None = None
    tail: str = '"'
    is_plain: bool = False
    is_list: bool = False
    is_graph: bool = False
    strings: Callable[[], ActiveContext] = _no_context
    nodes: Callable[[], ActiveContext] = _no_context


class ActiveContext:
    """A JSON-LD active context and the tables compiled from it. Safe to share between threads."""

    __slots__ = ("_compiler", "_embedded", "_scoped", "_tables", "_types", "prefixes", "raw")

    def __init__(self, compiler: ContextCompiler, raw: RawContext) -> None:
        if any(name in raw for name in _DEFAULTS):
            raise OutsideSubsetError("a context with defaults")
        self._compiler = compiler
        self.raw = raw
        mappings = raw["mappings"].items()
        self.prefixes = {name: mapping["@id"] for name, mapping in mappings if mapping and mapping["_prefix"]}
        self._tables: dict[tuple[str, ...], Mapping[str, Term]] = {}
        self._types: dict[str, str] = {}
        self._scoped: dict[int, ActiveContext] = {}
        self._embedded: dict[tuple[str, ...], ActiveContext] = {}

    def terms(self, types: tuple[str, ...]) -> Mapping[str, Term]:
        """The terms of a node of these types, type-scoped contexts applied."""
        table = self._tables.get(types)
        return table if table is not None else self._compile(types)

    def type_iri(self, name: str) -> str:
        """`<iri>` of a type. Raises UndefinedTermError."""
        iri = self._types.get(name)
        if iri is None:
            iri = f"<{self.vocab_iri(name)}>"
            if len(self._types) < MAX_REMEMBERED_IRIS:
                self._types[name] = iri
        return iri

    def iri(self, value: str) -> str:
        """An id, expanded (compact IRIs too). Raises UndefinedTermError for a relative one."""
        if value.startswith("_:"):
            raise OutsideSubsetError("an explicit blank node")
        prefix, _, suffix = value.partition(":")
        if prefix in self.prefixes and not suffix.startswith("//") and len(prefix) < len(value):
            value = self.prefixes[prefix] + suffix
        if not is_iri(value):
            raise UndefinedTermError(f"not an absolute IRI: {value[:120]!r}")
        return value

    def vocab_iri(self, value: str) -> str:
        """A type or @vocab value, expanded: a term first, else as `iri`."""
        mappings = self.raw["mappings"]
        if value not in mappings:
            return self.iri(value)
        mapping = mappings[value]
        expanded = mapping and mapping["@id"]
        if not isinstance(expanded, str) or expanded in _KEYWORDS or not is_iri(expanded):
            raise OutsideSubsetError(f"the value {value!r}")
        return expanded

    def embedded(self, urls: tuple[str, ...]) -> ActiveContext:
        """This context with pinned contexts processed on top (an embedded credential's own @context)."""
        found = self._embedded.get(urls)
        if found is None:
            found = self._compiler.process(self.raw, list(urls))
            self._embedded[urls] = found
        return found

    def _compile(self, types: tuple[str, ...]) -> Mapping[str, Term]:
        self._compiler.count_table()
        raw = self.raw
        for name in sorted(types):
            mapping = self.raw["mappings"].get(name)
            if mapping and "@context" in mapping and mapping["@context"] is not False:
                raw = self._compiler.process_raw(raw, mapping["@context"], propagate=False)
        of_type = self if raw is self.raw else ActiveContext(self._compiler, raw)
        table = {}
        for name, mapping in raw["mappings"].items():
            term = None if mapping is None else self._term(name, mapping, of_type)
            if term is not None:
                table[name] = term
        self._tables[types] = table
        return table

    def _term(self, name: str, mapping: Mapping[str, Any], of_type: ActiveContext) -> Term | None:
        """None for a term that the tables cannot express."""
        iri = mapping["@id"]
        if iri == "@id" and name == "id":
            return Term(Kind.ID)
        if iri == "@type" and name == "type":
            return Term(Kind.TYPE)
        containers = set(mapping.get("@container") or ())
        foreign = containers - {"@set", "@list", "@graph"} or {"@list", "@graph"} <= containers
        if foreign or mapping.get("reverse") or {"@language", "@direction", "@index", "@nest"} & set(mapping):
            return None
        if not isinstance(iri, str) or iri in _KEYWORDS or not is_iri(iri):
            return None
        coerced = mapping.get("@type")
        if coerced not in (None, "@none", "@id", "@vocab") and (coerced in _KEYWORDS or not is_iri(coerced)):
            return None
        return self._property(iri, coerced, containers, mapping.get("@context"), of_type)

    def _property(
        self, iri: str, coerced: str | None, containers: set[str], scoped: object, of_type: ActiveContext
    ) -> Term:
        coercion = {"@id": Coercion.IRI, "@vocab": Coercion.VOCAB}.get(coerced or "", Coercion.LITERAL)
        datatype = coerced if coercion is Coercion.LITERAL and coerced not in (None, "@none") else None
        in_list, in_graph = "@list" in containers, "@graph" in containers
        return Term(
            kind=Kind.PROPERTY,
            head=f"<{iri}> ",
            coercion=coercion,
            datatype=datatype,
            tail=literal_tail(datatype),
            is_plain=coercion is Coercion.LITERAL and not in_list and not in_graph,
            is_list=in_list,
            is_graph=in_graph,
            strings=of_type._below(scoped),
            nodes=self._below(scoped),
        )

    def _below(self, scoped: object) -> Callable[[], ActiveContext]:
        """This context with a property's own context applied, when first needed.

        PyLD gives None where there is no such context, and False for `"@context": null`, which forgets
        all terms (VCDM 2.0 has it under `verifiableCredential`).
        """
        if scoped is None:
            return lambda: self

        def below() -> ActiveContext:
            found = self._scoped.get(id(scoped))
            if found is None:
                found = self._compiler.process(self.raw, scoped, override_protected=True)
                self._scoped[id(scoped)] = found
            return found

        return below


class ContextCompiler:
    """Compiles pinned contexts. document: gives the pinned document of a URL, or raises."""

    def __init__(self, document: Callable[[str], Any]) -> None:
        self._document = document
        self._processor = jsonld.JsonLdProcessor()
        self._resolved: dict[str, Any] = {}
        self._roots: dict[tuple[str, ...], ActiveContext] = {}
        self._tables = 0
        self._lock = threading.RLock()  # PyLD's context caches are not thread-safe

    def root(self, urls: tuple[str, ...]) -> ActiveContext:
        """The active context of a document whose @context is this list of pinned URLs."""
        found = self._roots.get(urls)
        if found is None:
            with self._lock:
                initial = self._processor._get_initial_context(self._options())
            found = self._roots[urls] = self.process(initial, list(urls))
        return found

    def process(self, raw: RawContext, context: Any, *, override_protected: bool = False) -> ActiveContext:
        self.count_table()
        return ActiveContext(self, self.process_raw(raw, context, override_protected=override_protected))

    def process_raw(
        self, raw: RawContext, context: Any, *, override_protected: bool = False, propagate: bool = True
    ) -> RawContext:
        """PyLD's context processing (JSON-LD 1.1 API, section 4.1.2), its errors left to the general path."""
        with self._lock:
            try:
                processed: RawContext = self._processor._process_context(
                    raw,
                    context,
                    self._options(),
                    override_protected=override_protected,
                    propagate=propagate,
                )
            except jsonld.JsonLdError as error:
                raise OutsideSubsetError("a context that cannot be processed") from error
        return processed

    def count_table(self) -> None:
        """Bound the memory that callers' combinations of types and contexts can claim: past the bound, all
        is forgotten and compiled anew as it is needed."""
        self._tables += 1
        if self._tables > MAX_TABLES:
            self._roots, self._resolved, self._tables = {}, {}, 0

    def _options(self) -> dict[str, Any]:
        return {
            "base": "",
            "documentLoader": self._load,
            "isFrame": False,
            "processingMode": "json-ld-1.1",
            "contextResolver": ContextResolver(self._resolved, self._load),
        }

    def _load(self, url: str, _options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": self._document(url),
            "tag": "static",
        }


def literal_tail(datatype: str | None) -> str:
    """What follows the text of a literal in N-Quads; xsd:string is the default and not written."""
    return '"' if datatype is None or datatype == XSD + "string" else f'"^^<{datatype}>'
