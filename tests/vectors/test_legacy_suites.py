"""Ed25519Signature2020: the W3C vector byte for byte, and spruceid's samples with the key that they name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.errors import InvalidSignatureError, UnsupportedProofError, VerificationMethodError
from credserv.proof.data_integrity.ed25519_signature_2020 import CONTEXT, Ed25519Signature2020
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.keys.verification_method import build_did_document
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import EXAMPLE_CONTEXTS, contexts_with, issuer, replaced, verify
from tests.testkit.shared import shared_path

FOLDER = shared_path("vectors/vc-di-eddsa/Ed25519Signature2020")
SAMPLES = shared_path("samples/spruce")
_EXAMPLE = "https://example.org/examples#"
# No published file: it gives the samples' terms the meaning that their signatures show.
EXAMPLES_V1 = {
    "https://www.w3.org/2018/credentials/examples/v1": {
        "@context": {
            **{term: _EXAMPLE + term for term in ("BachelorDegree", "UniversityDegreeCredential", "degree")},
            "name": {
                "@id": "http://schema.org/name",
                "@type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML",
            },
        }
    }
}
CANONIZER = Canonizer(contexts_with({**EXAMPLE_CONTEXTS, **EXAMPLES_V1}))
SUITE = Ed25519Signature2020(CANONIZER)
SUITES = build_suites(CANONIZER)


def text(name: str) -> str:
    return (FOLDER / f"{name}EdSig.txt").read_text()


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}EdSig.json").read_text())
    return document


def unsigned() -> dict[str, Any]:
    return {name: value for name, value in read("signed").items() if name != "proof"}


def controller(document: dict[str, Any]) -> str:
    did: str = document["proof"]["verificationMethod"].partition("#")[0]
    return did


def test_canonical_forms_and_hashes() -> None:
    assert CANONIZER.canonize(unsigned()) == text("canonDoc")
    assert CANONIZER.canonize(read("proofConfig")) == text("proofCanon")
    data = SUITE.hash_data(unsigned(), read("proofConfig")).hex()
    assert data == text("combinedHash") == text("proofHash") + text("docHash")


def test_the_vector_verifies_and_no_altered_copy_does() -> None:
    signed = read("signed")
    (proof,) = verify(signed, suites=SUITES, controller=controller(signed))
    assert proof.cryptosuite == "Ed25519Signature2020"
    for path, value in [(("name",), "Other"), (("proof", "created"), "2023-02-24T23:36:39Z")]:
        with pytest.raises(InvalidSignatureError):
            verify(replaced(signed, path, value), suites=SUITES, controller=controller(signed))


def test_the_suites_context_need_not_be_among_the_documents() -> None:
    """The proof's terms are then read in the suite's own context; the document means the same without it."""
    signed = read("signed")
    signed["@context"] = [url for url in signed["@context"] if url != CONTEXT]
    assert len(signed["@context"]) == 2
    assert verify(signed, suites=SUITES, controller=controller(signed))


def test_it_is_never_made() -> None:
    with pytest.raises(UnsupportedProofError):
        SUITE.create_proof(unsigned(), read("proofConfig"), issuer().signer)


# The samples name a method of an example host and carry no key. Both of their signatures fit this one, which
# stands in many examples of the suite; that they do is what the tests show.
ISSUER = "https://example.com/issuer/123"
KEY = "z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP"
LISTED = build_did_document(ISSUER, [(f"{ISSUER}#key-0", KEY)])
VOUCHED: dict[str, Any] = LISTED | {"authentication": LISTED["assertionMethod"]}


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / name).read_text())
    return document


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("tests__lds-ed25519-2020-vc0.jsonld", "assertionMethod"),
        ("tests__lds-ed25519-2020-vp0.jsonld", "authentication"),
    ],
)
def test_a_credential_and_a_presentation_of_data_model_1_verify(name: str, purpose: str) -> None:
    arguments: dict[str, Any] = {
        "suites": SUITES,
        "controller": ISSUER,
        "resolve_did": lambda _did: VOUCHED,
        "purpose": purpose,
    }
    assert verify(sample(name), **arguments)
    with pytest.raises(InvalidSignatureError):
        verify(sample(name) | {"id": "urn:uuid:1"}, **arguments)
    other = "assertionMethod" if purpose == "authentication" else "authentication"
    with pytest.raises(VerificationMethodError):
        verify(sample(name), **arguments | {"purpose": other})
