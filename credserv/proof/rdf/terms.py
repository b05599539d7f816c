"""What each term of an active context means for the quads of a document, computed once.

The tables hold what the fast conversion (`quads`) decides. For anything missing from them, or a value that
does not fit, OutsideSubsetError sends the document to the general path: nothing is guessed or refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from credserv.proof.rdf.nquads import XSD, is_iri

# Open Badges contexts also spell the namespace of XML Schema with https.
_SCHEMA_TYPES = (XSD, XSD.replace("http:", "https:"))
BOOLEANS = frozenset(namespace + "boolean" for namespace in _SCHEMA_TYPES)
_INTEGERS = (
    "integer long int short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger "
    "unsignedLong unsignedInt unsignedShort unsignedByte"
)
NUMBERS = frozenset(
    namespace + name
    for namespace in _SCHEMA_TYPES
    for name in ("decimal", "double", "float", *_INTEGERS.split())
)

RECURRING = ("achievement", "issuer")


class OutsideSubsetError(Exception):
    """The fast conversion does not decide this; it says nothing about right or wrong."""


class Kind(Enum):
    ID = auto()
    TYPE = auto()
    PROPERTY = auto()


class Coercion(Enum):
    LITERAL = auto()
    IRI = auto()
    VOCAB = auto()


class Scope(Hashable, Protocol):
    """The active context at one place of a document (`scoped_contexts.ActiveContext`)."""

    raw: Mapping[str, Any]
    typed: dict[object, tuple[Sequence[str], Scope]]

    @property
    def prefixes(self) -> frozenset[str]: ...
    @property
    def terms(self) -> Mapping[str, Term]: ...
    @property
    def type_iris(self) -> Mapping[str, str]: ...
    def has_scope(self, term: str) -> bool: ...
    def below(self, term: str) -> Scope: ...
    def node(self, term: str, *, is_reference: bool) -> Scope: ...
    def embedded(self, urls: tuple[str, ...]) -> Scope: ...
    def of_types(self, types: tuple[str, ...]) -> Scope: ...


def _no_context() -> Scope:
    raise OutsideSubsetError("a keyword has no values of its own")


@dataclass(frozen=True, slots=True)
class Term:
    """One usable term.

    Attributes:
        head: `<predicate> `.
        tail: what follows the text of a string literal.
        is_plain: a string value is a literal, so `head + '"' + text + tail` is the rest of its quad.
        recurs: whether many documents share its values, as they do an achievement (`parts`).
        is_reference: a string value is an IRI, so `head + '<iri>'` is the rest of its quad.
        strings, nodes: return the active context of string and node values; type-scoped contexts hold for
            strings and are reverted for nodes.
    """

    kind: Kind
    head: str = ""
    coercion: Coercion = Coercion.LITERAL
    datatype: str | None = None
    tail: str = '"'
    is_plain: bool = False
    is_reference: bool = False
    is_list: bool = False
    is_graph: bool = False
    recurs: bool = False
    strings: Callable[[], Scope] = _no_context
    nodes: Callable[[], Scope] = _no_context


def build_terms(context: Scope) -> Mapping[str, Term]:
    """Return the usable terms of one active context, by name."""
    if any(name in context.raw for name in ("@vocab", "@language", "@direction", "@base")):
        raise OutsideSubsetError("a context with defaults")
    built = {name: _term(context, name, found) for name, found in context.raw["mappings"].items() if found}
    return {name: term for name, term in built.items() if term is not None}


def build_types(context: Scope) -> Mapping[str, str]:
    """Return the terms that can be a type or @vocab value, each with its `<iri>`."""
    mappings = context.raw["mappings"].items()
    return {name: f"<{found['@id']}>" for name, found in mappings if found and is_iri(found["@id"] or "")}


def literal_tail(datatype: str | None) -> str:
    """Return what follows the text of a literal in N-Quads; xsd:string is the default and not written."""
    return '"' if datatype is None or datatype == XSD + "string" else f'"^^<{datatype}>'


def _term(context: Scope, name: str, definition: Mapping[str, Any]) -> Term | None:
    """Return a term; None if the tables cannot express it."""
    iri = definition["@id"]
    if iri in ("@id", "@type"):
        alias = {"id": Kind.ID, "type": Kind.TYPE}.get(name)
        return Term(alias) if alias else None
    containers = set(definition.get("@container") or ())
    foreign = containers - {"@set", "@list", "@graph"} or {"@list", "@graph"} <= containers
    if (
        foreign
        or definition.get("reverse")
        or {"@language", "@direction", "@index", "@nest"} & set(definition)
    ):
        return None
    coerced = definition.get("@type")
    if not is_iri(iri or "") or not (coerced in (None, "@none", "@id", "@vocab") or is_iri(coerced)):
        return None
    return _property(context, name, f"<{iri}> ", coerced, containers)


def _property(context: Scope, name: str, head: str, coerced: str | None, containers: set[str]) -> Term:
    coercion = {"@id": Coercion.IRI, "@vocab": Coercion.VOCAB}.get(coerced or "", Coercion.LITERAL)
    datatype = coerced if coercion is Coercion.LITERAL and coerced != "@none" else None
    stands_alone = not containers & {"@list", "@graph"}
    takes_text = coercion is Coercion.LITERAL and datatype not in NUMBERS and datatype not in BOOLEANS
    return Term(
        kind=Kind.PROPERTY,
        head=head,
        coercion=coercion,
        datatype=datatype,
        tail=literal_tail(datatype),
        is_plain=takes_text and stands_alone,
        is_reference=coercion is Coercion.IRI and stands_alone,
        is_list="@list" in containers,
        is_graph="@graph" in containers,
        recurs=name in RECURRING,
        strings=(lambda: context.below(name)) if context.has_scope(name) else (lambda: context),
        nodes=lambda: context.node(name, is_reference=False),
    )
