"""What the suites from before Data Integrity share: a `type` of their own, no `cryptosuite`, own contexts.

They sign what eddsa-rdfc-2022 would, the hashes of proof options and document in RDFC-1.0. They are verified,
for what is out there, and never made.
"""

from __future__ import annotations

from typing import ClassVar

from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.hashing_suite import RdfcSuite, listed


class LegacySuite(RdfcSuite):
    """contexts: those that define the terms of its proofs; the first is read where a document names none."""

    contexts: ClassVar[tuple[str, ...]]
    signs = False

    def _is_own(self, options: JsonObject) -> bool:
        return options.get("type") == self.proof_type and "cryptosuite" not in options

    def _configure(self, unsecured: JsonObject, options: JsonObject) -> tuple[JsonObject, JsonObject]:
        config, document = super()._configure(unsecured, options)
        named = listed(config["@context"])
        if not any(url in named for url in self.contexts):
            config = {**config, "@context": [*named, self.contexts[0]]}
        return config, document
