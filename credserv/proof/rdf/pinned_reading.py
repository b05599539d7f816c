"""Compare inline contexts with the pinned ones, then drop them, so that none gives a term its meaning.

A document that defines the terms of its proof inline, as JSON-LD allows, is read as if it named the pinned
context that has them. So that all readers understand it alike, each term must be defined exactly as there:

- A term that a pinned context defines otherwise is a redefinition, which misleads anyone who reads it inline
  (attacks 7 to 9; VC Data Integrity 1.0, section 4.6, on validating contexts).
- A term that no context in use defines is read only where nothing known could hide behind it (`own_terms`).
  Otherwise the document is not read, as for any unknown context.

The contexts in use are those that the document names and those of the proof suites.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.ground.errors import RedefinedTermError, UnknownContextError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.own_terms import KnownTerms
from credserv.proof.rdf.scoped_contexts import ActiveContext, ScopedContexts
from credserv.proof.rdf.strict_jsonld import context_urls

SUITE_CONTEXTS = (
    "https://w3id.org/security/suites/jws-2020/v1",
    "https://w3id.org/security/suites/ed25519-2018/v1",
    "https://w3id.org/security/suites/ed25519-2020/v1",
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/security/data-integrity/v1",
    "https://w3id.org/security/multikey/v1",
)
_MAX_INLINE = 8
_MAX_TERMS = 200
_MAX_DEPTH = 4
_MEMBERS = frozenset({"@id", "@type", "@container", "@context", "@protected"})


def has_inline(document: JsonObject) -> bool:
    context = document.get("@context")
    return type(context) is dict or (type(context) is list and dict in map(type, context))


def read_as_pinned(
    document: JsonObject, contexts: ScopedContexts, known: KnownTerms
) -> tuple[JsonObject, dict[str, str]]:
    """Return the document with pinned contexts in place of inline ones, and the IRIs of its own terms.

    Raises RedefinedTermError, which names the term, and UnknownContextError for what cannot be compared.
    """
    context = document["@context"]
    items = context if isinstance(context, list) else [context]
    inline = [item for item in items if isinstance(item, Mapping)]
    named = [item for item in items if isinstance(item, str)]
    if not named or len(inline) > _MAX_INLINE or len(inline) + len(named) != len(items):
        raise UnknownContextError("contexts given inline stand beside the URL of a known one")
    comparison = _Comparison(contexts, context_urls(named, "/@context"), known)
    for item in inline:
        comparison.compare(item)
    return {**document, "@context": comparison.urls}, comparison.own


class _Comparison:
    """A comparison under way.

    Attributes:
        urls: the contexts to read the document in: those it names, and those whose terms it defines inline.
        own: the terms that only the document has, and their IRIs.
    """

    def __init__(self, contexts: ScopedContexts, named: tuple[str, ...], known: KnownTerms) -> None:
        self.urls = list(named)
        self.own: dict[str, str] = {}
        self._contexts = contexts
        self._known = known
        self._root = contexts.root(named)
        self._terms = 0

    def compare(self, inline: Mapping[str, Any]) -> None:
        if inline.keys() == {"@context"}:
            inline = inline["@context"]  # as in a context document; JSON-LD 1.1, section 3.1, reads both
        prefixes = _prefixes(inline)
        for term, definition in _definitions(inline).items():
            if self._root.definition(term) is not None:
                self._compare(term, definition, self._root, prefixes, 0)
            else:
                self._compare_with_suites(term, definition, prefixes)

    def _compare_with_suites(self, term: str, inline: Any, prefixes: Mapping[str, str]) -> None:
        """Find the suite's context that defines the term this way; several may have the term."""
        found: RedefinedTermError | None = None
        for url in SUITE_CONTEXTS:
            alone = self._contexts.root((url,))
            if alone.definition(term) is None:
                continue
            try:
                self._compare(term, inline, alone, prefixes, 0)
            except RedefinedTermError as error:
                found = found or error
            else:
                self.urls += [url] if url not in self.urls else []
                return
        if found is None and self._known.is_free(term, inline):
            self._count()
            self.own[term] = inline if isinstance(inline, str) else inline["@id"]
            return
        raise found or _unknown(term)

    def _compare(
        self, term: str, inline: Any, context: ActiveContext, prefixes: Mapping[str, str], depth: int
    ) -> None:
        """Compare one term. Inline terms of a scope that the pinned one lacks are ignored: a document
        using them is refused."""
        self._count()
        pinned = context.definition(term) or {}
        given = {"@id": inline} if isinstance(inline, str) else inline
        if not isinstance(given, Mapping) or given.keys() - _MEMBERS or depth > _MAX_DEPTH:
            raise _unknown(term)
        if pinned.get("reverse") or not all(
            isinstance(given.get(name, ""), str) for name in ("@id", "@type")
        ):
            raise _unknown(term)
        known = (pinned["@id"], pinned.get("@type"), _containers(pinned))
        if _meaning(given, context, prefixes) != known:
            raise RedefinedTermError(
                f"an inline context gives the term {term[:80]!r} another meaning than the known one"
            )
        if "@context" in given:
            self._compare_scope(term, given["@context"], context, prefixes, depth)

    def _compare_scope(
        self, term: str, scope: Any, context: ActiveContext, prefixes: Mapping[str, str], depth: int
    ) -> None:
        definitions, known = _definitions(scope), (context.definition(term) or {}).get("@context")
        if not isinstance(known, Mapping):
            raise _unknown(term)
        below, prefixes = context.below(term), {**prefixes, **_prefixes(scope)}
        for name in definitions.keys() & known.keys():
            self._compare(name, definitions[name], below, prefixes, depth + 1)

    def _count(self) -> None:
        self._terms += 1
        if self._terms > _MAX_TERMS:
            raise UnknownContextError(f"more than {_MAX_TERMS} terms are defined inline")


def _definitions(context: Any) -> Mapping[str, Any]:
    """Return the terms of a context, which may have only the two keywords that give no term a meaning."""
    if not isinstance(context, Mapping):
        raise UnknownContextError("a context inside an inline one is an object, too")
    terms = {name: found for name, found in context.items() if name not in ("@protected", "@version")}
    keyword = next((name for name in terms if name.startswith("@")), None)
    if keyword is not None:
        raise UnknownContextError(f"{keyword[:40]} in a context given inline is not read")
    return terms


def _prefixes(context: Any) -> dict[str, str]:
    """Return the prefixes: plain terms whose IRI ends in a delimiter (JSON-LD 1.1, section 4.4)."""
    items = context.items() if isinstance(context, Mapping) else ()
    return {name: iri for name, iri in items if isinstance(iri, str) and iri.endswith(("#", "/"))}


def _meaning(
    definition: Mapping[str, Any], context: ActiveContext, prefixes: Mapping[str, str]
) -> tuple[object, object, frozenset[str]]:
    iri, datatype = (_expanded(definition.get(name), context, prefixes) for name in ("@id", "@type"))
    return iri, datatype, _containers(definition)


def _expanded(value: object, context: ActiveContext, prefixes: Mapping[str, str]) -> object:
    prefix, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or rest.startswith("//"):
        return value
    known = context.definition(prefix)
    base = prefixes.get(prefix) or (known or {}).get("@id")
    return value if base is None else f"{base}{rest}"


def _containers(definition: Mapping[str, Any]) -> frozenset[str]:
    value = definition.get("@container") or ()
    return frozenset([value] if isinstance(value, str) else map(str, value))


def _unknown(term: str) -> UnknownContextError:
    return UnknownContextError(
        f"an inline context defines {term[:80]!r} in a way that no context known here does"
    )
