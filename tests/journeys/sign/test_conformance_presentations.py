"""What W3C's suite for the data model tests of presentations, at the VC-API."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.rdf.inline_contexts import InlineCanonizer
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import sign_vp_jwt
from tests.testkit.proofs import NOW, SigningIssuer, issuer, pinned_contexts
from tests.testkit.service import Service
from tests.testkit.vc_api import CREDENTIAL, EXAMPLES, INLINE, SUBJECT, V2, issued, verify

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
    held = [
        issued(suites),
        issued(suites, issuer="ecdsa-jcs-2019"),
        issued(suites, issuer="vc-jwt"),
        issued(suites, model="1.1"),
    ]
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
