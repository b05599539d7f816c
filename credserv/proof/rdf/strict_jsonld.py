"""Check that the quads of a JSON-LD document say all that its JSON says.

A JSON-LD processor drops what it cannot place, and writes different spellings of one thing alike. Either
would allow a document to be changed under a good signature, so each is refused here, with its place and name:

- members and types that no pinned context defines, keywords and what looks like one, `_:` names, nulls;
- contexts other than pinned URLs, at the top or in a complete embedded credential;
- ids and references that are relative, abbreviated, blank, or would vanish in a graph of their own;
- a second spelling of a defined term, datatype, number or duplicate that quads would not show.

Two properties of JSON-LD remain: arrays are sets unless a context says @list, and objects with the same id
are one node. So a second object may have the id of the whole document or of its subject (as the subject of an
endorsement inside does), but not its type. Otherwise the end and the status of a credential, its results, or
the contents of a record could be moved there, out of every reader's sight.

Source: VC Data Integrity 1.0, sections 2.4.1 and 4.6 (validating contexts); JSON-LD 1.1 API, section 5.1.2;
attacks 1 to 9 and 12.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import rfc8785

from credserv.ground.errors import (
    Fault,
    InputError,
    TooComplexError,
    UndefinedTermError,
    UnfaithfulValueError,
    UnknownContextError,
    UnsignableAddressError,
)
from credserv.proof.rdf.nquads import is_iri, is_loose_iri
from credserv.proof.rdf.scoped_contexts import ActiveContext, Definition, ScopedContexts
from credserv.proof.rdf.terms import BOOLEANS, NUMBERS

BASE_CONTEXTS = frozenset({"https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"})
DECISIVE_IRIS = {
    "VerifiableCredential": "https://www.w3.org/2018/credentials#VerifiableCredential",
    "VerifiablePresentation": "https://www.w3.org/2018/credentials#VerifiablePresentation",
    "AchievementSubject": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#AchievementSubject",
    "ClrSubject": "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrSubject",
}
DECISIVE_TYPES = frozenset(DECISIVE_IRIS)
_COMPLETE = ("VerifiableCredential", "VerifiablePresentation", "EnvelopedVerifiableCredential")
MAX_CONTEXTS = 8
MAX_DEPTH = 48
MAX_NODES = 20_000
MAX_EXACT_INTEGER = 2**53 - 1  # beyond it, JSON readers differ (RFC 8259, section 6)
is_language_tag = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII).fullmatch
is_half_pair = re.compile("[\ud800-\udfff]").search
_KEYWORDS = {"@id": "id", "@type": "type"}
_UNSUPPORTED_CONTAINERS = frozenset({"@language", "@index", "@id", "@type"})


class StrictDocument:
    """One walk over one document.

    Attributes:
        json_literals: the canonical texts of its @json members.
        nodes: how many objects it has.
    """

    def __init__(self, contexts: ScopedContexts) -> None:
        self.json_literals: set[str] = set()
        self.nodes = 0
        self._contexts = contexts
        self._decisive: list[tuple[str, str, frozenset[str]]] = []
        self._in_other_graph = 0

    def check(self, document: Mapping[str, Any]) -> None:
        """Check a document. Raises UnknownContextError, UndefinedTermError, TooComplexError, or InputError
        otherwise."""
        urls = context_urls(document.get("@context"), "/@context")
        root = self._contexts.root(urls)
        types = _types(document, "")
        self._decisive = decisive_nodes(document)
        self._members(document, root, root.of_types(types), "", 0)

    def _node(
        self, value: Mapping[str, Any], outer: ActiveContext, term: str, place: str, depth: int
    ) -> None:
        context = outer.node(term, is_reference=set(value) == {"id"})
        if "@context" in value:
            context = context.embedded(embedded_urls(value, place))
        self._members(value, context, context.of_types(_types(value, place)), place, depth)

    def _members(
        self, value: Mapping[str, Any], outer: ActiveContext, context: ActiveContext, place: str, depth: int
    ) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise TooComplexError("the document has too many objects, or too deep ones")
        if self._is_decisive_again(value, place):
            what = "says more of the whole document, or of its subject, where nobody reads it"
            raise _fault(UndefinedTermError, place, what)
        for key, member in value.items():
            if key == "@context":
                continue
            here = f"{place}/{_pointer(key)}"
            definition = _definition(context, key, here)
            if member is None and definition["@id"] != "@id" and definition.get("@type") != "@json":
                continue  # as absent (JSON-LD 1.1 API, section 5.1.2), here and to whoever reads the document
            if definition["@id"] == "@id":
                _require_iri(context, member, here)
            elif definition["@id"] == "@type":
                _require_types(value, outer, here)
            elif definition.get("@type") == "@json":
                self._json(member, here)
            else:
                self._property(context, key, definition, member, here, depth + 1)

    def _is_decisive_again(self, value: Mapping[str, Any], place: str) -> bool:
        """Return whether a node repeats one that decides; a record may hold credentials about its own
        subject."""
        if self._in_other_graph:
            return False
        return any(
            value.get("id") == name
            and place != own
            and not (own and place.startswith(f"{own}/verifiableCredential/"))
            and not kinds.isdisjoint(_types(value, place))
            for own, name, kinds in self._decisive
        )

    def _json(self, member: Any, place: str) -> None:
        try:
            self.json_literals.add(rfc8785.dumps(member).decode())
        except (rfc8785.CanonicalizationError, ValueError) as error:
            raise _fault(InputError, place, f"no canonical form as JSON: {error}") from error

    def _property(
        self, context: ActiveContext, key: str, definition: Definition, member: Any, place: str, depth: int
    ) -> None:
        containers = definition.get("@container") or ()
        if not isinstance(member, list):
            self._value(context, key, definition, member, place, depth)
            return
        seen: set[tuple[Any, ...]] = set()
        for position, item in enumerate(member):
            here = f"{place}/{position}"
            self._value(context, key, definition, item, here, depth)
            identity = _identity(item)
            if identity in seen and "@list" not in containers:
                raise _fault(
                    UnfaithfulValueError, here, "the same value twice: a signature would cover it once"
                )
            if identity is not None:
                seen.add(identity)

    def _value(
        self, context: ActiveContext, key: str, definition: Definition, item: Any, place: str, depth: int
    ) -> None:
        in_graph = "@graph" in (definition.get("@container") or ())
        if isinstance(item, dict):
            if "@value" in item and not in_graph:
                _require_language_string(item, place)
            elif in_graph and not set(item) - {"id", "@context"}:
                raise _fault(UndefinedTermError, place, "a mere reference here would be lost in signing")
            else:
                self._in_other_graph += in_graph
                self._node(item, context, key, place, depth)
                self._in_other_graph -= in_graph
        elif item is None or isinstance(item, list):
            raise _fault(UndefinedTermError, place, "a null, or an array in an array, is lost in signing")
        elif in_graph:
            raise _fault(UndefinedTermError, place, "a mere reference here would be lost in signing")
        else:
            _require_scalar(context.below(key), key, item, place)


def decisive_nodes(document: Mapping[str, Any]) -> list[tuple[str, str, frozenset[str]]]:
    """Return place, id and types of what decides: the document and its subjects, where they have an id."""
    subjects = document.get("credentialSubject")
    nodes: list[tuple[str, Any]] = [("", document)]
    if isinstance(subjects, list):
        nodes += [(f"/credentialSubject/{number}", item) for number, item in enumerate(subjects)]
    else:
        nodes.append(("/credentialSubject", subjects))
    return [
        (place, node["id"], DECISIVE_TYPES.intersection(_types(node, place)))
        for place, node in nodes
        if isinstance(node, dict) and isinstance(node.get("id"), str)
    ]


def context_urls(context: object, place: str) -> tuple[str, ...]:
    """Return the @context of a document as URLs. Raises UnknownContextError."""
    urls = [context] if isinstance(context, str) else context
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise _fault(UnknownContextError, place, "a context is the URL of a known one, never given inline")
    if len(urls) > MAX_CONTEXTS:  # some issuers name one twice, which changes nothing
        raise _fault(UnknownContextError, place, f"at most {MAX_CONTEXTS} contexts are read")
    if set(urls) >= BASE_CONTEXTS:
        raise _fault(UnknownContextError, place, "data models 1.1 and 2.0 are mixed")
    return tuple(urls)


def embedded_urls(value: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """Return an @context below the top: only a complete credential or presentation has one."""
    urls = context_urls(value["@context"], f"{place}/@context")
    types = value.get("type")
    types = [types] if isinstance(types, str) else types
    complete = isinstance(types, list) and any(name in types for name in _COMPLETE)
    if not complete or urls[0] not in BASE_CONTEXTS:
        place = f"{place}/@context"
        raise _fault(UnknownContextError, place, "only an embedded credential has contexts of its own")
    return urls


def _definition(context: ActiveContext, key: str, place: str) -> Definition:
    """Return the definition by which `key` is signed. Raises UndefinedTermError."""
    definition = context.definition(key)
    if definition is None and context.vocabulary and not key.startswith("@") and ":" not in key:
        definition = {"@id": context.vocabulary + key}
    iri = definition["@id"] if definition else None
    if definition is None or iri is None:
        raise _fault(UndefinedTermError, place, _undefined("term", key))
    lost = _UNSUPPORTED_CONTAINERS & set(definition.get("@container") or ()) or definition.get("reverse")
    if iri in _KEYWORDS and key != _KEYWORDS[iri]:
        raise _fault(UndefinedTermError, place, f"{key!r} says {_KEYWORDS[iri]} under another name")
    if lost or "@nest" in definition or not (iri in ("@id", "@type") or is_iri(iri)):
        raise _fault(UndefinedTermError, place, f"the term {key!r} is of a kind that is not signed in full")
    return definition


def _types(value: Mapping[str, Any], place: str) -> tuple[str, ...]:
    types = value.get("type", [])
    listed = [types] if isinstance(types, str) else types
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise _fault(UndefinedTermError, f"{place}/type", "a type is a string, or a list of strings")
    return tuple(listed)


def _require_types(value: Mapping[str, Any], context: ActiveContext, place: str) -> None:
    names = _types(value, place)
    if not names:
        raise _fault(InputError, place, "an empty list of types")
    if len(set(names)) != len(names):
        raise _fault(UnfaithfulValueError, place, "the same type twice: a signature would cover it once")
    for name in names:
        _require_vocabulary(context, name, place, what="type")


def _require_vocabulary(context: ActiveContext, value: str, place: str, *, what: str) -> None:
    """Require a type or @vocab value to be a defined term, or an IRI that no term stands for."""
    definition = context.definition(value)
    if definition is not None:
        if not is_iri(definition["@id"] or ""):
            raise _fault(UndefinedTermError, place, f"{value[:120]!r} cannot be used as a {what}")
        return
    if context.vocabulary and ":" not in value and not value.startswith("@"):
        return
    if not is_iri(value) or value in context.raw["mappings"]:
        raise _fault(UndefinedTermError, place, _undefined(what, value))
    if value in context.iris:
        raise _fault(UndefinedTermError, place, f"the {what} {value[:120]!r} must be written as its term")
    _require_iri(context, value, place)


def _require_iri(context: ActiveContext, value: Any, place: str) -> None:
    """Require an id or reference that is absolute and written out."""
    if not isinstance(value, str) or not is_iri(value):
        loose = isinstance(value, str) and is_loose_iri(value)
        kind = UnsignableAddressError if loose else UndefinedTermError
        raise _fault(kind, place, f"not an absolute IRI: {str(value)[:120]!r}")
    prefix, _, rest = value.partition(":")
    if prefix in context.prefixes and not rest.startswith("//"):
        raise _fault(UndefinedTermError, place, f"an abbreviated IRI: {value[:120]!r}; spell it out")


def _require_scalar(context: ActiveContext, key: str, item: Any, place: str) -> None:
    definition = context.definition(key) or {}
    coerced = definition.get("@type")
    if isinstance(item, str) and is_half_pair(item):
        raise _fault(InputError, place, "half of a surrogate pair is no text")
    if coerced == "@id":
        _require_iri(context, item, place)
    elif coerced == "@vocab" and isinstance(item, str):
        _require_vocabulary(context, item, place, what="value")
    elif not _is_faithful(item, coerced):
        raise _fault(UnfaithfulValueError, place, "signed as if it were of another JSON type, or not exactly")


def _is_faithful(item: Any, datatype: str | None) -> bool:
    """Return whether the literal of `item` stands for this JSON value alone."""
    if isinstance(item, bool):
        return datatype in (None, "@none") or datatype in BOOLEANS
    if isinstance(item, str):
        return datatype not in NUMBERS and datatype not in BOOLEANS
    if not isinstance(item, (int, float)) or not (datatype in (None, "@none") or datatype in NUMBERS):
        return False
    if not abs(item) <= MAX_EXACT_INTEGER:  # which NaN is not either
        return False
    return float(f"{item:.15E}") == item  # only 16 digits are signed


def _require_language_string(item: Mapping[str, Any], place: str) -> None:
    """Require a language string (VCDM 2.0, section 11.1). A direction is signed in the datatype.

    A bare value has a simpler spelling, so it is refused.
    """
    text, language, members = item.get("@value"), item.get("@language"), set(item) - {"@direction"}
    if members != {"@value", "@language"} or not isinstance(text, str) or is_half_pair(text):
        raise _fault(UndefinedTermError, place, "a value object other than a string with its language")
    if not isinstance(language, str) or not is_language_tag(language):
        raise _fault(UndefinedTermError, f"{place}/@language", f"not a language tag: {str(language)[:40]!r}")
    if item.get("@direction", "ltr") not in ("ltr", "rtl"):
        raise _fault(UndefinedTermError, f"{place}/@direction", "not a direction: it is ltr or rtl")


def _identity(item: Any) -> tuple[Any, ...] | None:
    """Return what makes two elements of an array one in RDF; None for an element without identity."""
    if not isinstance(item, dict):
        kind = "id" if isinstance(item, str) else "boolean" if isinstance(item, bool) else "number"
        return (kind, item)
    if "@value" in item:
        return ("text", item["@value"], str(item.get("@language")).lower(), item.get("@direction"))
    return ("id", item["id"]) if isinstance(item.get("id"), str) else None


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _undefined(what: str, name: str) -> str:
    return f"the {what} {name[:120]!r} is defined by none of the document's contexts"


def _fault(kind: type[InputError], place: str, message: str) -> InputError:
    return kind(f"{message} (at {place or 'the top'})", faults=[Fault(place, message)])
