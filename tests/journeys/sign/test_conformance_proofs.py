"""What W3C's suites for Data Integrity and enveloping proofs test, at the VC-API."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import base58
import pytest

from credserv.ground.encoding import encode_base58btc, encode_base64url
from credserv.journeys.sign.conformance import DATA_INTEGRITY
from credserv.proof.data_integrity.eddsa_jcs_2022 import EddsaJcs2022
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof, add_to_proofs
from tests.testkit.proofs import NOW, SigningIssuer, canonizer, issuer, pinned_contexts
from tests.testkit.service import Service, make_service
from tests.testkit.vc_api import CREDENTIAL, CREDENTIAL_1, EXAMPLES, MODELS, V2, issue, issued, verify

# --- Data Integrity: one issuer for each suite --------------------------------------------------

KEYS = {
    "eddsa-rdfc-2022": ("eddsa-rdfc-2022", "z6Mk", 64),
    "eddsa-jcs-2022": ("eddsa-jcs-2022", "z6Mk", 64),
    "ecdsa-rdfc-2019": ("ecdsa-rdfc-2019", "zDna", 64),
    "ecdsa-rdfc-2019-p384": ("ecdsa-rdfc-2019", "z82L", 96),
    "ecdsa-jcs-2019": ("ecdsa-jcs-2019", "zDna", 64),
    "ecdsa-jcs-2019-p384": ("ecdsa-jcs-2019", "z82L", 96),
    "bitstring-status-list": ("eddsa-rdfc-2022", "z6Mk", 64),
}


@pytest.mark.parametrize("model", MODELS)
def test_found_s1_each_suite_has_an_issuer_of_its_own(suites: Service, model: str) -> None:
    listed = {row["name"]: row for row in suites.client().get("/issuers").json["issuers"]}
    assert set(listed) >= set(KEYS)
    for name, (suite, prefix, _) in KEYS.items():
        secured = issued(suites, issuer=name, model=model)
        proof = secured["proof"]
        assert secured["@context"][: len(MODELS[model]["@context"])] == MODELS[model]["@context"]
        assert (V2 if model == "2.0" else DATA_INTEGRITY) in secured["@context"]
        assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", suite)
        assert proof["proofPurpose"] == "assertionMethod"
        assert secured["issuer"] == listed[name]["id"]
        did, _, key = proof["verificationMethod"].partition("#")
        assert did == secured["issuer"] == f"did:key:{key}"
        assert key.startswith(prefix)
        assert verify(suites, secured).status_code == 200
        assert verify(suites, {**secured, "id": "urn:uuid:1"}).status_code == 400


def test_the_same_secret_gives_the_same_issuers_after_a_start(
    suites: Service, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "credserv.sqlite")
    url = f"sqlite:///{tmp_path / 'credserv.sqlite'}"
    again = make_service(url, tmp_path, starters=False, test_issuer=1)
    assert again.client().get("/issuers").json == suites.client().get("/issuers").json


def test_the_wishes_for_a_proof_are_honoured_or_refused(suites: Service) -> None:
    wishes = {
        "created": "2026-03-01T00:00:00Z",
        "expires": "2027-03-01T00:00:00Z",
        "challenge": "1",
        "domain": "a.example",
    }
    answer = issue(
        suites,
        CREDENTIAL,
        type="DataIntegrityProof",
        cryptosuite="eddsa-rdfc-2022",
        mandatoryPointers=[],
        **wishes,
    )
    assert answer.status_code == 201, answer.text
    proof = answer.json["verifiableCredential"]["proof"]
    assert {name: proof[name] for name in wishes} == wishes
    assert verify(suites, answer.json["verifiableCredential"]).status_code == 200
    for refused in (
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "ecdsa-rdfc-2019"},
        {"mandatoryPointers": ["/issuer"]},
        {"created": "yesterday"},
        {"credentialId": 7},
        {"wish": "unknown"},
    ):
        assert issue(suites, CREDENTIAL, **refused).status_code in (400, 422), refused
    assert issue(suites, {**CREDENTIAL, "id": "urn:uuid:1"}, credentialId="urn:uuid:2").status_code == 422


@pytest.mark.parametrize("body", [{}, {"credential": None}, {"credential": "text"}, {"credential": [1]}, []])
def test_a_body_of_another_shape_is_refused(suites: Service, body: Any) -> None:
    assert suites.client().post("/credentials/issue", json=body).status_code == 400


def test_an_issuer_that_does_not_exist(suites: Service) -> None:
    assert issue(suites, CREDENTIAL, "rsa").status_code == 404
    assert suites.client().get("/issuers/bitstring-status-list/status/message").status_code == 404


def chain(first: SigningIssuer, second: SigningIssuer) -> dict[str, Any]:
    """Two proofs by two controllers, the second built on the first; the credential is by `second`."""
    unsigned = {**CREDENTIAL, "issuer": second.did}
    name = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"
    one = add_proof(
        unsigned,
        suite=EddsaRdfc2022(canonizer()),
        signer=first.signer,
        verification_method=first.method,
        created=NOW,
        extras=ProofExtras(proof_id=name),
    )
    return add_to_proofs(
        one,
        suite=EddsaJcs2022(pinned_contexts()),
        signer=second.signer,
        verification_method=second.method,
        created=NOW,
        extras=ProofExtras(proof_id=f"{name[:-1]}5", previous=(name,)),
    )


def test_a_chain_of_two_controllers(suites: Service) -> None:
    whole = chain(issuer(4), issuer(5))
    assert verify(suites, whole).status_code == 200
    first, second = whole["proof"]
    for proofs in (
        [second],
        [{**first, "id": "urn:uuid:1"}, second],
        [{**first, "created": "2020-01-01T00:00:00Z"}, second],
        [first, {**second, "id": "urn:uuid:1"}],
        [first, {**second, "previousProof": ["urn:uuid:1"]}],
        [first, {**second, "previousProof": [first["id"], "urn:uuid:1"]}],
        [first, {**second, "previousProof": 7}],
        [first, {**second, "previousProof": second["id"]}],
        [first, {member: value for member, value in second.items() if member != "previousProof"}],
    ):
        assert verify(suites, {**whole, "proof": proofs}).status_code == 400, proofs


@pytest.mark.parametrize(
    "change",
    [
        {"type": None},
        {"type": "UnknownProofType"},
        {"type": ""},
        {"cryptosuite": None},
        {"cryptosuite": "unknown-cryptosuite-2017"},
        {"cryptosuite": ""},
        {"cryptosuite": "eddsa-jcs-2022"},
        {"created": "invalidDate"},
        {"created": "2026-03-14T09:00:00"},
        {"expires": "2026-03-14T09:00:00"},
        {"verificationMethod": None},
        {"verificationMethod": "did:key:@invalidVm@"},
        {"proofPurpose": None},
        {"proofPurpose": "invalidPurpose"},
        {"proofValue": None},
        {"proofValue": 7},
        {"domain": "a.example"},
        {"challenge": "1"},
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_found_s1_a_proof_that_was_altered_is_not_verified(
    suites: Service, model: str, change: dict[str, Any]
) -> None:
    """Data Integrity 1.0, section 2.1, and what the EdDSA and ECDSA suites ask of verifiers."""
    for name in ("eddsa-rdfc-2022", "ecdsa-rdfc-2019-p384"):
        secured = issued(suites, issuer=name, model=model)
        assert verify(suites, secured, checks=["proof"]).status_code == 200
        proof = {
            member: value for member, value in {**secured["proof"], **change}.items() if value is not None
        }
        assert verify(suites, {**secured, "proof": proof}, checks=["proof"]).status_code == 400
    assert verify(suites, {**secured, "proof": None}, checks=["proof"]).status_code == 400


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", sorted(KEYS))
def test_found_s1_a_proof_value_has_one_length_and_one_encoding(
    suites: Service, name: str, model: str
) -> None:
    secured = issued(suites, issuer=name, model=model)
    value = secured["proof"]["proofValue"]
    raw = base58.b58decode(value[1:])
    assert (value[0], len(raw)) == ("z", KEYS[name][2])
    for wrong in (
        value[1:],
        "u" + encode_base64url(raw),
        encode_base58btc(raw + bytes(32)),
        "z",
        value + "0",
    ):
        altered = {**secured, "proof": {**secured["proof"], "proofValue": wrong}}
        assert verify(suites, altered, checks=["proof"]).status_code == 400


# --- enveloping proofs --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vc-jwt", "vc-jwt-es384", "vc-jwt-eddsa"])
def test_a_token_comes_in_its_envelope(suites: Service, name: str) -> None:
    secured = issued(suites, issuer=name)
    assert (secured["@context"], secured["type"]) == (V2, "EnvelopedVerifiableCredential")
    media_type, _, token = secured["id"].partition(",")
    assert media_type == "data:application/vc+jwt"
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    listed = {row["name"]: row["id"] for row in suites.client().get("/issuers").json["issuers"]}
    assert claims == {**CREDENTIAL, "issuer": listed[name]}
    for checks in ({}, {"checks": ["proof"]}):
        assert verify(suites, secured, **checks).status_code == 200
        assert verify(suites, token, **checks).status_code == 200
        for change in (
            {"@context": []},
            {"@context": EXAMPLES},
            {"id": token},
            {"id": secured["id"][:-4] + "AAAA"},
            {"type": "VerifiableCredential"},
            {"type": ["EnvelopedVerifiablePresentation"]},
        ):
            assert verify(suites, {**secured, **change}, **checks).status_code == 400, change
        untyped = {member: value for member, value in secured.items() if member != "type"}
        assert verify(suites, untyped, **checks).status_code == 400
    assert issue(suites, {**CREDENTIAL, "refreshService": {}}, name).status_code == 422
    assert issue(suites, CREDENTIAL, name, cryptosuite="eddsa-rdfc-2022").status_code == 400
    assert issue(suites, CREDENTIAL_1, name).status_code == 422  # VC-JOSE-COSE is of version 2.0
