"""Canonicalization that also reads inline contexts, and contexts that give every term a meaning.

Only for conformance suites: their documents bring terms of their own (VC Data Model 2.0, section 4.3, allows
it). Any other document that does so could mean anything (attacks 7 to 9). Nothing else is relaxed: an inline
context is treated as a pinned one, under a name derived from its content, and the same strict reading
follows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts

EXAMPLES_CONTEXT = "https://www.w3.org/ns/credentials/examples/v2"
# What W3C serves there: every term that nothing else defines becomes one of the examples' vocabulary.
_EXAMPLES = {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
_MAX_INLINE = 8
_MAX_DEPTH = 32


class InlineCanonizer(Canonizer):
    """A Canonizer that gives a document with contexts of its own a processor of its own."""

    reads_inline = True

    def __init__(self, contexts: PinnedContexts, *, deadline_seconds: float = 2.0) -> None:
        super().__init__(contexts.extended({EXAMPLES_CONTEXT: _EXAMPLES}), deadline_seconds=deadline_seconds)
        self._deadline_seconds = deadline_seconds

    def require_contexts(self, document: JsonObject) -> None:
        """Do nothing: here an inline context may define anything."""

    def canonize_utf8(self, document: JsonObject, *, hash_name: str = "sha256") -> bytes:
        inline: dict[str, JsonObject] = {}
        named = _name_contexts(document, inline, 0)
        if not inline or len(inline) > _MAX_INLINE:
            return super().canonize_utf8(document, hash_name=hash_name)
        own = Canonizer(self.contexts.extended(inline), deadline_seconds=self._deadline_seconds)
        return own.canonize_utf8(named, hash_name=hash_name)


def _name_contexts(value: Any, inline: dict[str, JsonObject], depth: int) -> Any:
    """Replace each inline context with a URN and collect them in `inline`."""
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [_name_contexts(item, inline, depth + 1) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _name_context(member, inline)
        if name == "@context"
        else _name_contexts(member, inline, depth + 1)
        for name, member in value.items()
    }


def _name_context(context: Any, inline: dict[str, JsonObject]) -> Any:
    if isinstance(context, list):
        return [_name_context(item, inline) for item in context]
    if not isinstance(context, Mapping):
        return context
    if context.keys() == {"@context"} and isinstance(context["@context"], Mapping):
        context = context["@context"]  # as processors read a pasted context document
    content = json.dumps(context, sort_keys=True).encode()
    urn = f"urn:inline-context:{hashlib.sha256(content).hexdigest()}"
    inline[urn] = {"@context": context}
    return urn
