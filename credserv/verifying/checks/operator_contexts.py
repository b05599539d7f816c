"""Read documents with contexts that the operator pinned for their issuer, beside the bundled ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import issuer_of, listed
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.rdf.canonize import Canonizer

_MAX_KEPT = 8


class PinnedReading:
    """Suites over the bundled and pinned contexts, cached for the next document that names the same.

    Safe to share between threads.
    """

    def __init__(self, canonizer: Canonizer) -> None:
        self._contexts = canonizer.contexts
        self._kept: dict[str, Mapping[str, CryptoSuite]] = {}

    def find(
        self, document: JsonObject, pinned: Callable[[str, Collection[str]], Mapping[str, JsonObject]]
    ) -> Mapping[str, JsonObject]:
        """Return the contexts the document names that are not bundled and are pinned for its issuer."""
        named = listed(document.get("@context"))
        urls = [url for url in named if isinstance(url, str) and url not in self._contexts.urls]
        issuer = issuer_of(document)
        return pinned(issuer, urls) if urls and issuer else {}

    def suites(self, pinned: Mapping[str, JsonObject]) -> Mapping[str, CryptoSuite]:
        key = json.dumps(pinned, sort_keys=True)
        suites = self._kept.get(key)
        if suites is None:
            suites = build_suites(Canonizer(self._contexts.extended(pinned)))
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[key] = suites
        return suites
