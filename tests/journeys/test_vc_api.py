"""The VC-API as W3C's conformance suites ask it: each statement that they test of an issuer, once accepted
and once broken; and the same endpoints as an installation offers them, with keys and under its own name."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import base58
import pytest
from werkzeug.test import TestResponse

from credserv.encoding import encode_base58btc, encode_base64url
from credserv.proof.data_integrity import ProofExtras, add_proof, add_to_proofs
from credserv.proof.eddsa_jcs_2022 import EddsaJcs2022
from credserv.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.envelope import envelope
from credserv.proof.inline_contexts import InlineCanonizer
from credserv.proof.jws import sign_jws
from credserv.proof.token import Binding, Kind
from credserv.proof.vc_jwt import sign_vp_jwt
from credserv.store.records import CredentialState
from tests.support.proofs import NOW, SigningIssuer, canonizer, issuer, pinned_contexts
from tests.support.service import Service, make_service

V2 = "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
TYPE = "https://example.org/#ExampleType"
INLINE: dict[str, Any] = {"@context": [V2, {"ExampleType": TYPE}]}
SUBJECT = {"id": "did:example:subject"}
SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
MULTIBASE = "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"
CREDENTIAL: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": SUBJECT,
}
NAME = {"@value": "Dog", "@language": "en"}


@pytest.fixture(scope="module")
def suites(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service with the issuers for conformance suites, shared: it remembers nothing of what it signs."""
    folder = tmp_path_factory.mktemp("suites")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, starters=False, test_issuer=1)


def issue(service: Service, credential: Any, name: str = "", **options: Any) -> TestResponse:
    door = f"/issuers/{name}/credentials/issue" if name else "/credentials/issue"
    return service.client().post(door, json={"credential": credential, "options": options})


def verify(service: Service, credential: Any, **options: Any) -> TestResponse:
    body = {"verifiableCredential": credential, "options": options}
    return service.client().post("/credentials/verify", json=body)


def issued(service: Service, change: dict[str, Any] | None = None, issuer: str = "") -> dict[str, Any]:
    answer = issue(service, {**CREDENTIAL, **(change or {})}, issuer)
    assert answer.status_code == 201, answer.text
    secured: dict[str, Any] = answer.json["verifiableCredential"]
    return secured


# --- VC Data Model 2.0 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"@context": [V2, EXAMPLES]},
        {"@context": [V2, EXAMPLES], "type": ["VerifiableCredential", "RelationshipCredential"]},
        {**INLINE, "type": ["VerifiableCredential", "ExampleType"]},
        {"type": [TYPE, "https://example.org/#Other", "VerifiableCredential"]},
        {"type": [TYPE, "VerifiableCredential", "https://example.org/#Other"]},
        {"id": "did:example:credential"},
        {"id": "urn:uuid:36245ee9-9074-4b05-a777-febff2e69757"},
        {"issuer": {"id": "did:example:issuer"}},
        {"issuer": {"id": "did:example:issuer", "name": "Dog", "description": NAME}},
        {"issuer": {"id": "did:example:issuer", "name": {**NAME, "@direction": "ltr"}}},
        {
            "name": [NAME, {"@value": "Chien", "@language": "fr"}],
            "description": {**NAME, "@direction": "ltr"},
        },
        {"credentialSubject": [SUBJECT, {"id": "did:example:other:subject"}]},
        {"validFrom": "2023-02-24T19:44:58.123Z", "validUntil": "2033-02-24T19:44:58-05:00"},
        {"validFrom": "2123-02-24T19:44:58Z"},
        {**INLINE, "credentialStatus": {"id": "did:example:status", "type": "ExampleType"}},
        {**INLINE, "credentialStatus": {"type": "ExampleType"}},
        {"credentialSchema": {"type": TYPE, "id": "did:example:schemas/1"}},
        {
            "credentialSchema": [
                {"type": TYPE, "id": "did:example:schemas/1"},
                {"type": TYPE, "id": "did:example:schemas/2"},
            ]
        },
        {"refreshService": {"type": TYPE, "id": "did:example:refresh/1"}},
        {**INLINE, "termsOfUse": [{"type": "ExampleType"}, {"type": "ExampleType"}]},
        {**INLINE, "termsOfUse": {"type": "ExampleType", "id": "did:example:terms/1"}},
        {**INLINE, "evidence": [{"type": "ExampleType"}, {"type": "ExampleType"}]},
        {"relatedResource": [{"id": V2, "digestSRI": SRI}]},
        {"relatedResource": {"id": V2, "digestMultibase": MULTIBASE, "mediaType": "application/ld+json"}},
    ],
)
def test_an_issuer_accepts_what_the_data_model_allows(suites: Service, change: dict[str, Any]) -> None:
    secured = issued(suites, change)
    assert secured["@context"] == {**CREDENTIAL, **change}["@context"]
    assert verify(suites, secured, checks=["proof"]).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"@context": None},
        {"@context": []},
        {"@context": [EXAMPLES]},
        {"@context": [EXAMPLES, V2]},
        {"@context": [V2, "https ://not-a-url/contexts/example/v1"]},
        {"@context": [V2, "https://example.com"]},
        {"@context": [V2, 192875]},
        {"@context": [V2, {"VerifiableCredential": TYPE}]},
        {
            "@context": [V2, {"@protected": True, "ExampleType": TYPE}, {"ExampleType": f"{TYPE}2"}],
            "type": ["VerifiableCredential", "ExampleType"],
        },
        {"id": None},
        {"id": "not-a-url"},
        {"id": ["did:example:1", "did:example:2"]},
        {"credentialSubject": {"id": ["did:example:1", "did:example:2"]}},
        {"type": None},
        {"type": [TYPE]},
        {"type": ["VerifiableCredential", "ExampleType"]},
        {
            "@context": [V2, {"ExampleType": "https ://not-a-url#ExampleType"}],
            "type": ["VerifiableCredential", "ExampleType"],
        },
        {"name": {**NAME, "url": "did:example:dog"}},
        {"description": {**NAME, "url": "did:example:dog"}},
        {"issuer": {"id": "did:example:issuer", "name": {**NAME, "url": "did:example:dog"}}},
        {"issuer": {"id": "did:example:issuer", "description": {**NAME, "url": "did:example:dog"}}},
        {"issuer": None},
        {"issuer": "not-a-url"},
        {"issuer": {"id": None}},
        {"issuer": {"id": "not-a-url"}},
        {"issuer": {"name": "Dog"}},
        {"credentialSubject": None},
        {"credentialSubject": {}},
        {"credentialSubject": [SUBJECT, {}]},
        {"validFrom": "2023-02-24"},
        {"validUntil": "2023-02-24 19:44"},
        {"validFrom": "2033-02-24T19:44:58Z", "validUntil": "2023-02-24T19:44:58Z"},
        {"credentialStatus": {"id": "did:example:status"}},
        {"credentialStatus": {"id": "did:example:status", "type": 2}},
        {"credentialStatus": {"id": "not-a-url", "type": TYPE}},
        {"credentialStatus": {"id": ["did:example:1", "did:example:2"], "type": TYPE}},
        {"credentialSchema": {"id": "did:example:schemas/1"}},
        {"credentialSchema": {"type": TYPE}},
        {"credentialSchema": {"type": TYPE, "id": 1}},
        {"refreshService": {"id": "did:example:refresh/1"}},
        {"termsOfUse": {"id": "did:example:terms/1"}},
        {"evidence": {"id": "did:example:evidence/1"}},
        {"relatedResource": [V2]},
        {"relatedResource": [{"digestSRI": SRI}]},
        {"relatedResource": [{"id": V2, "digestSRI": SRI}] * 2},
        {"relatedResource": [{"id": V2}]},
        {"relatedResource": [{"id": V2, "digestSRI": "sha384-" + "A" * 64}]},
        {"relatedResource": [{"id": V2, "digestMultibase": MULTIBASE.replace("W", "X")}]},
        {"statusEntry": {"type": "BitstringStatusListEntry", "statusListIndex": True}},
        {
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "-1",
                "statusListCredential": "https://a.example/status",
            }
        },
        {"proof": {"type": "DataIntegrityProof"}},
    ],
)
def test_an_issuer_refuses_what_the_data_model_forbids(suites: Service, change: dict[str, Any]) -> None:
    for name in ("", "eddsa-jcs-2022", "vc-jwt"):
        answer = issue(suites, {**CREDENTIAL, **change}, name)
        assert answer.status_code in (400, 422), answer.text
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_an_issuer_adds_nothing_that_is_missing(suites: Service, name: str) -> None:
    credential = {member: value for member, value in CREDENTIAL.items() if member != name}
    assert issue(suites, credential).status_code in (400, 422)


def test_every_fault_is_told_with_its_place(suites: Service) -> None:
    answer = issue(suites, {**CREDENTIAL, "id": "x", "refreshService": {}, "type": []})
    assert answer.status_code == 422
    assert [fault["place"] for fault in answer.json["faults"]] == ["/type", "/id", "/refreshService"]


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


def test_each_suite_has_an_issuer_of_its_own(suites: Service) -> None:
    listed = {row["name"]: row for row in suites.client().get("/issuers").json["issuers"]}
    assert set(listed) >= set(KEYS)
    for name, (suite, prefix, _) in KEYS.items():
        secured = issued(suites, issuer=name)
        proof = secured["proof"]
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
def test_a_proof_that_was_altered_is_not_verified(suites: Service, change: dict[str, Any]) -> None:
    """Data Integrity 1.0, section 2.1, and what the EdDSA and ECDSA suites ask of verifiers."""
    for name in ("eddsa-rdfc-2022", "ecdsa-rdfc-2019-p384"):
        secured = issued(suites, issuer=name)
        proof = {
            member: value for member, value in {**secured["proof"], **change}.items() if value is not None
        }
        assert verify(suites, {**secured, "proof": proof}, checks=["proof"]).status_code == 400
    assert verify(suites, {**secured, "proof": None}, checks=["proof"]).status_code == 400


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_proof_value_has_one_length_and_one_encoding(suites: Service, name: str) -> None:
    secured = issued(suites, issuer=name)
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


# --- presentations ------------------------------------------------------------------------------

HOLDER = issuer(9)
ASKED = {"challenge": "u0123", "domain": "github.com/w3c/vc-data-model-2.0-test-suite"}
PRESENTATION = {"@context": [V2], "type": ["VerifiablePresentation"]}


def presented(by: SigningIssuer = HOLDER, **members: Any) -> dict[str, Any]:
    """Signed for the suite's domain and challenge. members: those of the presentation."""
    unsigned = {**PRESENTATION, **members}
    options = {"purpose": "authentication", "extras": ProofExtras(**{**ASKED, "domain": (ASKED["domain"],)})}
    return add_proof(
        unsigned,
        suite=EddsaRdfc2022(InlineCanonizer(pinned_contexts())),
        signer=by.signer,
        verification_method=by.method,
        created=NOW,
        **options,
    )


def verify_shown(service: Service, presentation: Any, **options: Any) -> int:
    body = {"verifiablePresentation": presentation, "options": options}
    answer = service.client().post("/presentations/verify", json=body)
    assert (answer.status_code == 200) == answer.json.get("verified", False)
    return answer.status_code


@pytest.mark.parametrize("options", [{}, {"checks": []}, ASKED, {**ASKED, "returnPresentation": True}])
def test_a_presentation_and_all_that_it_holds_is_verified(suites: Service, options: dict[str, Any]) -> None:
    held = [issued(suites), issued(suites, issuer="ecdsa-jcs-2019"), issued(suites, issuer="vc-jwt")]
    for members in (
        {},
        {"id": "urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008"},
        {"holder": HOLDER.did},
        {"holder": {"id": HOLDER.did, "name": "Pat"}},
        {"verifiableCredential": []},
        {"verifiableCredential": held[:1]},
        {"verifiableCredential": held, "holder": HOLDER.did},
        {"@context": [V2, EXAMPLES], "type": ["VerifiablePresentation", "ExamplePresentation"]},
        {**INLINE, "type": ["VerifiablePresentation", "ExampleType"]},
    ):
        assert verify_shown(suites, presented(**members), **options) == 200, members


def test_a_presentation_with_any_fault_is_not_verified(suites: Service) -> None:
    good = presented(verifiableCredential=[issued(suites)])
    other = issuer(8)
    changes: list[dict[str, Any]] = [
        {"@context": None},
        {"@context": [EXAMPLES, V2]},
        {"@context": [V2, "https://example.com"]},
        {"@context": [V2, "https ://not-a-url/contexts/example/v1"]},
        {"@context": [V2, 123192875]},
        {"type": []},
        {"type": ["ExamplePresentation"]},
        {"proof": {**good["proof"], "proofValue": "z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh"}},
        {"proof": None},
        {"verifiableCredential": ["https://a.example/credentials/1"]},
        {"verifiableCredential": [None]},
        {"verifiableCredential": [{**good["verifiableCredential"][0], "type": []}]},
    ]
    for change in changes:
        assert verify_shown(suites, {**good, **change}) == 400, change
    unsigned = {member: value for member, value in good.items() if member != "proof"}
    untyped = {member: value for member, value in good.items() if member != "type"}
    signed_so: list[dict[str, Any]] = [
        {**presented(), "holder": {"id": HOLDER.did.removeprefix("did:key:")}},
        presented(holder="did:example:acme"),
        presented(holder=other.did),
        presented(verifiableCredential=[CREDENTIAL]),
        presented(verifiableCredential=[{**CREDENTIAL, "issuer": HOLDER.did}]),
        presented(verifiableCredential=[{**issued(suites), "validFrom": "2020-01-01T00:00:00Z"}]),
        presented(verifiableCredential=[issued(suites, {"validUntil": "2020-01-01T00:00:00Z"})]),
        presented(verifiableCredential=[other.sign({**CREDENTIAL, "issuer": HOLDER.did})]),
    ]
    for presentation in (unsigned, untyped, *signed_so, {}, "a.b.c"):
        assert verify_shown(suites, presentation) == 400, presentation


def wrapped(by: SigningIssuer, claim: str, document: dict[str, Any], **claims: str) -> str:
    """A JWT as version 1.1 of the data model had it."""
    header = {"typ": "JWT", "kid": by.method}
    return sign_jws({"iss": by.did, claim: document, **claims}, header=header, signer=by.signer)


def test_an_envelope_of_the_old_form_is_read_for_suites_and_for_nobody_else(
    suites: Service, sqlite_service: Service
) -> None:
    author = issuer(7)
    credential = {**CREDENTIAL, "issuer": author.did}
    inner = wrapped(author, "vc", credential, sub=SUBJECT["id"])
    held = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/jwt,{inner}"}
    unsigned = {**PRESENTATION, "holder": HOLDER.did, "verifiableCredential": [held]}
    token = wrapped(HOLDER, "vp", unsigned, aud="example.com", nonce="123456789")
    shown = {"@context": V2, "type": "EnvelopedVerifiablePresentation"}
    for media_type in ("jwt", "vp+jwt"):
        whole = {**shown, "id": f"data:application/{media_type},{token}"}
        assert verify_shown(suites, whole) == 200
        assert verify_shown(sqlite_service, whole) == 400
        assert verify_shown(suites, whole, challenge="123456789", domain="example.com") == 200
        assert verify_shown(suites, whole, challenge="other") == 400
        for change in (
            {"@context": []},
            {"@context": [EXAMPLES]},
            {"id": token},
            {"type": ["VerifiablePresentation"]},
        ):
            assert verify_shown(suites, {**whole, **change}) == 400, change
    for bad in (
        wrapped(author, "vp", unsigned),
        wrapped(HOLDER, "vc", unsigned),
        wrapped(HOLDER, "vp", {**unsigned, "verifiableCredential": [{**held, "id": f"{held['id']}A"}]}),
        wrapped(HOLDER, "vp", {**unsigned, "type": ["VerifiableCredential"]}),
    ):
        assert verify_shown(suites, {**shown, "id": f"data:application/jwt,{bad}"}) == 400
    for bad in (
        wrapped(author, "vc", credential, sub="did:example:other"),
        wrapped(HOLDER, "vc", credential, sub=SUBJECT["id"]),
        wrapped(author, "vc", {**credential, "credentialSubject": {}}),
    ):
        assert verify(suites, {**held, "id": f"data:application/jwt,{bad}"}).status_code == 400


def test_attack_84_85_a_presentation_for_others_is_not_verified(suites: Service) -> None:
    good = presented()
    for options in ({**ASKED, "challenge": "u4567"}, {**ASKED, "domain": "a.example"}):
        assert verify_shown(suites, good, **options) == 400
    assert verify_shown(suites, HOLDER.sign(PRESENTATION), **ASKED) == 400
    body = {"verifiablePresentation": good, "options": {"expectedProofPurpose": "assertionMethod"}}
    assert suites.client().post("/presentations/verify", json=body).status_code == 422


def test_attack_19_a_proof_is_for_what_it_says(suites: Service) -> None:
    assert verify_shown(suites, HOLDER.sign(PRESENTATION)) == 400
    secured = issued(suites)
    assert verify(suites, secured, expectedProofPurpose="assertionMethod").status_code == 200
    assert verify(suites, secured, expectedProofPurpose="authentication").status_code == 422
    for options in ({"challenge": "1235abcd6789"}, {"domain": "domain.example"}):
        assert verify(suites, secured, **options).status_code == 400


def test_an_enveloped_presentation(suites: Service) -> None:
    unsigned = {
        **PRESENTATION,
        "holder": HOLDER.did,
        "verifiableCredential": [issued(suites, issuer="vc-jwt")],
    }
    token = sign_vp_jwt(
        unsigned,
        signer=HOLDER.signer,
        verification_method=HOLDER.method,
        binding=Binding(ASKED["domain"], ASKED["challenge"]),
        issued_at=NOW,
    )
    enveloped = envelope(token, Kind.PRESENTATION)
    assert verify_shown(suites, enveloped) == 200
    assert verify_shown(suites, enveloped, **ASKED) == 200
    assert verify_shown(suites, enveloped, **{**ASKED, "challenge": "u4567"}) == 400
    for change in (
        {"@context": []},
        {"@context": [EXAMPLES]},
        {"id": token},
        {"type": ["VerifiablePresentation"]},
    ):
        assert verify_shown(suites, {**enveloped, **change}) == 400, change


# --- Bitstring Status List ----------------------------------------------------------------------


def change_status(
    service: Service,
    credential_id: str,
    purpose: str,
    status: bool = True,
    headers: dict[str, str] | None = None,
) -> int:
    body = {
        "credentialId": credential_id,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose},
        "status": status,
    }
    return service.client().post("/credentials/status", json=body, headers=headers).status_code


def test_an_issued_entry_is_whole_and_its_list_is_a_credential(suites: Service) -> None:
    secured = issued(suites, {"id": "urn:uuid:listed"}, "bitstring-status-list")
    for entry in secured["credentialStatus"]:
        assert entry["type"] == "BitstringStatusListEntry"
        assert entry["statusPurpose"] in ("revocation", "suspension")
        assert str(int(entry["statusListIndex"])) == entry["statusListIndex"]
        address = entry["statusListCredential"].removeprefix(suites.settings.public_url)
        answer = suites.client().get(address)
        assert "BitstringStatusListCredential" in answer.json["type"]
        assert answer.json["credentialSubject"]["encodedList"].startswith("u")
        assert answer.json["credentialSubject"]["statusPurpose"] == entry["statusPurpose"]
        assert verify(suites, answer.json).status_code == 200
    own = {"type": TYPE}
    assert issued(suites, {"credentialStatus": own}, "bitstring-status-list")["credentialStatus"] == own


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_a_status_is_set_and_cleared(suites: Service, purpose: str) -> None:
    one = issued(suites, {"id": f"urn:uuid:{purpose}"}, "bitstring-status-list")
    other = issued(suites, {"id": f"urn:uuid:{purpose}-other"}, "bitstring-status-list")
    assert verify(suites, one).status_code == 200
    assert change_status(suites, one["id"], purpose) == 200
    refused = verify(suites, one)
    assert refused.status_code == 400
    assert any("status" in error for error in refused.json["errors"])
    assert verify(suites, one, checks=["proof"]).status_code == 200
    assert verify(suites, other).status_code == 200
    assert change_status(suites, one["id"], purpose, status=False) == 200
    assert verify(suites, one).status_code == 200
    assert change_status(suites, "urn:uuid:nobody", purpose) == 404
    assert change_status(suites, one["id"], "message") == 400


# --- as an installation offers it ----------------------------------------------------------------


def own_credential(service: Service, **change: Any) -> dict[str, Any]:
    return {**CREDENTIAL, "issuer": service.services.issuer.did, **change}


def test_an_installation_signs_under_its_own_name_alone(sqlite_service: Service) -> None:
    service = sqlite_service
    headers = service.api_headers("vc-api:issue")

    def post(credential: Any) -> TestResponse:
        return service.client().post("/credentials/issue", json={"credential": credential}, headers=headers)

    answer = post(own_credential(service, id="https://a.example/credentials/1"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert verify(service, answer.json["verifiableCredential"]).status_code == 200
    line = service.services.store.audit.recent(1, 0)[0]
    assert (line.action, line.subject) == ("document.sign", "https://a.example/credentials/1")
    assert line.actor.startswith("api:")

    without = {name: value for name, value in CREDENTIAL.items() if name != "issuer"}
    for refused in (
        CREDENTIAL,
        without,
        own_credential(service, **INLINE),
        own_credential(service, **{"@context": [V2, EXAMPLES]}),
        own_credential(service, undefined="x"),
        own_credential(service, refreshService={"id": "did:example:refresh"}),
        own_credential(
            service, **{"@context": [V2, OB3], "type": ["VerifiableCredential", "OpenBadgeCredential"]}
        ),
    ):
        assert post(refused).status_code == 422, refused


def test_attack_65_nobody_takes_an_index_of_our_lists(sqlite_service: Service) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": f"{sqlite_service.settings.public_url}/status/1",
    }
    answer = sqlite_service.client().post(
        "/credentials/issue",
        json={"credential": own_credential(sqlite_service, credentialStatus=entry)},
        headers=sqlite_service.api_headers("vc-api:issue"),
    )
    assert answer.status_code == 422
    assert answer.json["faults"][0]["place"] == "/credentialStatus"


def test_a_key_is_needed_and_its_scope(sqlite_service: Service) -> None:
    service = sqlite_service
    body = {"credential": own_credential(service)}
    assert service.client().post("/credentials/issue", json=body).status_code == 401
    for scope, status in (("credentials:issue", 403), ("vc-api:issue", 201)):
        answer = service.client().post("/credentials/issue", json=body, headers=service.api_headers(scope))
        assert answer.status_code == status
    assert change_status(service, "x", "revocation") == 401
    assert change_status(service, "x", "revocation", headers=service.api_headers("vc-api:issue")) == 403
    assert service.client().get("/issuers").status_code == 404
    assert issue(service, CREDENTIAL, "eddsa-rdfc-2022").status_code == 404


def test_a_badge_is_suspended_restored_and_revoked_by_its_id(sqlite_service: Service) -> None:
    service = sqlite_service
    number = service.issue()
    url = f"{service.settings.public_url}/credentials/{number}"
    headers = service.api_headers("credentials:status")

    def state() -> CredentialState:
        record = service.services.store.credentials.get(number)
        assert record is not None
        return record.state

    assert change_status(service, url, "suspension", headers=headers) == 200
    assert state() is CredentialState.SUSPENDED
    assert change_status(service, url, "suspension", status=False, headers=headers) == 200
    assert state() is CredentialState.ACTIVE
    assert change_status(service, url, "revocation", headers=headers) == 200
    assert state() is CredentialState.REVOKED
    assert change_status(service, url, "revocation", status=False, headers=headers) == 409
    assert change_status(service, f"{url}x", "revocation", headers=headers) == 404
    assert change_status(service, "https://a.example/1", "revocation", headers=headers) == 404
