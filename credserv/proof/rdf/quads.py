"""Convert a JSON-LD document to quads in one walk over compiled terms (JSON-LD 1.1 API, 5.1 and 8.1).

Anything unusual or wrong raises OutsideSubsetError, and the general path then decides; what both accept gives
the same quads. So the rules of `strict_jsonld` hold for this walk too: each appears below as a way out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from credserv.proof.rdf.dataset import Dataset
from credserv.proof.rdf.nquads import RDF, XSD, escape, is_iri
from credserv.proof.rdf.parts import Part, PartMemory, key_of
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.strict_jsonld import (
    DECISIVE_IRIS,
    MAX_DEPTH,
    MAX_EXACT_INTEGER,
    context_urls,
    decisive_nodes,
    embedded_urls,
    is_half_pair,
    is_language_tag,
)
from credserv.proof.rdf.terms import (
    BOOLEANS,
    NUMBERS,
    Coercion,
    Kind,
    OutsideSubsetError,
    Scope,
    Term,
    literal_tail,
)

_TYPE = f"<{RDF}type> "
_FIRST, _REST, _NIL = f"<{RDF}first> ", f"<{RDF}rest> ", f"<{RDF}nil>"
_I18N = "https://www.w3.org/ns/i18n#"
_EXPONENT = re.compile(r"(\d)0*E\+?(-)?0*(\d)", re.ASCII)

_ABSENT = object()

Graph = int | None


def to_dataset(
    contexts: ScopedContexts, document: Mapping[str, Any], memory: PartMemory[Part] | None = None
) -> Dataset:
    """Convert a whole document. Raises OutsideSubsetError and UnknownContextError.

    Args:
        memory: parts converted earlier, which become parts of the dataset.
    """
    converter = _Converter(memory)
    root = contexts.root(context_urls(document.get("@context"), "/@context"))
    converter.members(document, root, None, 0)
    if any(_is_twice(converter.dataset, name, kinds) for _, name, kinds in decisive_nodes(document)):
        raise OutsideSubsetError("the whole document, or its subject, again")
    return converter.dataset


def _is_twice(dataset: Dataset, name: str, kinds: frozenset[str]) -> bool:
    """Return whether a second object has the same name and type: it could hold what no reader sees."""
    subject = f"<{name}>"
    for line in (f"{subject} {_TYPE}<{DECISIVE_IRIS[kind]}> .\n" for kind in kinds):
        if dataset.lines.count(line) + sum(part.count(subject, line) for _, part in dataset.parts) > 1:
            return True
    return False


class _Converter:
    def __init__(self, memory: PartMemory[Part] | None = None) -> None:
        self.dataset = Dataset()
        self._memory = memory

    def node(self, value: Mapping[str, Any], term: Term, graph: Graph, depth: int) -> str | int:
        """Add the quads of one node object below `term`; returns its name, `<iri>` or a blank node."""
        if "id" in value:
            if len(value) == 1:
                return _iri(term.strings(), value["id"])
            if self._memory is not None and term.recurs and graph is None:
                return self._recurring(value, term.nodes(), depth, self._memory)
        return self._node(value, term.nodes(), graph, depth)

    def _recurring(
        self, value: Mapping[str, Any], context: Scope, depth: int, memory: PartMemory[Part]
    ) -> str | int:
        """Add the quads of a named node that other documents may share."""
        key = key_of(context, depth, value)
        part, is_kept = memory.find(key) if key else (None, False)
        if part is None and key and is_kept:
            converter = _Converter()
            root, found = str(converter._node(value, context, None, depth)), converter.dataset
            part = Part(root, found.lines, found.own, found.links)
            memory.keep(key, part)
        if part is None:
            return self._node(value, context, None, depth)
        self.dataset.include(part)
        return part.root

    def _node(self, value: Mapping[str, Any], context: Scope, graph: Graph, depth: int) -> str | int:
        if "@context" in value:
            context = context.embedded(embedded_urls(value, ""))
        if not value or depth > MAX_DEPTH:
            raise OutsideSubsetError("an empty object, or a deep one")
        return self.members(value, context, graph, depth)

    def members(self, value: Mapping[str, Any], outer: Scope, graph: Graph, depth: int) -> str | int:
        types, context = _typed(outer, value)
        terms = context.terms
        subject = _iri(context, value["id"]) if "id" in value else self.dataset.new_blank()
        if graph is not None:
            self._in_graph(value, types, terms, subject, graph, depth)
            return subject
        named = type(subject) is str
        texts = self.dataset.lines if named else self.dataset.own[subject]  # type: ignore[index]  # a blank
        start = f"{subject} " if named else ""
        for iri in types:
            texts.append(f"{start}{_TYPE}{iri} .\n")
        for key, member in value.items():
            term = terms.get(key)
            if term is None:
                _leave_unless_context(key)
            elif type(member) is str and term.is_plain:
                texts.append(f'{start}{term.head}"{_text(member)}{term.tail} .\n')
            elif type(member) is str and term.is_reference:
                texts.append(f"{start}{term.head}{_iri(term.strings(), member)} .\n")
            elif term.kind is Kind.PROPERTY:
                self._property(subject, term, member, None, depth + 1)
        return subject

    def _in_graph(
        self,
        value: Mapping[str, Any],
        types: Sequence[str],
        terms: Mapping[str, Term],
        subject: str | int,
        graph: int,
        depth: int,
    ) -> None:
        """Add the remaining members where every quad names its graph."""
        for iri in types:
            self.dataset.add(subject, _TYPE, iri, graph)
        for key, member in value.items():
            term = terms.get(key)
            if term is None:
                _leave_unless_context(key)
            elif term.kind is Kind.PROPERTY:
                self._property(subject, term, member, graph, depth + 1)

    def _property(self, subject: str | int, term: Term, member: object, graph: Graph, depth: int) -> None:
        if term.is_list:
            self.dataset.add(subject, term.head, self._list(term, member, graph, depth), graph)
            return
        items = member if type(member) is list else [member]
        if len(items) > 1 and _has_twins(items):
            raise OutsideSubsetError("the same value twice")
        for item in items:
            if term.is_graph:
                self._graph(subject, term, item, graph, depth)
            else:
                self.dataset.add(subject, term.head, self._object(term, item, graph, depth), graph)

    def _graph(self, subject: str | int, term: Term, item: object, graph: Graph, depth: int) -> None:
        """Add a value of an @graph container, in a graph of its own named by a blank node."""
        if not isinstance(item, dict) or "@value" in item:
            raise OutsideSubsetError("a graph of another form")
        name = self.dataset.new_blank()
        self.dataset.add(subject, term.head, name, graph)
        before = len(self.dataset.links)
        self.node(item, term, name, depth)
        if len(self.dataset.links) == before:
            raise OutsideSubsetError("a graph without a quad, whose node is then no node at all")

    def _object(self, term: Term, item: object, graph: Graph, depth: int) -> str | int:
        if isinstance(item, str):
            return _string(term, item)
        if isinstance(item, dict):
            return _language_string(item) if "@value" in item else self.node(item, term, graph, depth)
        return _number(term, item)

    def _list(self, term: Term, member: object, graph: Graph, depth: int) -> str | int:
        """Add an @list as rdf:first and rdf:rest; returns its head."""
        items = member if isinstance(member, list) else [member]
        nodes = [self.dataset.new_blank() for _ in items]
        for position, item in enumerate(items):
            rest: str | int = nodes[position + 1] if position + 1 < len(nodes) else _NIL
            self.dataset.add(nodes[position], _FIRST, self._object(term, item, graph, depth), graph)
            self.dataset.add(nodes[position], _REST, rest, graph)
        return nodes[0] if nodes else _NIL


def _leave_unless_context(key: str) -> None:
    if key != "@context":
        raise OutsideSubsetError(f"the member {key!r}")


def _typed(outer: Scope, value: Mapping[str, Any]) -> tuple[Sequence[str], Scope]:
    """Return the `<iri>` of each type of a node object, and the context for its members, computed once."""
    types = value.get("type", _ABSENT)
    key = tuple(types) if type(types) is list else types
    try:
        found = outer.typed.get(key)
    except TypeError:
        raise OutsideSubsetError("types of another form") from None
    if found is None:
        names = _types(value)
        found = outer.typed[key] = ([_type(outer, name) for name in names], outer.of_types(names))
    return found


def _types(value: Mapping[str, Any]) -> tuple[str, ...]:
    if "type" not in value:
        return ()
    types = value["type"]
    if type(types) is str:
        return (types,)
    if type(types) is list and set(map(type, types)) == {str} and len(set(types)) == len(types):
        return tuple(types)
    raise OutsideSubsetError("types of another form")


def _type(context: Scope, name: str) -> str:
    iri = context.type_iris.get(name)
    if iri is None:
        raise OutsideSubsetError(f"the type {name!r}")
    return iri


def _iri(context: Scope, value: object) -> str:
    """Return an absolute IRI, written out."""
    if type(value) is not str or not is_iri(value):
        raise OutsideSubsetError("no absolute IRI")
    if context.prefixes:
        prefix, _, rest = value.partition(":")
        if prefix in context.prefixes and not rest.startswith("//"):
            raise OutsideSubsetError("an abbreviated IRI")
    return f"<{value}>"


def _text(text: str) -> str:
    """Return the inside of a literal. Printable text has no control or invalid characters."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    if is_half_pair(text):
        raise OutsideSubsetError("half of a surrogate pair")
    return escape(text)


def _string(term: Term, text: str) -> str:
    if term.coercion is Coercion.IRI:
        return _iri(term.strings(), text)
    if term.coercion is Coercion.VOCAB:
        return _type(term.strings(), text)
    if term.datatype in NUMBERS or term.datatype in BOOLEANS:
        raise OutsideSubsetError("text where a number is due")
    return f'"{_text(text)}{term.tail}'


def _language_string(item: Mapping[str, Any]) -> str:
    """Write a base direction into the datatype (JSON-LD 1.1, section 10.3); otherwise it would not be
    signed."""
    text, language, direction = item["@value"], item.get("@language"), item.get("@direction")
    if type(text) is not str or type(language) is not str or not is_language_tag(language):
        raise OutsideSubsetError("a value object of another form")
    if direction is None and len(item) == 2:
        return f'"{_text(text)}"@{language.lower()}'
    if direction in ("ltr", "rtl") and len(item) == 3:
        return f'"{_text(text)}"^^<{_I18N}{language.lower()}_{direction}>'
    raise OutsideSubsetError("a value object of another form")


def _number(term: Term, item: object) -> str:
    """Return the canonical form of a number or boolean (JSON-LD 1.1 API, section 8.2.2)."""
    datatype = term.datatype
    if term.coercion is not Coercion.LITERAL:
        raise OutsideSubsetError("a number where an id is due")
    if isinstance(item, bool) and (datatype is None or datatype in BOOLEANS):
        return f'"{"true" if item else "false"}{literal_tail(datatype or XSD + "boolean")}'
    if isinstance(item, bool) or not isinstance(item, (int, float)):
        raise OutsideSubsetError("a value of another kind")
    if not abs(item) <= MAX_EXACT_INTEGER or not (datatype is None or datatype in NUMBERS):
        raise OutsideSubsetError("a number that is not exact, or has a datatype of its own")
    if datatype == XSD + "double" or not float(item).is_integer():
        written = f"{float(item):.15E}"
        if float(written) != item:
            raise OutsideSubsetError("a number of more than 16 digits")
        lexical = _EXPONENT.sub(r"\1E\2\3", written)
        return f'"{lexical}{literal_tail(datatype or XSD + "double")}'
    return f'"{int(item)}{literal_tail(datatype or XSD + "integer")}'


def _has_twins(items: Sequence[object]) -> bool:
    """Return whether two elements may be one in RDF; errs on the side of yes."""
    names = [item.get("id", item.get("@value")) if type(item) is dict else item for item in items]
    names = [name for name in names if name is not None]
    try:
        return len(set(names)) != len(names)
    except TypeError:  # an element that is neither text nor number
        return True
