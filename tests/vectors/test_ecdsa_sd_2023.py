"""The official vectors of ecdsa-sd-2023's derived proofs (W3C vc-di-ecdsa), step by step, and spruceid's."""

from __future__ import annotations

import hmac
import json
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import decode_multikey, encode_base58btc, encode_base64url
from credserv.ground.errors import BaseProofError, InvalidSignatureError
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023, parse_derived_proof, relabel
from credserv.proof.data_integrity.ecdsa_sd_2023_base import Material, parse_base_proof, sign_base
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.signer import EcdsaSigner
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import EXAMPLE_CONTEXTS, contexts_with, replaced, verify
from tests.testkit.shared import shared_path

FOLDER = shared_path("vectors/vc-di-ecdsa/ecdsa-sd-2023")
SAMPLES = shared_path("samples/spruce")
CANONIZER = Canonizer(contexts_with(EXAMPLE_CONTEXTS))
SUITES = build_suites(CANONIZER)
SUITE = EcdsaSd2023(CANONIZER)
CASES = ["employ", "prc"]
SELECTIVE = {"employ": "employSelective.json", "prc": "prCredSelective.json"}


def read(case: str, name: str) -> Any:
    return json.loads((FOLDER / case / f"{name}.json").read_text())


def controller(document: dict[str, Any]) -> str:
    did: str = document["proof"]["verificationMethod"].partition("#")[0]
    return did


@pytest.mark.parametrize("case", CASES)
class TestVector:
    def test_canonical_forms_and_labels(self, case: str) -> None:
        """prCredUnsigned.json has another description than all that was made from it, so it is not used."""
        unsigned = {name: value for name, value in read(case, "addSignedSDBase").items() if name != "proof"}
        canonical = CANONIZER.canonize(unsigned)
        assert canonical == "".join(read(case, "addBaseDocCanon"))
        config = CANONIZER.canonize(read(case, "addProofConfig"))
        assert config == (FOLDER / case / "addProofConfigCanon.txt").read_text()
        key = bytes.fromhex(json.loads((FOLDER / "SDKeyMaterial.json").read_text())["hmacKeyString"])
        names = sorted({word[2:] for word in canonical.split() if word.startswith("_:")})
        labels = {name: "u" + encode_base64url(hmac.digest(key, name.encode(), "sha256")) for name in names}
        assert relabel(canonical, labels) == read(case, "addBaseDocHMACCanon")

    def test_proof_value(self, case: str) -> None:
        derived = parse_derived_proof(read(case, "derivedRevealDocument")["proof"]["proofValue"])
        expected = read(case, "verifyDerivedProofValue")
        assert derived.base_signature.hex() == expected["baseSignature"]
        assert encode_base58btc(derived.public_key) == expected["publicKey"]
        assert [signature.hex() for signature in derived.signatures] == expected["signatures"]
        assert derived.labels == dict(expected["labelMap"])
        assert derived.mandatory == set(expected["mandatoryIndexes"])

    def test_statements(self, case: str) -> None:
        document = read(case, "derivedRevealDocument")
        derived = parse_derived_proof(document.pop("proof")["proofValue"])
        assert relabel(CANONIZER.canonize(document), derived.labels) == read(case, "verifyNQuads")
        shown, always = SUITE.split_statements(document, derived)
        assert shown == read(case, "verifyCreateVerifyData")["nonMandatory"]
        assert len(shown) + len(always) == len(read(case, "verifyNQuads"))

    def test_verifies_and_no_altered_copy_does(self, case: str) -> None:
        document = read(case, "derivedRevealDocument")
        (proof,) = verify(document, suites=SUITES, controller=controller(document))
        assert proof.cryptosuite == "ecdsa-sd-2023"
        changes: list[tuple[tuple[str | int, ...], Any]] = [
            (("validUntil",), "2030-12-03T00:00:00Z"),  # shown by choice
            (("credentialSubject", "birthCountry"), "Elsewhere"),
            (("issuer", "image"), "data:,"),  # always shown
            (("proof", "created"), "2023-08-15T23:36:39Z"),
            (("name",), "more than was signed"),
        ]
        for path, value in changes:
            with pytest.raises(InvalidSignatureError):
                verify(replaced(document, path, value), suites=SUITES, controller=controller(document))
        del document["validUntil"]
        with pytest.raises(InvalidSignatureError, match="statements"):
            verify(document, suites=SUITES, controller=controller(document))

    def test_a_base_proof_is_not_for_verifiers(self, case: str) -> None:
        document = read(case, "addSignedSDBase")
        with pytest.raises(BaseProofError, match="base proof"):  # UNKNOWN: its holder may have pasted it
            verify(document, suites=SUITES, controller=controller(document))


_TESTS = "crates__claims__crates__data-integrity__tests__"
BUNDLES = [
    (f"{_TESTS}ecdsa_sd_2023__verification.json", "ecdsa-sd-2023"),
    (f"{_TESTS}ecdsa_rdfc_2019__p256_verification.json", "ecdsa-rdfc-2019"),
    (f"{_TESTS}ecdsa_rdfc_2019__p384_verification.json", "ecdsa-rdfc-2019"),
]


def pinned(document: dict[str, Any]) -> tuple[dict[str, Any], Canonizer]:
    """The document with its inline context, where it has one, under a URL that the canonizer knows."""
    url = "https://inline.example/v1"
    contexts = [context for context in document["@context"] if isinstance(context, dict)]
    inline = {url: {"@context": contexts[0]}} if contexts else {}
    urls = [context if isinstance(context, str) else url for context in document["@context"]]
    return document | {"@context": urls}, Canonizer(contexts_with({**EXAMPLE_CONTEXTS, **inline}))


@pytest.mark.parametrize(("name", "suite"), BUNDLES)
def test_bundles_with_their_own_keys(name: str, suite: str) -> None:
    bundle = json.loads((SAMPLES / name).read_text())
    document, canonizer = pinned(bundle["input"])
    methods = list(bundle["verificationMethods"].values())
    page = {
        "id": methods[0]["controller"],
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
    arguments: dict[str, Any] = {
        "suites": build_suites(canonizer),
        "controller": methods[0]["controller"],
        "resolve_did": lambda _did: page,
    }
    (proof,) = verify(document, **arguments)
    assert proof.cryptosuite == suite
    assert decode_multikey(methods[0]["publicKeyMultibase"])[0].name in ("P256", "P384")
    with pytest.raises(InvalidSignatureError):
        verify(replaced(document, ("proof", "created"), "2023-08-15T23:36:39Z"), **arguments)
    with pytest.raises(InvalidSignatureError):
        verify(document | {"issuer": "https://attacker.example/"}, **arguments)


def material() -> Material:
    """The keys that the vectors were made with."""
    given = json.loads((FOLDER / "SDKeyMaterial.json").read_text())
    return Material(bytes.fromhex(given["hmacKeyString"]), signer_of(given["proofKeyPair"]))


def signer_of(pair: dict[str, str]) -> EcdsaSigner:
    secret = base58.b58decode(pair["secretKeyMultibase"][1:])[2:]
    signer = EcdsaSigner(ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()))
    assert signer.public_key_multibase == pair["publicKeyMultibase"]
    return signer


@pytest.mark.parametrize("case", CASES)
class TestFoundS5:
    """Found S5: base proofs and what is derived from them, byte by byte as the vectors have them."""

    def test_found_s5_the_base_proof_is_the_vectors(self, case: str) -> None:
        signed = read(case, "addSignedSDBase")
        unsigned = {name: value for name, value in signed.items() if name != "proof"}
        mandatory = [row["pointer"] for row in read(case, "addPointerValues")]
        config = (FOLDER / case / "addProofConfigCanon.txt").read_bytes()
        base = signer_of(json.loads((FOLDER / "SDKeyMaterial.json").read_text())["baseKeyPair"])
        value = sign_base(
            unsigned, config, mandatory=mandatory, signer=base, canonizer=CANONIZER, material=material()
        )
        assert parse_base_proof(value) == parse_base_proof(signed["proof"]["proofValue"])
        assert value == signed["proof"]["proofValue"]

    def test_found_s5_the_derived_document_is_the_vectors(self, case: str) -> None:
        selective = json.loads((FOLDER.parent / SELECTIVE[case]).read_text())
        shown = SUITE.derive_proof(read(case, "addSignedSDBase"), selective)
        expected = read(case, "derivedRevealDocument")
        assert parse_derived_proof(shown["proof"]["proofValue"]) == parse_derived_proof(
            expected["proof"]["proofValue"]
        )
        assert shown == expected
        verify(shown, suites=SUITES, controller=controller(shown))
