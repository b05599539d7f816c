"""Read the terms a document defines itself, only where nothing can hide behind them.

JSON-LD lets a document define names of its own (VC Data Model 2.0, section 4.3). Its signature covers the
IRIs and not the names, so whoever chooses the names could say something else under the same signature
(attacks 7 to 9). A document's own term is therefore a plain name for a plain IRI, and

- the IRI ends in the name, so that nobody can rename it;
- neither is in any pinned context, or one has just this name for just this IRI: nothing known here has a
  second name, and no known name a second meaning;
- the document uses it. A term added to a signed document would add a statement that was not signed; one
  without a statement is refused here (attack 8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from credserv.ground.errors import UnknownContextError
from credserv.ground.json_types import JsonObject

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
# A name for an IRI that ends in one of `:/?#[]@` would abbreviate others (JSON-LD 1.1, section 9.15.1).
_IRI = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,500}(?<![:/?#@])", re.ASCII)


class KnownTerms:
    """Every name and every IRI anywhere in the pinned contexts."""

    def __init__(self, documents: Iterable[JsonObject]) -> None:
        self._names: set[str] = set()
        self._names_of: dict[str, set[str]] = {}
        self._plain: set[tuple[str, str]] = set()
        for document in documents:
            definitions = list(definitions_in(document))
            prefixes = {name: value for name, value in definitions if isinstance(value, str)}
            for name, value in definitions:
                self._know(name, value, prefixes)

    def is_free(self, name: str, definition: object) -> bool:
        """Return whether a document may define `name` with this meaning."""
        iri = _plain_iri(definition)
        if iri is None or not _NAME.fullmatch(name) or not _IRI.fullmatch(iri):
            return False
        if not iri.endswith((f"/{name}", f"#{name}")):
            return False
        if name not in self._names and iri not in self._names_of:
            return True
        return (name, iri) in self._plain and self._names_of[iri] == {name}

    def _know(self, name: str, value: object, prefixes: Mapping[str, str]) -> None:
        self._names.add(name)
        written = value.get("@id") if isinstance(value, Mapping) else value
        if not isinstance(written, str):
            return
        prefix, _, rest = written.partition(":")
        iri = f"{prefixes[prefix]}{rest}" if prefix in prefixes and not rest.startswith("//") else written
        self._names_of.setdefault(iri, set()).add(name)
        if _plain_iri(value) is not None:
            self._plain.add((name, iri))


def require_used(document: JsonObject, own: Mapping[str, str]) -> None:
    """Require that the document uses the terms it defines.

    Raises UnknownContextError naming one that it does not use.
    """
    used = set(_words(document))
    unused = next((name for name in own if name not in used), None)
    if unused is not None:
        raise UnknownContextError(f"an inline context defines {unused!r}, which the document does not use")


def _plain_iri(definition: object) -> str | None:
    if isinstance(definition, Mapping) and definition.keys() == {"@id"}:
        definition = definition["@id"]
    return definition if isinstance(definition, str) else None


def definitions_in(value: Any) -> Iterator[tuple[str, object]]:
    """Yield the terms of a context and of all contexts inside it."""
    if isinstance(value, list):
        for item in value:
            yield from definitions_in(item)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if not name.startswith("@"):
                yield name, member
            yield from definitions_in(member)


def _words(value: Any) -> Iterator[str]:
    """Yield the names of all members and the values of types."""
    if isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if name == "@context":
                continue
            yield name
            if name in ("type", "@type"):
                yield from (
                    kind
                    for kind in (member if isinstance(member, list) else [member])
                    if isinstance(kind, str)
                )
            else:
                yield from _words(member)
