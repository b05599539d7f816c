"""Credentials and presentations in tokens and envelopes get the same checks, in the same order, as others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.verification import Outcome
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.keys.did_jwk import did_jwk
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.open_badges_jwt import sign_open_badges_jwt
from credserv.proof.tokens.sd_jwt_issue import bind_sd_jwt, present_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import sign_vc_jwt, sign_vp_jwt
from credserv.verifying.presentation import verify_presentation
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import NOW, SIGNED_AT, issuer, suite
from tests.testkit.tokens import HOLDER, TokenIssuer, rsa_signer, token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry, verifier
from tests.testkit.why import why

ISSUER, OTHER = token_issuer(), token_issuer(KeyType.P256, seed=3)
ORDER = ["parse", "structure", "schema", "subject", "proof", "refresh", "status", "validity", "endorsements"]


def vc(by: TokenIssuer = ISSUER, **changes: Any) -> str:
    return sign_vc_jwt(by.badge(**changes), signer=by.signer, verification_method=by.method)


def sd(by: TokenIssuer = ISSUER, **options: Any) -> str:
    arguments: dict[str, Any] = {"signer": by.signer, "verification_method": by.method} | options
    return sign_sd_jwt(by.badge(), **arguments)


def ob(by: TokenIssuer = ISSUER) -> str:
    return sign_open_badges_jwt(by.badge(), signer=by.signer, verification_method=by.method)


def verify(secured: str | Mapping[str, Any], hosts: Hosts | None = None, **options: Any) -> Verified:
    arguments: dict[str, Any] = {"now": NOW, "resolvers": (hosts or Hosts()).resolvers} | options
    return verifier().verify_secured(secured, **arguments)


FORMS = {
    "vc+jwt": (vc, "vc+jwt, EdDSA"),
    "vc+sd-jwt": (sd, "vc+sd-jwt, EdDSA"),
    "Open Badges JWT": (ob, "Open Badges 3.0, 8.2; JWT, EdDSA"),
    "enveloped vc+jwt": (lambda: envelope(vc()), "vc+jwt, EdDSA"),
    "enveloped vc+sd-jwt": (lambda: envelope(sd()), "vc+sd-jwt, EdDSA"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_passes_every_check_in_order(form: str) -> None:
    make, mechanism = FORMS[form]
    verified = verify(make())
    assert [check.name for check in verified.result.checks] == ORDER
    assert verified.result.verified, verified.result.checks
    assert verified.document == ISSUER.badge()
    proof = verified.result.check("proof")
    assert proof is not None
    assert proof.spec.endswith(mechanism)
    assert ISSUER.method in proof.reason


@pytest.mark.parametrize("form", FORMS)
def test_every_form_with_a_changed_signature(form: str) -> None:
    secured = FORMS[form][0]()
    token = secured["id"] if isinstance(secured, dict) else secured
    at = token.rindex(".") + 5
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    verified = verify(secured | {"id": changed} if isinstance(secured, dict) else changed)
    proof = verified.result.check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (Outcome.FAILED, "invalid-signature")
    assert [check.outcome for check in verified.result.checks[-4:]] == [Outcome.SKIPPED] * 4


def test_status_and_dates_are_those_of_the_credential_inside() -> None:
    revoked = verify(vc(credentialStatus=status_entry()), Hosts({STATUS_URL: signed_list(issuer(1), 94567)}))
    expired = verify(vc(validUntil="2026-03-14T09:10:00Z"))
    for verified, name, code in ((revoked, "status", "revoked"), (expired, "validity", "expired")):
        check = verified.result.check(name)
        assert check is not None
        assert check.code == code
        proof = verified.result.check("proof")
        assert proof is not None
        assert proof.outcome is Outcome.PASSED


@pytest.mark.parametrize("enveloped", [False, True])
def test_a_status_list_in_a_token(enveloped: bool) -> None:
    unsigned = signed_list(issuer(1), 94567)
    del unsigned["proof"]
    token = sign_vc_jwt(unsigned, signer=ISSUER.signer, verification_method=ISSUER.method)
    page: Any = envelope(token) if enveloped else token.encode()
    for index, outcome in ((94567, Outcome.FAILED), (94568, Outcome.PASSED)):
        verified = verify(vc(credentialStatus=status_entry(index)), Hosts({STATUS_URL: page}))
        check = verified.result.check("status")
        assert check is not None
        assert check.outcome is outcome
    forged: Any = envelope(token[:-9] + "AAAAAAAAA") if enveloped else token[:-9].encode() + b"AAAAAAAAA"
    check = verify(vc(credentialStatus=status_entry(1)), Hosts({STATUS_URL: forged})).result.check("status")
    assert check is not None
    assert check.outcome is Outcome.FAILED


def test_the_structure_inside_a_token_is_judged() -> None:
    for changes in ({"type": ["VerifiablePresentation"]}, {"@context": ["https://other.example"]}):
        verified = verify(vc(**changes))
        check = verified.result.check("structure")
        assert check is not None
        assert check.outcome is Outcome.FAILED
        assert not verified.result.verified


def test_proof_only() -> None:
    verified = verify(vc(validUntil="2026-03-14T09:10:00Z"), proof_only=True)
    assert [check.name for check in verified.result.checks] == ["proof"]
    assert verified.result.verified


@pytest.mark.parametrize("key", [OTHER, rsa_signer()], ids=["P-256", "RSA"])
def test_an_issuer_that_is_its_own_json_web_key(key: Any) -> None:
    jwk, signer = (key.jwk, key.signer) if isinstance(key, TokenIssuer) else (key.public_jwk, key)
    did = did_jwk(jwk)
    document = ISSUER.badge(issuer={"id": did, "type": ["Profile"]})
    token = sign_open_badges_jwt(document, signer=signer, verification_method=f"{did}#0")
    assert verify(token).result.verified


def test_only_what_was_disclosed_is_shown() -> None:
    token = present_sd_jwt(sd(disclosable=[("name",), ("credentialSubject", "id")]), withhold=["name"])
    document = verify(token).document
    assert "name" not in document
    assert document["credentialSubject"]["id"] == HOLDER


def test_a_holder_who_was_asked_to_sign() -> None:
    token = sd(holder_jwk=OTHER.jwk)
    binding = Binding("https://reader.example", "n")
    bound = bind_sd_jwt(token, signer=OTHER.signer, binding=binding, now=NOW)
    assert verify(bound, binding=binding).result.verified
    for unbound in (token, vc(), ob(), envelope(vc())):
        found = verify(unbound, binding=binding)
        assert [check.code for check in found.result.checks if check.outcome is Outcome.FAILED] == ["proof"]


@pytest.mark.parametrize(
    ("changes", "code", "outcome"),
    [
        ({"id": "data:application/vc+cbor;base64,0oRY"}, "unsupported-proof", Outcome.UNKNOWN),
        ({"id": "data:application/vc+cose,0oRY"}, "unsupported-proof", Outcome.UNKNOWN),
        ({"id": "data:application/vc+cose;base64,0oRY"}, "malformed-proof", Outcome.FAILED),
        ({"id": "data:application/vc+jwt;charset=utf-8,a.b.c"}, "unsupported-proof", Outcome.UNKNOWN),
        ({"id": "data:application/vp+jwt,a.b.c"}, "malformed-proof", Outcome.FAILED),
        ({"id": "data:text/plain,a.b.c"}, "malformed-proof", Outcome.FAILED),
        ({"id": "https://issuer.example/1"}, "malformed-proof", Outcome.FAILED),
        ({"id": 5}, "malformed-proof", Outcome.FAILED),
        ({"id": envelope(vc())["id"].replace("vc+jwt", "vc+sd-jwt", 1)}, "malformed-proof", Outcome.FAILED),
        ({"@context": "https://www.w3.org/2018/credentials/v1"}, "malformed-proof", Outcome.FAILED),
        ({"name": "Chief of everything"}, "malformed-proof", Outcome.FAILED),
        (
            {"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]},
            "malformed-proof",
            Outcome.FAILED,
        ),
    ],
)
def test_an_envelope_that_is_none(changes: dict[str, Any], code: str, outcome: Outcome) -> None:
    verified = verify(envelope(vc()) | changes)
    proof = verified.result.check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (outcome, code)
    assert verified.document == {}
    assert not verified.result.verified


# --- presentations ------------------------------------------------------------------------------

CHALLENGE, DOMAIN = "n-1", "https://reader.example"


def presentation(*credentials: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": OTHER.did,
        "verifiableCredential": list(credentials),
    } | changes


def vp(*credentials: Any, by: TokenIssuer = OTHER, **changes: Any) -> str:
    return sign_vp_jwt(
        presentation(*credentials, **changes),
        signer=by.signer,
        verification_method=by.method,
        binding=Binding(DOMAIN, CHALLENGE),
        issued_at=NOW,
    )


def data_integrity(*credentials: Any, purpose: str = "authentication") -> dict[str, Any]:
    holder = issuer(4)
    return add_proof(
        presentation(*credentials, holder=holder.did),
        suite=suite(),
        signer=holder.signer,
        verification_method=holder.method,
        created=SIGNED_AT,
        purpose=purpose,
        extras=ProofExtras(challenge=CHALLENGE, domain=(DOMAIN,)),
    )


def check_vp(secured: str | Mapping[str, Any], **options: Any) -> Verified:
    arguments = {
        "now": NOW,
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "resolvers": Hosts().resolvers,
    } | options
    return verify_presentation(verifier(), secured, **arguments)


GOOD = {
    "vp+jwt": lambda: vp(envelope(vc())),
    "enveloped": lambda: envelope(vp(envelope(vc())), Kind.PRESENTATION),
    "data integrity": lambda: data_integrity(envelope(vc())),
}


@pytest.mark.parametrize("form", GOOD)
def test_a_presentation_with_its_credentials(form: str) -> None:
    verified = check_vp(GOOD[form]())
    assert verified.result.verified, verified.result.checks
    assert [check.name for check in verified.result.checks] == ["parse", "structure", "proof", "credential"]
    assert verified.holder in (OTHER.did, issuer(4).did)
    assert [item.document for item in verified.within] == [ISSUER.badge()]


@pytest.mark.parametrize("form", GOOD)
@pytest.mark.parametrize("asked", [{"challenge": "n-2"}, {"domain": "https://other.example"}])
def test_a_presentation_made_for_another_reader_or_occasion(form: str, asked: dict[str, str]) -> None:
    verified = check_vp(GOOD[form](), **asked)
    proof = verified.result.check("proof")
    assert proof is not None
    assert proof.outcome is Outcome.FAILED
    assert verified.holder == ""
    assert not verified.result.verified


@pytest.mark.parametrize("form", GOOD)
def test_what_was_not_asked_is_not_compared(form: str) -> None:
    for asked in ({"challenge": None}, {"domain": None}, {"challenge": None, "domain": None}):
        assert check_vp(GOOD[form](), **asked).result.verified


def test_credentials_of_every_kind_stand_in_one_presentation() -> None:
    inside = issuer(1).sign(ISSUER.badge())
    verified = check_vp(vp(inside, envelope(vc()), envelope(sd())))
    assert verified.result.verified, verified.result.checks
    assert len(verified.within) == 3


def test_one_credential_that_does_not_hold_is_enough() -> None:
    verified = check_vp(vp(envelope(vc()), envelope(vc(validUntil="2026-03-14T09:10:00Z"))))
    assert [check.outcome for check in verified.result.checks if check.name == "credential"] == [
        Outcome.PASSED,
        Outcome.FAILED,
    ]
    assert not verified.result.verified
    assert not verified.result.unknown


def test_one_that_cannot_be_judged_leaves_it_unknown() -> None:
    other = envelope(vc()) | {"id": "data:application/vc+cbor;base64,0oRY"}
    verified = check_vp(vp(other, envelope(vc())))
    assert verified.result.unknown
    assert not verified.result.verified
    assert why(verified.result) == {"credential: unsupported-proof"}


def test_a_holder_whose_key_it_is_not() -> None:
    for secured in (vp(envelope(vc()), holder=ISSUER.did), vp(envelope(vc()), holder=["did:example:1"])):
        proof = check_vp(secured).result.check("proof")
        assert proof is not None
        assert proof.outcome is Outcome.FAILED


def test_no_holder_named_means_whoever_signed() -> None:
    document = presentation(envelope(vc()))
    del document["holder"]
    token = sign_vp_jwt(
        document,
        signer=OTHER.signer,
        verification_method=OTHER.method,
        binding=Binding(DOMAIN, CHALLENGE),
        issued_at=NOW,
    )
    assert check_vp(token).holder == OTHER.did


def test_a_proof_for_assertions_is_no_proof_of_a_holder() -> None:
    proof = check_vp(data_integrity(purpose="assertionMethod")).result.check("proof")
    assert proof is not None
    assert proof.code == "verification-method"


def test_a_presentation_that_nobody_signed() -> None:
    for changes in ({}, {"proof": []}):
        document = presentation(envelope(vc())) | changes
        del document["holder"]
        verified = check_vp(document)
        proof = verified.result.check("proof")
        assert proof is not None
        assert proof.code == "missing-proof"


def test_only_so_many_credentials_are_looked_at() -> None:
    verified = check_vp(vp(*["a.b.c"] * 40))
    assert len(verified.within) == 32
    assert verified.result.checks[-1].code == "too-large"


def test_a_credential_is_no_presentation() -> None:
    for secured in (vc(), envelope(vc()), issuer(1).sign(ISSUER.badge())):
        assert not check_vp(secured, challenge=None, domain=None).result.verified


def test_an_old_presentation() -> None:
    token = sign_vp_jwt(
        presentation(),
        signer=OTHER.signer,
        verification_method=OTHER.method,
        binding=Binding(DOMAIN, CHALLENGE),
        issued_at=NOW,
        expires=NOW + timedelta(minutes=1),
    )
    assert check_vp(token).result.verified
    assert not check_vp(token, now=NOW + timedelta(minutes=2)).result.verified


def test_proof_only_of_a_presentation() -> None:
    verified = check_vp(vp("a.b.c"), proof_only=True)
    assert [check.name for check in verified.result.checks] == ["proof"]
    assert verified.result.verified
