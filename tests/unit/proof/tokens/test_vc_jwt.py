"""vc+jwt and vp+jwt: what is signed verifies with the issuer's key of every kind, and says what it said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, decode_base64url
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    ProofError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import thumbprint
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.token import Binding
from credserv.proof.tokens.vc_jwt import parse_vc_jwt, parse_vp_jwt, sign_vc_jwt, sign_vp_jwt
from tests.testkit.proofs import NOW
from tests.testkit.tokens import TokenIssuer, circumstances, token_issuer, with_jwk

ISSUER = token_issuer()
BINDING = Binding("https://reader.example", "n-1")
DAY = 86_400
BEGINS, ENDS = 1_773_478_800, 1_836_637_200  # validFrom and validUntil of the badge


def sign(by: TokenIssuer, document: dict[str, Any] | None = None) -> str:
    return sign_vc_jwt(document or by.badge(), signer=by.signer, verification_method=by.method)


def verify(token: str, by: TokenIssuer = ISSUER, **changes: Any) -> str:
    return parse_vc_jwt(token).verify(by.did, circumstances(**changes))


@pytest.mark.parametrize("key_type", list(KeyType), ids=lambda key_type: key_type.name)
def test_every_kind_of_key(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    token = sign(by)
    assert parse_vc_jwt(token).document == by.badge()
    assert verify(token, by) == by.method
    head, payload, signature = token.split(".")
    assert parse_json_object(decode_base64url(head)) == {
        "alg": by.algorithm,
        "kid": by.method,
        "typ": "vc+jwt",
        "cty": "vc",
    }
    other = sign(by, by.badge(name="Other")).split(".")[1]
    with pytest.raises(InvalidSignatureError):
        verify(f"{head}.{other}.{signature}", by)
    assert payload != other


def test_the_mechanism_is_named() -> None:
    assert parse_vc_jwt(sign(ISSUER)).mechanism == "VC-JOSE-COSE 1.0, 3.1; vc+jwt, EdDSA"


@pytest.mark.parametrize("member", ["iss", "exp", "vc", "proof", "_sd", "nonce"])
def test_members_of_the_envelope_are_not_signed_as_the_credentials(member: str) -> None:
    with pytest.raises(InputError, match=member):
        sign(ISSUER, ISSUER.badge(**{member: "x"}))


def test_claims_that_say_the_same_as_the_credential_are_welcome_and_not_shown() -> None:
    document = ISSUER.badge()
    subject = document["credentialSubject"]["id"]
    claims = {"iss": ISSUER.did, "jti": document["id"], "sub": subject, "nbf": BEGINS, "exp": ENDS}
    token = ISSUER.forge(ISSUER.header(), document | claims | {"iat": BEGINS})
    assert verify(token) == ISSUER.method
    assert parse_vc_jwt(token).document == document


def test_an_end_that_the_credential_does_not_have_ends_the_signature() -> None:
    document = ISSUER.badge()
    del document["validUntil"]
    ends = int((NOW + timedelta(days=1)).timestamp())
    token = ISSUER.forge(ISSUER.header(), document | {"exp": ends})
    assert verify(token)
    with pytest.raises(ProofError, match="expired"):
        verify(token, now=NOW + timedelta(days=1))


def test_an_end_that_the_credential_has_is_not_judged_with_the_proof() -> None:
    """So that an expired credential is told as genuine and expired."""
    token = ISSUER.forge(ISSUER.header(), ISSUER.badge() | {"exp": ENDS})
    assert verify(token, now=NOW + timedelta(days=4_000))


def test_made_later_than_now() -> None:
    for issued in (BEGINS + 10 * DAY, "2026-04-01T00:00:00Z"):
        with pytest.raises(ProofError, match="later than now"):
            verify(ISSUER.forge(ISSUER.header(), ISSUER.badge() | {"iat": issued}))


def test_for_one_reader_is_not_for_everyone() -> None:
    with pytest.raises(ProofError, match="aud"):
        verify(ISSUER.forge(ISSUER.header(), ISSUER.badge() | {"aud": "https://reader.example"}))


# --- which key ----------------------------------------------------------------------------------


def test_names_of_a_key() -> None:
    did = "did:web:issuer.example"
    document = with_jwk(did, ISSUER.jwk | {"kid": "mine"})
    claims = ISSUER.badge(issuer={"id": did, "type": ["Profile"]})
    for kid in (f"{did}#key-1", "#key-1", "mine", "key-1", did, thumbprint(ISSUER.jwk), None):
        token = parse_vc_jwt(ISSUER.forge(ISSUER.header(kid=kid), claims))
        assert token.verify(did, circumstances(resolve_did=lambda _: document)) == f"{did}#key-1"
    for kid in ("key-2", "other", "did:web:other.example#key-1", "key-1#"):
        token = parse_vc_jwt(ISSUER.forge(ISSUER.header(kid=kid), claims))
        with pytest.raises(VerificationMethodError):
            token.verify(did, circumstances(resolve_did=lambda _: document))


def test_without_a_name_each_key_that_fits_is_tried() -> None:
    did = "did:web:issuer.example"
    document = with_jwk(did, ISSUER.jwk)
    second = document["verificationMethod"][0] | {
        "id": f"{did}#key-2",
        "publicKeyJwk": token_issuer(seed=2).jwk,
    }
    third = second | {"id": f"{did}#key-3", "publicKeyJwk": token_issuer(KeyType.P256).jwk}
    token = parse_vc_jwt(ISSUER.forge(ISSUER.header(kid=None), ISSUER.badge(issuer=did)))

    def resolve(*entries: dict[str, Any]) -> Any:
        methods = [*document["verificationMethod"], *entries]
        whole = {"id": did, "verificationMethod": methods, "assertionMethod": [m["id"] for m in methods]}
        return circumstances(resolve_did=lambda _: whole)

    assert token.verify(did, resolve(third)) == f"{did}#key-1"
    assert token.verify(did, resolve(second)) == f"{did}#key-1"
    stranger = parse_vc_jwt(token_issuer(seed=3).forge(ISSUER.header(kid=None), ISSUER.badge(issuer=did)))
    with pytest.raises(InvalidSignatureError):
        stranger.verify(did, resolve(second))


@pytest.mark.parametrize(
    "entry",
    [
        {"controller": "did:web:other.example"},
        {"type": "RsaVerificationKey2018"},
        {"publicKeyMultibase": token_issuer(seed=2).signer.public_key_multibase},
        {"publicKeyJwk": {"kty": "OKP"}},
        {"revoked": "2026-03-01T00:00:00Z"},
        {"expires": "2026-03-14T09:26:53Z"},
        {"expires": 5},
    ],
    ids=lambda entry: "-".join(entry),
)
def test_a_key_that_is_not_the_issuers_to_use(entry: dict[str, Any]) -> None:
    did = "did:web:issuer.example"
    document = with_jwk(did, ISSUER.jwk, **entry)
    token = parse_vc_jwt(ISSUER.forge(ISSUER.header(kid="#key-1"), ISSUER.badge(issuer=did)))
    with pytest.raises(VerificationMethodError):
        token.verify(did, circumstances(resolve_did=lambda _: document))


def test_a_document_of_someone_else_is_not_the_issuers() -> None:
    thief = token_issuer(seed=9)
    token = parse_vc_jwt(thief.forge(thief.header(), ISSUER.badge()))
    asking = circumstances(resolve_did=lambda _: did_key_document(thief.did))
    with pytest.raises(ProofError, match="not that of"):
        token.verify(ISSUER.did, asking)


def test_a_key_for_authentication_signs_no_credential() -> None:
    did = "did:web:issuer.example"
    document = with_jwk(did, ISSUER.jwk)
    document["authentication"] = document.pop("assertionMethod")
    token = parse_vc_jwt(ISSUER.forge(ISSUER.header(kid="#key-1"), ISSUER.badge(issuer=did)))
    with pytest.raises(VerificationMethodError, match="assertionMethod"):
        token.verify(did, circumstances(resolve_did=lambda _: document))


# --- presentations ------------------------------------------------------------------------------


def presentation(**changes: Any) -> dict[str, Any]:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": ISSUER.did,
        "verifiableCredential": [],
    }
    return document | changes


def present(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "signer": ISSUER.signer,
        "verification_method": ISSUER.method,
        "binding": BINDING,
        "issued_at": NOW,
    }
    return sign_vp_jwt(presentation(), **arguments | changes)


def test_a_presentation_for_its_reader() -> None:
    token = parse_vp_jwt(present())
    assert token.document == presentation()
    for binding in (BINDING, None):
        assert token.verify(ISSUER.did, circumstances(binding, purpose="authentication")) == ISSUER.method


@pytest.mark.parametrize(
    "binding", [Binding("https://other.example", "n-1"), Binding("https://reader.example", "n-2")]
)
def test_a_presentation_for_another_reader_or_occasion(binding: Binding) -> None:
    with pytest.raises(ProofError, match="another"):
        parse_vp_jwt(present()).verify(ISSUER.did, circumstances(binding))


def test_a_presentation_that_has_ended() -> None:
    token = parse_vp_jwt(present(expires=NOW + timedelta(minutes=5)))
    assert token.verify(ISSUER.did, circumstances(BINDING))
    with pytest.raises(ProofError, match="expired"):
        token.verify(ISSUER.did, circumstances(BINDING, now=NOW + timedelta(minutes=5)))


def test_a_presentation_by_someone_else_than_it_says() -> None:
    claims = presentation() | {"iss": "did:example:other"}
    token = parse_vp_jwt(ISSUER.forge(ISSUER.header(typ="vp+jwt"), claims))
    with pytest.raises(MalformedProofError, match="holder"):
        token.verify(ISSUER.did, circumstances())


def test_algorithms_that_are_merely_unknown_establish_nothing() -> None:
    for algorithm in ("PS384", "ES256K-R", "RS512", "Ed448"):
        with pytest.raises(UnsupportedProofError):
            parse_vc_jwt(ISSUER.forge(ISSUER.header(alg=algorithm), ISSUER.badge()))


@pytest.mark.parametrize("signature", ["", "A" * 20_000], ids=["none", "long"])
def test_a_signature_that_is_missing_or_endless_is_told_as_such(signature: str) -> None:
    with pytest.raises(MalformedProofError, match="signature is missing, or too long"):
        parse_vc_jwt(f"{sign(ISSUER).rpartition('.')[0]}.{signature}")
