"""Canonicalization by what the address of a context served before its publisher changed it.

Open Badges 3.0 had another vocabulary until November 2022, under the address that it kept, and diplomas were
signed with it. Both texts define the same names of members for what is read here, so a document says the
same by either; only its quads differ, and with them its signature.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.canonize import Canonizer


class FormerCanonizer(Canonizer):
    """A Canonizer over former contexts.

    It always takes the general path: the fast one knows the subject of a badge by its present IRI, and would
    miss a second one (attack 12).
    """

    def canonize_utf8(self, document: JsonObject, *, hash_name: str = "sha256") -> bytes:
        canonical = self.convert_generally(document).canonical_utf8(hash_name)
        if not canonical:
            raise InputError("the document says nothing that a signature could cover")
        return canonical


def names_any(value: object, urls: Collection[str]) -> bool:
    """Return whether a document names one of the contexts, at any depth. It was canonicalized before, so its
    depth is bounded."""
    if isinstance(value, list):
        return any(names_any(item, urls) for item in value)
    if not isinstance(value, Mapping):
        return False
    named = value.get("@context", ())
    named = named if isinstance(named, list) else [named]
    return any(isinstance(url, str) and url in urls for url in named) or any(
        names_any(member, urls) for member in value.values() if not isinstance(member, str)
    )
