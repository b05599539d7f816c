"""The JWT profile of Open Badges: every claim is there and repeats the credential."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from credserv.ground.encoding import KeyType
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    SigningKeyError,
    VerificationMethodError,
)
from credserv.proof.keys.rsa_signer import RsaSigner
from credserv.proof.tokens.open_badges_jwt import (
    is_open_badges_jwt,
    parse_open_badges_jwt,
    sign_open_badges_jwt,
)
from tests.testkit.tokens import HOLDER, circumstances, rsa_signer, token_issuer, with_jwk

ISSUER = token_issuer()
DID = "did:web:issuer.example"


def claims(**changes: Any) -> dict[str, Any]:
    own = {
        "iss": ISSUER.did,
        "jti": ISSUER.badge()["id"],
        "sub": HOLDER,
        "nbf": 1_773_478_800,
        "exp": 1_836_637_200,
    }
    document = ISSUER.badge() | own | changes
    return {name: value for name, value in document.items() if value is not None}


def header(**changes: Any) -> dict[str, Any]:
    return ISSUER.header(**{"typ": "JWT"} | changes)


def verify(token: str, did: str = ISSUER.did, **changes: Any) -> str:
    return parse_open_badges_jwt(token).verify(did, circumstances(**changes))


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256])
def test_signed_and_verified(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    token = sign_open_badges_jwt(by.badge(), signer=by.signer, verification_method=by.method)
    read = parse_open_badges_jwt(token)
    assert read.document == by.badge()
    assert read.verify(by.did, circumstances()) == by.method
    assert read.mechanism == f"Open Badges 3.0, 8.2; JWT, {by.algorithm}"


def test_what_has_no_end_is_signed_without_one() -> None:
    endless = {name: value for name, value in ISSUER.badge().items() if name != "validUntil"}
    token = sign_open_badges_jwt(endless, signer=ISSUER.signer, verification_method=ISSUER.method)
    read = parse_open_badges_jwt(token)
    assert (read.document, "exp" in read.claims) == (endless, False)


def test_rs256() -> None:
    signer = rsa_signer()
    document = with_jwk(DID, signer.public_jwk)
    credential = ISSUER.badge(issuer={"id": DID, "type": ["Profile"]})
    token = sign_open_badges_jwt(credential, signer=signer, verification_method=f"{DID}#key-1")
    assert verify(token, DID, resolve_did=lambda _: document) == f"{DID}#key-1"
    changed = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    with pytest.raises(InvalidSignatureError):
        verify(changed, DID, resolve_did=lambda _: document)


def test_a_weak_rsa_key_signs_nothing() -> None:
    with pytest.raises(SigningKeyError):
        RsaSigner(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def test_claims_of_the_issuing_side_are_the_credentials() -> None:
    token = sign_open_badges_jwt(ISSUER.badge(), signer=ISSUER.signer, verification_method=ISSUER.method)
    assert parse_open_badges_jwt(token).claims == claims()
    for member in ("id", "issuer", "validFrom"):
        document = ISSUER.badge()
        del document[member]
        with pytest.raises(InputError):
            sign_open_badges_jwt(document, signer=ISSUER.signer, verification_method=ISSUER.method)


def test_a_recipient_known_by_a_hash_alone_has_no_sub() -> None:
    document = ISSUER.badge()
    del document["credentialSubject"]["id"]
    with pytest.raises(InputError, match="sub"):
        sign_open_badges_jwt(document, signer=ISSUER.signer, verification_method=ISSUER.method)


def test_without_an_id_of_the_subject_there_is_no_sub_to_miss() -> None:
    """It cannot name anybody either; of who has an id it is asked for (below)."""
    hashed = claims()["credentialSubject"] | {"id": None}
    hashed = {name: value for name, value in hashed.items() if value is not None}
    assert verify(ISSUER.forge(header(), claims(credentialSubject=hashed, sub=None))) == ISSUER.method
    assert verify(ISSUER.forge(header(), claims(credentialSubject=hashed))) == ISSUER.method
    with pytest.raises(MalformedProofError, match="sub"):
        verify(ISSUER.forge(header(), claims(credentialSubject=[hashed, hashed | {"id": HOLDER}])))
    two = [hashed, hashed | {"id": HOLDER}]
    assert not is_open_badges_jwt(ISSUER.forge(header(), claims(credentialSubject=two, sub=None)))


def test_typ_may_be_left_out() -> None:
    assert verify(ISSUER.forge(header(typ=None), claims())) == ISSUER.method


@pytest.mark.parametrize("claim", ["iss", "jti", "nbf", "sub", "exp"])
def test_a_claim_that_is_missing_or_another(claim: str) -> None:
    other: Any = 1_700_000_000 if claim in ("nbf", "exp") else "did:example:other"
    assert not is_open_badges_jwt(ISSUER.forge(header(), claims(**{claim: None})))
    token = ISSUER.forge(header(), claims(**{claim: other}))
    assert is_open_badges_jwt(token)
    with pytest.raises(MalformedProofError, match=claim):
        verify(token)


def test_an_end_that_the_credential_does_not_have() -> None:
    assert not is_open_badges_jwt(ISSUER.forge(header(), claims(validUntil=None)))
    endless = ISSUER.forge(header(), claims(validUntil=None, exp=None))
    assert is_open_badges_jwt(endless)
    assert verify(endless)


def test_a_key_in_the_header_says_which_of_the_issuers_is_meant() -> None:
    token = ISSUER.forge(header(kid=None, jwk=ISSUER.jwk), claims())
    assert verify(token) == ISSUER.method


def test_a_key_in_the_header_proves_nothing() -> None:
    thief = token_issuer(seed=9)
    for kid in (None, ISSUER.method, thief.method):
        token = thief.forge(header(kid=kid, jwk=thief.jwk), claims())
        with pytest.raises(VerificationMethodError):
            verify(token)


@pytest.mark.parametrize("changes", [{"cty": "vc"}, {"typ": "vc+jwt"}, {"x5t": "abc"}, {"kid": None}])
def test_nothing_else_is_in_the_header(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedProofError):
        parse_open_badges_jwt(ISSUER.forge(header(**changes), claims()))


def test_the_jwt_of_the_first_data_model_is_none_of_open_badges() -> None:
    with pytest.raises(MalformedProofError):
        parse_open_badges_jwt(ISSUER.forge(header(), {"iss": ISSUER.did, "vc": ISSUER.badge()}))
