"""What the suites before Data Integrity share: their own `type` and contexts, and no `cryptosuite`.

They sign what eddsa-rdfc-2022 would: the hashes of proof options and document in RDFC-1.0. Existing proofs
are verified; none is created.
"""

from __future__ import annotations

from typing import ClassVar

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.proof.data_integrity.hashing_suite import RdfcSuite


class LegacySuite(RdfcSuite):
    """A suite from before Data Integrity.

    Attributes:
        contexts: those that define the terms of its proofs; the first is used where a document names none.
    """

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
