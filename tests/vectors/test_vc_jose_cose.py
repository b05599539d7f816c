"""W3C's vectors for VC-JOSE-COSE, each with the verdict that its publisher gives it.

COSE is verified here and never made. A vector is verified with the one key that the list names for it.
`credential-jose-unknown-extensions` holds no extension; it is to fail because its key is another than the one
named.
"""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import import_key

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import CredservError
from credserv.ground.verification import Outcome, VerificationResult
from credserv.journeys.sign.sign import require_signable
from credserv.proof.keys.jwk import read_jwk
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.signer import EcdsaSigner, Ed25519Signer, Signer
from credserv.proof.tokens.envelope import envelope_cose
from credserv.proof.tokens.sd_jwt_issue import sign_sd_jwt
from credserv.proof.tokens.token import Binding
from credserv.proof.tokens.vc_jwt import sign_vc_jwt, sign_vp_jwt
from credserv.verifying.presentation import verify_presentation
from credserv.verifying.surroundings import Resolvers, Verified
from tests.testkit.proofs import canonizer
from tests.testkit.shared import shared_path
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

FOLDER = shared_path("vectors/vc-jose-cose/EXPECTED.tsv").parent
NOW = datetime(2024, 12, 16, 12, tzinfo=UTC)  # while the presentations are in force
KEYS = {
    "ed25519": "vm-ed25519",
    "p256": "vm-p256",
    "p384": "vm-p384",
    "p521": "vm-p521",
    "didEd25519": "vm-did-ed25519",
}


@dataclass(frozen=True)
class Row:
    file: str
    operation: str
    key: str
    succeeds: bool

    @property
    def text(self) -> str:
        return (FOLDER / self.file).read_text().strip()


def rows() -> Iterator[Row]:
    with (FOLDER / "EXPECTED.tsv").open(newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            for item in line["expected"].split("; "):
                if "->" in item:
                    operation, rest = item.split(" key=TestVerificationMethods.")
                    key, verdict = rest.split(" -> ")
                    yield Row(line["file"], operation, key, verdict == "success")


ROWS = list(rows())


def chosen(*operations: str) -> pytest.MarkDecorator:
    found = [row for row in ROWS if row.operation in operations]
    return pytest.mark.parametrize("row", found, ids=lambda row: f"{row.file}-{row.operation}-{row.key}")


def method(key: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{KEYS[key]}.json").read_text())
    return document


def document_with(*keys: str) -> dict[str, Any]:
    methods = [method(key) for key in keys]
    for item in methods:
        del item["secretKeyJwk"]
    names = [item["id"] for item in methods]
    return {
        "id": methods[0]["controller"],
        "verificationMethod": methods,
        "assertionMethod": names,
        "authentication": names,
    }


def page_of(did: str, *keys: str) -> dict[str, Any]:
    """As `document_with`, under a holder's DID as well: a vector gives keys, whoever they belong to."""
    page = document_with(*keys)
    return (
        page if not did.startswith("did:example:") else json.loads(json.dumps(page).replace(page["id"], did))
    )


def resolvers(*keys: str) -> Resolvers:
    return Resolvers(
        resolve_did=lambda did: page_of(did, *keys), fetch=Hosts(), own_status_list=lambda _: None
    )


def signer(key: str) -> Signer:
    secret = method(key)["secretKeyJwk"]
    number = decode_base64url(secret["d"])
    key_type = read_jwk(method(key)["publicKeyJwk"]).key_type
    assert key_type is not None
    if secret["kty"] == "OKP":
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(number))
    return EcdsaSigner(ec.derive_private_key(int.from_bytes(number, "big"), CURVES[key_type]))


def verify(text: str | dict[str, Any], *keys: str) -> VerificationResult:
    return verifier().verify_secured(text, now=NOW, resolvers=resolvers(*keys)).result


def present(text: str | dict[str, Any], *keys: str, **options: Any) -> Verified:
    return verify_presentation(verifier(), text, now=NOW, resolvers=resolvers(*keys), **options)


def given(row: Row) -> str | dict[str, Any]:
    """The text of a token, or the object of a JSON file."""
    document: dict[str, Any] = json.loads(row.text) if row.file.endswith(".json") else {}
    return document or row.text


@chosen("verify/credential_jose", "verify/credential_sdjwt")
def test_a_credential_is_verified_with_the_key_named(row: Row) -> None:
    result = verify(given(row), row.key)
    assert result.verified is row.succeeds, result.checks
    assert not result.unknown


@chosen("verify/presentation_jose", "verify/presentation_sdjwt")
def test_a_presentation_is_verified_with_the_key_named(row: Row) -> None:
    if row.succeeds:
        assert present(given(row), row.key, proof_only=True).result.verified
        return
    result = present(given(row), row.key).result
    assert not result.verified
    assert why(result) & {
        "credential: malformed-proof",
        "proof: malformed-proof",
        "proof: missing-proof",
        "proof: proof-time",
        "structure: invalid-input",
    }
    assert not result.unknown


@chosen("verify/presentation_jose", "verify/presentation_sdjwt")
def test_every_credential_of_a_good_presentation_is_verified(row: Row) -> None:
    """The one in COSE as well, whose data: URL ends in a line break."""
    if not row.succeeds:
        return
    verified = present(given(row), "ed25519", "p256", "p384", "p521")
    assert len(verified.within) == len(verified.document["verifiableCredential"]) > 0
    for credential in verified.within:
        assert credential.result.verified, credential.result.checks
    assert verified.holder == document_with("p384")["id"]


def in_cose(row: Row, kind: str) -> dict[str, str]:
    """The envelope that says what the file is to be, whatever it is."""
    name = {"vc": "Credential", "vp": "Presentation"}[kind]
    return {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": f"EnvelopedVerifiable{name}",
        "id": f"data:application/{kind}+cose;base64,{row.text}",
    }


@chosen("verify/credential_cose")
def test_a_credential_in_cose_is_verified_with_the_key_named(row: Row) -> None:
    result = verify(in_cose(row, "vc"), row.key)
    assert result.verified is row.succeeds, result.checks
    assert not result.unknown


@chosen("verify/presentation_cose")
def test_a_presentation_in_cose_is_verified_with_the_key_named(row: Row) -> None:
    """The good one holds a token that is cut short: it is the presentation that is good."""
    if row.succeeds:
        assert present(in_cose(row, "vp"), row.key, proof_only=True).result.verified
    result = present(in_cose(row, "vp"), row.key).result
    assert not result.verified
    assert why(result) & {"credential: malformed-proof", "proof: malformed-proof", "structure: invalid-input"}
    assert not result.unknown


@chosen("verify/credential_cose", "verify/presentation_cose")
def test_the_file_itself_is_found_to_be_cose(row: Row) -> None:
    """As text, and as the bytes that the text stands for; its media type says what it is."""
    kind = "vc" if row.operation.endswith("credential_cose") else "vp"
    found = envelope_cose(row.text.encode())
    if "bad-media-type" in row.file:
        assert found is not None
        result = verify(found, row.key)
        assert not result.verified
        assert why(result) == {"proof: malformed-proof"}
        assert not result.unknown
        return
    if "not-base64" in row.file:
        assert found is None
        assert envelope_cose(bytes.fromhex(row.text))
        return
    assert found is not None
    assert found["id"].rstrip("=") == in_cose(row, kind)["id"]
    assert envelope_cose(base64.b64decode(row.text + "==")) == found
    verified = verify(found, row.key) if kind == "vc" else present(found, row.key, proof_only=True).result
    assert verified.verified is (row.succeeds or "bad-credential" in row.file)


@chosen("issue/credential_jose", "issue/credential_sdjwt")
def test_a_credential_is_issued_with_the_key_named(row: Row) -> None:
    credential = json.loads(row.text)
    if not row.succeeds:
        with pytest.raises(CredservError):
            require_signable(credential, canonizer())
        return
    name = method(row.key)["id"]
    if row.operation.endswith("sdjwt"):
        disclosable = [("credentialSubject", "firstName"), ("credentialSubject", "lastName")]
        token = sign_sd_jwt(
            credential, signer=signer(row.key), verification_method=name, disclosable=disclosable
        )
    else:
        token = sign_vc_jwt(credential, signer=signer(row.key), verification_method=name)
    proof = verify(token, row.key).check("proof")
    assert proof is not None
    assert proof.outcome is Outcome.PASSED
    public = method(row.key)["publicKeyJwk"]
    assert jws.deserialize_compact(token.split("~")[0], import_key(public), algorithms=[public["alg"]])


@chosen("issue/presentation_jose")
def test_a_presentation_is_issued_with_the_key_named(row: Row) -> None:
    token = sign_vp_jwt(
        json.loads(row.text),
        signer=signer(row.key),
        verification_method=method(row.key)["id"],
        binding=Binding("https://reader.example", "n"),
        issued_at=NOW,
    )
    assert present(token, row.key, proof_only=True, challenge="n").result.verified


def test_every_row_is_tried_but_what_would_make_cose() -> None:
    left = {row.operation for row in ROWS if row.operation.startswith("issue/") and "cose" in row.operation}
    assert left == {"issue/credential_cose", "issue/presentation_cose"}
    assert len(ROWS) == 33
    assert sum(row.succeeds for row in ROWS) >= 14
