"""The official vectors of the suites over two hashes (W3C vc-di-eddsa, vc-di-ecdsa), byte for byte.

ECDSA signatures are so too: the vectors were made with the deterministic nonces of RFC 6979, as ours are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import KeyType, decode_base58btc, decode_multikey
from credserv.ground.errors import InvalidSignatureError
from credserv.proof.data_integrity.hashing_suite import HASH_NAMES, HashingSuite
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.signer import EcdsaSigner, Ed25519Signer, Signer
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import EXAMPLE_CONTEXTS, contexts_with, replaced, verify
from tests.testkit.shared import shared_path

VECTORS = shared_path("vectors/vc-di-eddsa").parent
SECRETS = {"8026": KeyType.ED25519, "8626": KeyType.P256, "8726": KeyType.P384}
CANONIZER = Canonizer(contexts_with(EXAMPLE_CONTEXTS))
SUITES = build_suites(CANONIZER)


@dataclass(frozen=True)
class Vector:
    suite: str
    folder: str
    suffix: str
    keys: str
    unsigned: str = "unsigned.json"

    def __str__(self) -> str:
        return self.folder

    def text(self, name: str) -> str:
        return (VECTORS / self.folder / f"{name}{self.suffix}.txt").read_text()

    def json(self, name: str) -> Any:
        return json.loads((VECTORS / self.folder / f"{name}{self.suffix}.json").read_text())

    def above(self, name: str) -> Any:
        return json.loads((VECTORS / self.folder.partition("/")[0] / name).read_text())

    @property
    def document(self) -> Any:
        return self.above(self.unsigned)

    @property
    def signer(self) -> Signer:
        pair = self.above(self.keys)
        data = decode_base58btc(pair.get("privateKeyMultibase") or pair["secretKeyMultibase"])
        key_type, secret = SECRETS[data[:2].hex()], data[2:]
        if key_type is KeyType.ED25519:
            return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(secret))
        return EcdsaSigner(ec.derive_private_key(int.from_bytes(secret, "big"), CURVES[key_type]))

    @property
    def hash_name(self) -> str:
        return HASH_NAMES[self.signer.key_type]

    def canonize(self, document: Any) -> str:
        if "jcs" in self.suite:
            return canonize_json(document).decode()
        return CANONIZER.canonize(document, hash_name=self.hash_name)


ED, P256, P384 = "keyPair.json", "p256KeyPair.json", "p384KeyPair.json"
EMPLOY = "employmentAuth.json"
ALL = [
    Vector("eddsa-rdfc-2022", "vc-di-eddsa/eddsa-rdfc-2022", "DataInt", ED),
    Vector("eddsa-rdfc-2022", "vc-di-eddsa/eddsa-rdfc-2022/employ", "DataInt", ED, EMPLOY),
    Vector("eddsa-jcs-2022", "vc-di-eddsa/eddsa-jcs-2022", "JCS", ED),
    Vector("ecdsa-rdfc-2019", "vc-di-ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", P256),
    Vector("ecdsa-rdfc-2019", "vc-di-ecdsa/ecdsa-rdfc-2019-p256/employ", "ECDSAP256", P256, EMPLOY),
    Vector("ecdsa-rdfc-2019", "vc-di-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", P384),
    Vector("ecdsa-rdfc-2019", "vc-di-ecdsa/ecdsa-rdfc-2019-p384/employ", "ECDSAP384", P384, EMPLOY),
    Vector("ecdsa-jcs-2019", "vc-di-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", P256),
    Vector("ecdsa-jcs-2019", "vc-di-ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", P384),
]


@pytest.mark.parametrize("vector", ALL, ids=str)
class TestVector:
    def test_canonical_forms(self, vector: Vector) -> None:
        assert vector.canonize(vector.document) == vector.text("canonDoc")
        assert vector.canonize(vector.json("proofConfig")) == vector.text("proofCanon")

    def test_hashes(self, vector: Vector) -> None:
        suite = SUITES[vector.suite]
        assert isinstance(suite, HashingSuite)
        data = suite.hash_data(vector.document, vector.json("proofConfig"), vector.signer.key_type).hex()
        assert data == vector.text("proofHash") + vector.text("docHash") == vector.text("combinedHash")

    def test_proof_value_and_signed_document(self, vector: Vector) -> None:
        assert vector.signer.public_key_multibase == vector.above(vector.keys)["publicKeyMultibase"]
        options = vector.json("proofConfig")
        proof = SUITES[vector.suite].create_proof(vector.document, options, vector.signer)
        assert proof["proofValue"] == vector.text("sigBTC58")
        assert decode_base58btc(proof["proofValue"]).hex() == vector.text("sigHex")
        assert {**vector.document, "proof": proof} == vector.json("signed")

    def test_verifies_and_no_altered_copy_does(self, vector: Vector) -> None:
        signed = vector.json("signed")
        controller = signed["proof"]["verificationMethod"].partition("#")[0]
        (proof,) = verify(signed, suites=SUITES, controller=controller)
        assert (proof.cryptosuite, proof.controller) == (vector.suite, controller)
        assert decode_multikey(controller.removeprefix("did:key:"))[0] is vector.signer.key_type
        for path, value in [(("name",), "Other"), (("proof", "created"), "2023-02-24T23:36:39Z")]:
            with pytest.raises(InvalidSignatureError):
                verify(replaced(signed, path, value), suites=SUITES, controller=controller)
