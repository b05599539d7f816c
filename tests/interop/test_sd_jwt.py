"""The package sd-jwt, and openvc-core, read our SD-JWT; we read what sd-jwt makes; altered ones are refused.

openvc-core gives what it makes the type dc+sd-jwt, which is another profile and is refused here by that name.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from openvc.keys import P256SigningKey
from openvc.proof.errors import ProofError as TheirProofError
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, MalformedProofError, ProofError
from credserv.proof.tokens.envelope import parse_token
from credserv.proof.tokens.sd_jwt import parse_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import bind_sd_jwt, present_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding, Kind
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer, with_jwk

ISSUER, HOLDER = token_issuer(KeyType.P256), token_issuer(KeyType.P256, seed=5)
DID = "did:web:issuer.example"
BINDING = Binding("https://reader.example", "n-1")
PATHS = [("name",), ("credentialSubject", "achievement"), ("credentialSubject", "achievement", "tag", 0)]


def ours(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "signer": ISSUER.signer,
        "verification_method": ISSUER.method,
        "disclosable": PATHS,
        "holder_jwk": HOLDER.jwk,
        "decoys": 2,
    }
    return sign_sd_jwt(ISSUER.badge(), **arguments | changes)


def bound(token: str) -> str:
    return bind_sd_jwt(token, signer=HOLDER.signer, binding=BINDING, now=NOW)


def changed(token: str, place: int) -> str:
    other = "A" if token[place] != "A" else "B"
    return token[:place] + other + token[place + 1 :]


def alterations(token: str) -> list[str]:
    """In the issuer's payload, its signature, a disclosure, and the key binding."""
    dots = [place for place, letter in enumerate(token) if letter == "."]
    return [
        changed(token, place) for place in (dots[0] + 60, dots[1] + 5, token.index("~") + 5, dots[-1] + 5)
    ]


# --- sd-jwt -------------------------------------------------------------------------------------------


def they_read(token: str, *, nonce: str = "n-1") -> dict[str, Any]:
    key = JWK.from_json(json.dumps(ISSUER.jwk))
    verifier = SDJWTVerifier(token, lambda *_: key, BINDING.audience, nonce)
    payload: dict[str, Any] = verifier.get_verified_payload()
    return payload


def test_they_read_ours() -> None:
    payload = they_read(bound(ours()))
    del payload["cnf"]
    assert payload == ISSUER.badge()


def test_they_read_what_our_holder_chose() -> None:
    payload = they_read(bound(present_sd_jwt(ours(), withhold=["name"])))
    assert "name" not in payload
    assert payload["credentialSubject"] == ISSUER.badge()["credentialSubject"]


def test_they_refuse_altered_copies_of_ours() -> None:
    token = bound(ours())
    for other in alterations(token):
        with pytest.raises((JWException, ValueError)):
            they_read(other)
    with pytest.raises(ValueError, match="nonce"):
        they_read(token, nonce="n-2")


def theirs(**header: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Made, presented and bound by them: the token, the issuer's document, the credential."""
    issuer_key, holder_key = JWK.generate(kty="EC", crv="P-256"), JWK.generate(kty="EC", crv="P-256")
    credential = ISSUER.badge(issuer={"id": DID, "type": ["Profile"]})
    claims = ISSUER.badge(issuer={"id": DID, "type": ["Profile"]})
    claims[SDObj("name")] = claims.pop("name")
    subject = claims["credentialSubject"]
    subject["achievement"]["tag"][0] = SDObj(subject["achievement"]["tag"][0])
    subject[SDObj("achievement")] = subject.pop("achievement")
    made = SDJWTIssuer(
        claims,
        issuer_key,
        holder_key,
        add_decoy_claims=True,
        extra_header_parameters={"typ": "vc+sd-jwt", "kid": f"{DID}#key-1"} | header,
    )
    holder = SDJWTHolder(made.sd_jwt_issuance)
    everything = {"name": True, "credentialSubject": {"achievement": {"tag": [True]}}}
    holder.create_presentation(everything, BINDING.nonce, BINDING.audience, holder_key)
    return holder.sd_jwt_presentation, with_jwk(DID, issuer_key.export_public(as_dict=True)), credential


def we_read(token: str, document: dict[str, Any], binding: Binding = BINDING) -> str:
    """They date a key binding by the clock."""
    asking = circumstances(binding, resolve_did=lambda _: document, now=datetime.now(UTC))
    return parse_sd_jwt(token).verify(DID, asking)


def test_we_read_theirs() -> None:
    token, document, credential = theirs()
    assert token.count("~") == 4
    assert parse_sd_jwt(token).document == credential
    assert we_read(token, document) == f"{DID}#key-1"


def test_we_refuse_altered_copies_of_theirs() -> None:
    token, document, _ = theirs()
    for other in alterations(token):
        with pytest.raises((ProofError, InputError)):
            we_read(other, document)
    with pytest.raises(ProofError, match="nonce"):
        we_read(token, document, Binding(BINDING.audience, "n-2"))


# --- openvc-core --------------------------------------------------------------------------------------


def openvc_reads(token: str, **options: Any) -> Any:
    arguments = {"audience": BINDING.audience, "nonce": BINDING.nonce, "require_key_binding": True} | options
    return SdJwtVcProofSuite().verify(token, public_key_jwk=ISSUER.jwk, now=NOW, **arguments)


def test_openvc_reads_ours() -> None:
    verified = openvc_reads(bound(ours()))
    claims = dict(verified.claims)
    del claims["cnf"]
    assert (verified.typ, verified.key_bound, verified.issuer) == ("vc+sd-jwt", True, ISSUER.did)
    assert claims == ISSUER.badge()


def test_openvc_refuses_altered_copies_of_ours() -> None:
    token = bound(ours())
    for other in alterations(token):
        with pytest.raises(TheirProofError):
            openvc_reads(other)
    with pytest.raises(TheirProofError):
        openvc_reads(token, nonce="n-2")


def test_found_h3_we_read_the_sd_jwt_vc_that_openvc_makes() -> None:
    key = P256SigningKey.generate(f"{DID}#key-1")
    claims = {"iss": DID, "given_name": "Pat", "family_name": "Doe"}
    made = SdJwtVcProofSuite().issue(
        claims, signing_key=key, disclosable=["given_name"], vct="https://x.example"
    )
    jwk = key.public_jwk() if callable(key.public_jwk) else key.public_jwk
    document = with_jwk(DID, dict(jwk))
    around = circumstances(resolve_did=lambda _: document, now=datetime.now(UTC))
    token = parse_token(made, Kind.CREDENTIAL)
    assert token.document["credentialSubject"] == {"given_name": "Pat", "family_name": "Doe"}
    assert token.verify(DID, around) == f"{DID}#key-1"
    issued, *rest = made.split("~")
    withheld = parse_token("~".join([issued, ""]), Kind.CREDENTIAL)
    assert len(rest) == 2
    assert withheld.document["credentialSubject"] == {"family_name": "Doe"}
    for other in alterations(made):
        with pytest.raises((ProofError, InputError)):
            parse_token(other, Kind.CREDENTIAL).verify(DID, around)


def test_what_openvc_makes_is_another_profile_and_told_so() -> None:
    key = P256SigningKey.generate(f"{DID}#key-1")
    claims = ISSUER.badge(issuer=DID) | {"iss": DID}
    made = SdJwtVcProofSuite().issue(claims, signing_key=key, disclosable=["name"], vct="https://x.example")
    with pytest.raises(MalformedProofError, match=r"dc\+sd-jwt"):
        parse_sd_jwt(made)
