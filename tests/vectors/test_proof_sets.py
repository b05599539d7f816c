"""The official vectors of proof sets and chains (W3C vc-di-eddsa), byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.ground.encoding import decode_base58btc
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.keys.signer import Ed25519Signer
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import EXAMPLE_CONTEXTS, contexts_with, verify
from tests.testkit.shared import shared_path

VECTORS = shared_path("vectors/vc-di-eddsa")
SECRET_KEY_PREFIX = bytes.fromhex("8026")


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def secret_key(multibase: str) -> Ed25519PrivateKey:
    data = decode_base58btc(multibase)
    assert data.startswith(SECRET_KEY_PREFIX)
    return Ed25519PrivateKey.from_private_bytes(data[2:])


CANONIZER = Canonizer(contexts_with(EXAMPLE_CONTEXTS))
SUITE = EddsaRdfc2022(CANONIZER)


@pytest.mark.parametrize("step", ["Set1", "Set2", "Chain1", "Chain2"])
def test_proof_sets_and_chains_verify(step: str) -> None:
    """proof-set-chain: each proof is asked for in its signer's name, what it builds on included."""
    document = read(f"proof-set-chain/signedProof{step}.json")
    for proof in document["proof"] if isinstance(document["proof"], list) else [document["proof"]]:
        controller = proof["verificationMethod"].partition("#")[0]
        (verified,) = verify(document, suites={SUITE.identifier: SUITE}, controller=controller)
        assert verified.verification_method == proof["verificationMethod"]


KEYS = read("proof-set-chain/multiKeyPairs.json")


@pytest.mark.parametrize(
    ("config", "signed", "previous"),
    [
        ("proofSetConfig1", "proofSetConfigSigned1", None),
        ("proofSetConfig2", "proofSetConfigSigned2", None),
        ("proofChainConfig1", "proofChainConfigSigned1", "proofChainTempDoc1"),
        ("proofChainConfig2", "proofChainConfigSigned2", "proofChainTempDoc2"),
    ],
)
def test_proof_sets_and_chains_reproduce(config: str, signed: str, previous: str | None) -> None:
    options = read(f"proof-set-chain/{config}.json")
    expected = read(f"proof-set-chain/{signed}.json")
    unsecured = (
        read(f"proof-set-chain/{previous}.json") if previous else read("proof-set-chain/unsigned.json")
    )
    method = options["verificationMethod"].partition("#")[2]
    key = next(pair for pair in KEYS.values() if pair["publicKeyMultibase"] == method)
    signer = Ed25519Signer(secret_key(key["privateKeyMultibase"]))
    proof = SUITE.create_proof(unsecured, options, signer)
    assert proof["proofValue"] == expected["proofValue"]
