"""Ed25519Signature2020 (Data Integrity EdDSA Cryptosuites 1.0, appendix A): verified, for what is out there.

The same bytes as eddsa-rdfc-2022 would sign, under a `type` of its own and with no `cryptosuite`. Its
terms are in a context of its own, which a document of either data model may name, or leave to the verifier.
"""

from __future__ import annotations

from credserv.encoding import KeyType
from credserv.proof.hashing_suite import RdfcSuite, listed
from credserv.store.records import JsonObject

CONTEXT = "https://w3id.org/security/suites/ed25519-2020/v1"


class Ed25519Signature2020(RdfcSuite):
    identifier = "Ed25519Signature2020"
    proof_type = "Ed25519Signature2020"
    key_types = frozenset({KeyType.ED25519})
    signs = False  # eddsa-rdfc-2022 took its place

    def _is_own(self, options: JsonObject) -> bool:
        return options.get("type") == self.proof_type and "cryptosuite" not in options

    def _configure(self, unsecured: JsonObject, options: JsonObject) -> tuple[JsonObject, JsonObject]:
        config, document = super()._configure(unsecured, options)
        contexts = listed(config["@context"])
        if CONTEXT not in contexts:
            config = {**config, "@context": [*contexts, CONTEXT]}
        return config, document
