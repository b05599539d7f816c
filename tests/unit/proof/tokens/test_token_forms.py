"""What each form of token refuses before anybody asks who signed it, and whom it says that it is by."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import InputError, InvalidSignatureError, MalformedProofError
from credserv.openbadges.data_model import V2
from credserv.proof.tokens.cbor import decode_cbor
from credserv.proof.tokens.data_model_1_jwt import V1, read_wrapped
from credserv.proof.tokens.dpop import read_dpop
from credserv.proof.tokens.open_badges_jwt import parse_open_badges_jwt
from credserv.proof.tokens.sd_disclosures import apply_disclosures, parse_disclosure
from credserv.proof.tokens.sd_jwt import digest, parse_sd_jwt
from credserv.proof.tokens.status_list_token import parse_status_list_token
from credserv.proof.tokens.token import Kind
from credserv.proof.tokens.vc_jwt import parse_vc_jwt, require_claims_form
from credserv.proof.tokens.wrapped_jwt import peek_wrapped
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer

BY, OTHER, WALLET = token_issuer(), token_issuer(seed=2), token_issuer(KeyType.P256, seed=5)
SECONDS = int(NOW.timestamp())
URL = "https://badges.example/status/1"


def old(**document: Any) -> dict[str, Any]:
    return {"@context": [V1], "type": ["VerifiableCredential"]} | document


def wrapped(document: dict[str, Any], header: dict[str, Any] | None = None, **claims: Any) -> Any:
    token = BY.forge(BY.header(typ="JWT") | (header or {}), {"vc": document} | claims)
    return read_wrapped(token, Kind.CREDENTIAL)


def test_what_stands_beside_a_document_may_say_the_same() -> None:
    assert wrapped(old(), type=["VerifiableCredential"]).document == old()
    with pytest.raises(MalformedProofError, match="type stands beside the document"):
        wrapped(old(), type=["Other"])


def test_an_issuer_without_an_id_stays_so_where_no_claim_names_it() -> None:
    assert wrapped(old(issuer={"name": "A"})).document["issuer"] == {"name": "A"}
    assert wrapped(old(issuer={"id": "urn:a"}), iss="urn:b").document["issuer"] == {"id": "urn:a"}


def test_whom_a_document_in_a_claim_says_that_it_is_by() -> None:
    assert wrapped(old(), iss=OTHER.did).claimed_signer == OTHER.did
    assert wrapped(old()).claimed_signer == BY.did
    assert wrapped(old(), {"kid": "key-1"}).claimed_signer is None


@pytest.mark.parametrize(
    "claims", [{"exp": "x"}, {"nbf": True}, {"iat": "soon"}, {"vc": {}}, {"vp": {}}], ids=str
)
def test_claims_have_their_form_whoever_signed_them(claims: dict[str, Any]) -> None:
    with pytest.raises(MalformedProofError):
        require_claims_form(claims)
    with pytest.raises(MalformedProofError):
        parse_vc_jwt(BY.forge(BY.header(), BY.badge() | claims))
    with pytest.raises(MalformedProofError):
        parse_open_badges_jwt(BY.forge(BY.header(typ="JWT"), BY.badge() | claims))
    with pytest.raises(MalformedProofError):
        parse_sd_jwt(BY.forge(BY.header(typ="vc+sd-jwt"), BY.badge() | claims) + "~")


@pytest.mark.parametrize("name", ["vc", "vp"])
def test_no_disclosure_brings_a_second_document(name: str) -> None:
    disclosed = encode_base64url(to_json(["salt", name, {}]))
    signed = BY.badge() | {"_sd": [digest(disclosed, {})]}
    token = BY.forge(BY.header(typ="vc+sd-jwt"), signed)
    assert parse_sd_jwt(f"{token}~").document
    with pytest.raises(MalformedProofError, match=f"the claim {name} must not be there"):
        parse_sd_jwt(f"{token}~{disclosed}~")


@pytest.mark.parametrize("name", [7, ["sha-256"], None], ids=str)
def test_a_hash_has_a_name(name: object) -> None:
    with pytest.raises(MalformedProofError, match="_sd_alg is not the name"):
        digest("text", {"_sd_alg": name})


def test_a_type_is_seen_whole_and_what_is_below_another_member_is_not_it() -> None:
    made = parse_disclosure(encode_base64url(to_json(["salt", ["x"]])))
    element = [{"...": "d"}]
    for signed in ({"type": element}, {"vc": {"type": element}}):
        with pytest.raises(MalformedProofError, match="type must be visible as a whole"):
            apply_disclosures(signed, {"d": made})
    for path in ({"a": {"type": element}}, {"vc": {"a": element}}, {"vp": element}):
        assert apply_disclosures(path, {"d": made})


def test_a_list_of_statuses_is_signed_by_whom_it_is_asked_of() -> None:
    head, claims = BY.header(typ="statuslist+jwt"), {"sub": URL, "iat": SECONDS}
    parse_status_list_token(BY.forge(head, claims), URL).verify(BY.did, circumstances())
    with pytest.raises(InvalidSignatureError):
        parse_status_list_token(OTHER.forge(head, claims), URL).verify(BY.did, circumstances())


@pytest.mark.parametrize("characters", [0, 1, 256, 257])
def test_the_id_of_a_request_has_its_bounds(characters: int) -> None:
    told = {"htm": "POST", "htu": URL, "iat": SECONDS, "jti": "j" * characters}
    token = WALLET.forge({"alg": "ES256", "typ": "dpop+jwt", "jwk": WALLET.jwk}, told)
    asked: dict[str, Any] = {"method": "POST", "url": URL, "now": NOW, "clock_skew_seconds": 60}
    if characters in (1, 256):
        assert read_dpop(token, **asked).id == "j" * characters
    else:
        with pytest.raises(MalformedProofError, match="jti is missing, or too long"):
            read_dpop(token, **asked)


def test_an_envelope_of_the_old_form_holds_a_document_in_a_claim() -> None:
    def peeked(claims: dict[str, Any], **changes: Any) -> Any:
        token = BY.forge(BY.header(typ="JWT"), claims)
        envelope = {"@context": V2, "type": "EnvelopedVerifiableCredential"}
        return peek_wrapped(envelope | {"id": f"data:application/jwt,{token}"} | changes, Kind.CREDENTIAL)

    found = peeked({"vc": {"@context": [V2]}})
    assert (found.document, found.kind) == ({"@context": [V2]}, Kind.CREDENTIAL)
    assert peeked({"vc": 7}) is peeked({}) is None
    assert peeked({"vc": {}}, type="VerifiableCredential") is peeked({"vc": {}}, id="urn:x") is None
    assert peeked({"vc": {}}, type="EnvelopedVerifiablePresentation") is None
    assert peeked({"vc": {}}, **{"@context": 7}) is None
    bad = BY.forge({"alg": "none"}, {"vc": {}})
    assert peeked({"vc": {}}, id=f"data:application/jwt,{bad}") is None


def test_attack_39_keys_that_open_without_end_are_refused() -> None:
    with pytest.raises(InputError, match="too deep"):
        decode_cbor(b"\xa1" * 1_000_000)
