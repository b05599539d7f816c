"""From a JSON-LD document to its quads in one walk, over compiled contexts (JSON-LD 1.1 API, 5.1 and 8.1).

Strict by construction: a term, type or relative id that no pinned context defines is an
UndefinedTermError, for a JSON-LD processor would drop it and no signature would cover it. Whatever else
is unusual raises OutsideSubsetError, and the general path decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from credserv.errors import UndefinedTermError
from credserv.proof.compiled_context import (
    RDF_TYPE,
    ActiveContext,
    Coercion,
    ContextCompiler,
    Kind,
    OutsideSubsetError,
    Term,
    literal_tail,
)
from credserv.proof.dataset import Dataset
from credserv.proof.nquads import RDF, XSD, escape

_FIRST, _REST, _NIL = f"<{RDF}first> ", f"<{RDF}rest> ", f"<{RDF}nil>"
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII).fullmatch
_NO_EXPONENT_PADDING = re.compile(r"(\d)0*E\+?(-)?0*(\d)", re.ASCII)
_is_broken = re.compile("[\ud800-\udfff]").search

Graph = int | None


def to_dataset(compiler: ContextCompiler, document: Mapping[str, Any]) -> Dataset:
    """Convert a whole document. Raises UndefinedTermError and OutsideSubsetError."""
    converter = _Converter()
    converter.node(document, compiler.root(context_urls(document.get("@context"))), None, is_root=True)
    return converter.dataset


def context_urls(context: object) -> tuple[str, ...]:
    """An @context that is a URL or a list of URLs; inline contexts are for the general path to refuse."""
    if isinstance(context, str):
        return (context,)
    if isinstance(context, list) and all(isinstance(url, str) for url in context):
        return tuple(context)
    raise OutsideSubsetError("an inline context")


class _Converter:
    def __init__(self) -> None:
        self.dataset = Dataset()

    def node(
        self, value: Mapping[str, Any], context: ActiveContext, graph: Graph, *, is_root: bool = False
    ) -> str | int:
        """Add the quads of one node object; returns its name, `<iri>` or a blank node."""
        if not value:
            raise OutsideSubsetError("an empty object")
        if not is_root and "@context" in value:
            context = context.embedded(context_urls(value["@context"]))
        types = _types(value)
        terms = context.terms(types)
        subject = self._subject(value, terms, context)
        for name in types:
            self.dataset.add(subject, RDF_TYPE, context.type_iri(name), graph)
        if graph is None and type(subject) is int:
            self._plain_members(value, terms, subject)
        else:
            self._members(value, terms, subject, graph)
        return subject

    def _subject(
        self, value: Mapping[str, Any], terms: Mapping[str, Term], context: ActiveContext
    ) -> str | int:
        if "id" not in value:
            return self.dataset.new_blank()
        name = value["id"]
        if type(name) is not str or "id" not in terms:
            raise OutsideSubsetError("an id that is not a string")
        return f"<{context.iri(name)}>"

    def _plain_members(self, value: Mapping[str, Any], terms: Mapping[str, Term], subject: int) -> None:
        """`_members` for the commonest node, blank and in the default graph: its literals go straight in."""
        own = self.dataset.own[subject]
        for key, member in value.items():
            term = terms.get(key)
            if term is None:
                _refuse_key(key)
            elif type(member) is str and term.is_plain:
                own.append(f'{term.head}"{_escape(member)}{term.tail} .\n')
            elif term.kind is Kind.PROPERTY:
                self._member(subject, term, member, None)

    def _members(
        self, value: Mapping[str, Any], terms: Mapping[str, Term], subject: str | int, graph: Graph
    ) -> None:
        for key, member in value.items():
            term = terms.get(key)
            if term is None:
                _refuse_key(key)
            elif term.kind is Kind.PROPERTY:
                self._member(subject, term, member, graph)

    def _member(self, subject: str | int, term: Term, member: object, graph: Graph) -> None:
        if term.is_list:
            self.dataset.add(subject, term.head, self._list(term, member, graph), graph)
        elif type(member) is list:
            for item in member:
                self._item(subject, term, item, graph)
        else:
            self._item(subject, term, member, graph)

    def _item(self, subject: str | int, term: Term, item: object, graph: Graph) -> None:
        if term.is_graph:
            self._graph(subject, term, item, graph)
        else:
            self.dataset.add(subject, term.head, self._object(term, item, graph), graph)

    def _graph(self, subject: str | int, term: Term, item: object, graph: Graph) -> None:
        """A value in an @graph container stands in a graph of its own, named by a blank node."""
        if not isinstance(item, dict) or "@graph" in item or "@value" in item or graph is not None:
            raise OutsideSubsetError("a graph of another form")
        name = self.dataset.new_blank()
        self.dataset.add(subject, term.head, name, graph)
        self.node(item, term.nodes(), name)

    def _object(self, term: Term, item: object, graph: Graph) -> str | int:
        kind = type(item)
        if kind is str:
            return _string(term, item)  # type: ignore[arg-type]  # `type(...) is` does not narrow
        if isinstance(item, dict):
            if "@value" in item:
                return _value_object(item)
            return self.node(item, term.nodes(), graph)
        if item is None or kind is list:
            raise OutsideSubsetError("a null, or an array in an array")
        if term.coercion is not Coercion.LITERAL:
            raise OutsideSubsetError("a number where an id is due")
        return _number(item, term.datatype)

    def _list(self, term: Term, member: object, graph: Graph) -> str | int:
        """An @list as rdf:first and rdf:rest; returns its head."""
        items = member if isinstance(member, list) else [member]
        nodes = [self.dataset.new_blank() for _ in items]
        for position, item in enumerate(items):
            if isinstance(item, list):
                raise OutsideSubsetError("a list in a list")
            rest: str | int = nodes[position + 1] if position + 1 < len(nodes) else _NIL
            self.dataset.add(nodes[position], _FIRST, self._object(term, item, graph), graph)
            self.dataset.add(nodes[position], _REST, rest, graph)
        return nodes[0] if nodes else _NIL


def _types(value: Mapping[str, Any]) -> tuple[str, ...]:
    types = value.get("type", ())
    if type(types) is str:
        return (types,)
    if type(types) is list and all(type(name) is str for name in types):
        return tuple(types)
    if types == ():
        return ()
    raise OutsideSubsetError("a type that is not a string")


def _refuse_key(key: str) -> None:
    """Undefined, a keyword, or a term that tables cannot express: the general path says which."""
    if key != "@context":
        raise OutsideSubsetError(f"the member {key!r}")


def _escape(text: str) -> str:
    if _is_broken(text):
        raise UndefinedTermError("a string with half a surrogate pair cannot be signed")
    return escape(text)


def _string(term: Term, text: str) -> str:
    if term.coercion is Coercion.LITERAL:
        return f'"{_escape(text)}{term.tail}'
    if term.coercion is Coercion.IRI:
        return f"<{term.strings().iri(text)}>"
    return f"<{term.strings().vocab_iri(text)}>"


def _value_object(item: Mapping[str, Any]) -> str:
    """A string with a language, or a bare one. Directions and datatypes are for the general path."""
    text, language = item["@value"], item.get("@language")
    if type(text) is not str or not set(item) <= {"@value", "@language"}:
        raise OutsideSubsetError("a value object of another form")
    if "@language" not in item:
        return f'"{_escape(text)}"'
    if type(language) is not str or not _LANGUAGE(language):
        raise OutsideSubsetError("a language tag of another form")
    return f'"{_escape(text)}"@{language.lower()}'


def _number(item: object, datatype: str | None) -> str:
    """JSON-LD 1.1 API, section 8.2.2: the canonical lexical forms of numbers and booleans."""
    if isinstance(item, bool):
        return f'"{"true" if item else "false"}{literal_tail(datatype or XSD + "boolean")}'
    if not isinstance(item, (int, float)) or not math.isfinite(item):
        raise OutsideSubsetError("a value of another kind")
    if datatype == XSD + "double" or abs(item) >= 1e21 or not float(item).is_integer():
        text = _NO_EXPONENT_PADDING.sub(r"\1E\2\3", f"{float(item):1.15E}")
        return f'"{text}{literal_tail(datatype or XSD + "double")}'
    return f'"{int(item)}{literal_tail(datatype or XSD + "integer")}'
