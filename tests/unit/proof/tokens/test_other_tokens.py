"""Tokens of other forms: SD-JWT VC, lists of statuses, archives, documents in a claim."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    InvalidSignatureError,
    MalformedProofError,
    ProofError,
    ProofTimeError,
    UnsupportedProofError,
)
from credserv.proof.tokens.archive_token import read_archive_token, sign_archive, verify_archive_token
from credserv.proof.tokens.data_model_1_jwt import V1, V2, holds_presentation, read_wrapped
from credserv.proof.tokens.sd_jwt_vc import SdJwtVcToken, document_name, is_sd_jwt_vc, parse_sd_jwt_vc
from credserv.proof.tokens.status_list_token import parse_status_list_token, sign_status_list_token
from credserv.proof.tokens.token import Binding, Kind
from tests.testkit.certificates import certified
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer

BY, OTHER = token_issuer(), token_issuer(seed=2)
SECONDS = int(NOW.timestamp())
VCT = "https://badges.example/vct"
URL = "https://badges.example/status/1"


def header(typ: str | None, **more: Any) -> dict[str, Any]:
    return BY.header(typ=typ, **more)


def sd_jwt_vc(**claims: Any) -> SdJwtVcToken:
    said = {"iss": BY.did, "vct": VCT} | claims
    kept = {name: value for name, value in said.items() if value is not None}
    return parse_sd_jwt_vc(BY.forge(header("dc+sd-jwt"), kept) + "~")


def test_an_sd_jwt_vc_in_the_words_of_the_data_model() -> None:
    token = sd_jwt_vc()
    assert token.document == {"type": VCT, "name": VCT, "issuer": BY.did, "credentialSubject": {}}
    assert (token.names_issuer, token.claimed_signer) == (True, BY.did)
    assert token.mechanism.endswith("; dc+sd-jwt, EdDSA")
    full = sd_jwt_vc(
        jti="urn:1", sub="did:example:s", nbf=SECONDS, exp=SECONDS + 60, name="Ada", id="x", cnf={}, aud=None,
        status={"status_list": {"idx": 7, "uri": URL}},
    ).document  # fmt: skip
    assert full == {
        "id": "urn:1",
        "type": VCT,
        "name": VCT,
        "issuer": BY.did,
        "validFrom": format_instant(NOW),
        "validUntil": format_instant(NOW + timedelta(seconds=60)),
        "credentialSubject": {"id": "did:example:s", "name": "Ada"},
        "credentialStatus": {"type": "TokenStatusList", "idx": 7, "uri": URL},
    }


@pytest.mark.parametrize("status", [7, {}, {"other": 1}, {"status_list": {}, "other": 1}])
def test_a_status_of_another_kind_is_never_passed_over(status: Any) -> None:
    assert sd_jwt_vc(status=status).document["credentialStatus"] == {"type": "status of a token"}


def test_a_status_list_of_another_form_names_no_place() -> None:
    told = sd_jwt_vc(status={"status_list": 7}).document["credentialStatus"]
    assert told == {"type": "TokenStatusList", "idx": None, "uri": None}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"vct": None}, "vct of the SD-JWT VC"),
        ({"vct": ""}, "vct of the SD-JWT VC"),
        ({"vct": 7}, "vct of the SD-JWT VC"),
        ({"iss": ""}, "iss of the SD-JWT VC"),
        ({"sub": 7}, "sub of the SD-JWT VC"),
        ({"jti": ""}, "jti of the SD-JWT VC"),
    ],
)
def test_the_names_of_an_sd_jwt_vc_are_texts(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        sd_jwt_vc(**claims)


def test_whom_its_certificate_names_is_its_issuer_where_it_names_none() -> None:
    chain = [certified("S", dns="issuer.example").text]
    token = parse_sd_jwt_vc(BY.forge(header("dc+sd-jwt", kid=None, x5c=chain), {"vct": VCT}) + "~")
    assert (token.issuer, token.names_issuer) == ("https://issuer.example", False)
    with pytest.raises(UnsupportedProofError, match="names one issuer"):
        sd_jwt_vc(iss=None)


def test_an_sd_jwt_vc_is_judged_by_its_issuers_keys() -> None:
    assert sd_jwt_vc(exp=1).verify(BY.did, circumstances()) == BY.method  # its end is its validity
    with pytest.raises(ProofTimeError, match="later than now"):
        sd_jwt_vc(iat=SECONDS + 61).verify(BY.did, circumstances())
    with pytest.raises(ProofError, match="addressed to one reader"):
        sd_jwt_vc(aud="x").verify(BY.did, circumstances())
    with pytest.raises(ProofError, match="key binding is missing"):
        sd_jwt_vc().verify(BY.did, circumstances(Binding("a", "n")))
    assert document_name("did:a") == "did:a"
    assert document_name("https://a").endswith("https://a")
    assert document_name("https://a") != "https://a"


def test_which_sd_jwts_are_of_the_ietf() -> None:
    def told(typ: str, claims: Any) -> bool:
        return is_sd_jwt_vc(BY.forge(header(typ), claims))

    assert told("dc+sd-jwt", {})
    assert told("vc+sd-jwt", {"vct": VCT})
    for typ, claims in (
        ("vc+sd-jwt", {"vct": VCT, "@context": []}),
        ("vc+sd-jwt", {}),
        ("vp+sd-jwt", {"vct": VCT}),
        ("vc+sd-jwt", b"[]"),
    ):
        assert not told(typ, claims)


def status(**claims: Any) -> Any:
    said = {"sub": URL, "iat": SECONDS} | claims
    kept = {name: value for name, value in said.items() if value is not None}
    return parse_status_list_token(BY.forge(header("statuslist+jwt"), kept), URL)


def test_a_list_of_statuses_counts_between_its_dates() -> None:
    token = status(exp=SECONDS + 1)
    assert (token.issued_at, token.ends) == (NOW, NOW + timedelta(seconds=1))
    token.verify(BY.did, circumstances())
    status().verify(BY.did, circumstances())
    status(iat=SECONDS + 60).verify(BY.did, circumstances())
    assert (status().issuer("usual"), status(iss="i").issuer("usual"), status(iss=7).issuer("u")) == (
        "usual",
        "i",
        "",
    )
    for claims, why in (({"exp": SECONDS}, "has expired"), ({"iat": SECONDS + 61}, "later than now")):
        with pytest.raises(ProofTimeError, match=why):
            status(**claims).verify(BY.did, circumstances())
    with pytest.raises(MalformedProofError, match="another address"):
        status(sub=URL + "2")
    with pytest.raises(MalformedProofError, match="does not say when it was made"):
        status(iat=None)


def test_a_list_of_statuses_of_our_own_is_read() -> None:
    token = sign_status_list_token(
        "eNoDAAAAAAE", url=URL, issuer=BY.did, valid=(NOW, NOW + timedelta(days=1)), ttl_seconds=60,
        signer=BY.signer, verification_method=BY.method,
    )  # fmt: skip
    found = parse_status_list_token(token, URL)
    found.verify(BY.did, circumstances())
    assert found.jws.header == {"alg": "EdDSA", "kid": BY.method, "typ": "statuslist+jwt"}
    assert found.claims == {
        "iss": BY.did, "sub": URL, "iat": SECONDS, "exp": SECONDS + 86_400, "ttl": 60,
        "status_list": {"bits": 1, "lst": "eNoDAAAAAAE"},
    }  # fmt: skip


def test_the_signature_of_an_archive() -> None:
    token = sign_archive("ab", by=BY.did, made_at=NOW, signer=BY.signer, verification_method=BY.method)
    assert read_archive_token(token) == (BY.did, "ab", NOW)
    verify_archive_token(token, BY.did, resolve_did=circumstances().resolve_did, now=NOW)
    forged = OTHER.forge(header("credserv-archive+jwt"), {"iss": BY.did})
    with pytest.raises(InvalidSignatureError):
        verify_archive_token(forged, BY.did, resolve_did=circumstances().resolve_did, now=NOW)
    good = {"iss": BY.did, "manifest_sha256": "ab", "made_at": format_instant(NOW)}
    for name, value in (("iss", 7), ("iss", None), ("manifest_sha256", 7), ("made_at", "x"), ("made_at", 7)):
        said = {key: member for key, member in (good | {name: value}).items() if member is not None}
        with pytest.raises(MalformedProofError, match="archive cannot be read"):
            read_archive_token(BY.forge(header("credserv-archive+jwt"), said))


def wrapped(kind: Kind = Kind.CREDENTIAL, document: dict[str, Any] | None = None, **claims: Any) -> Any:
    own = {"@context": [V1], "type": ["VerifiableCredential"]} if document is None else document
    name = "vp" if kind is Kind.PRESENTATION else "vc"
    return read_wrapped(BY.forge(header(None), {name: own} | claims), kind)


def test_what_stands_in_claims_alone_is_put_in_its_place() -> None:
    said = {"iss": BY.did, "jti": "urn:1", "nbf": SECONDS, "exp": SECONDS + 60, "sub": "did:example:s"}
    for context, first, last in ((V1, "issuanceDate", "expirationDate"), (V2, "validFrom", "validUntil")):
        for contexts in (context, [context]):
            found = wrapped(document={"@context": contexts, "credentialSubject": {"a": 1}}, **said).document
            assert found == {
                "@context": contexts,
                "id": "urn:1",
                "issuer": BY.did,
                first: format_instant(NOW),
                last: format_instant(NOW + timedelta(seconds=60)),
                "credentialSubject": {"id": "did:example:s", "a": 1},
            }
    held = wrapped(Kind.PRESENTATION, {"@context": V1}, iss=BY.did, nbf=SECONDS, sub="x").document
    assert held == {"@context": V1, "holder": BY.did}
    assert wrapped(document={"@context": V1, "issuer": {"name": "A"}}, iss=BY.did).document["issuer"] == {
        "id": BY.did,
        "name": "A",
    }
    assert wrapped(document={"@context": V1, "issuer": None}).document == {"@context": V1, "issuer": None}
    several = {"@context": V1, "credentialSubject": [{}, {}]}
    assert wrapped(document=several, sub="x").document["credentialSubject"] == [{}, {}]
    alone = {"@context": V1, "credentialSubject": [{"a": 1}]}
    assert wrapped(document=alone, sub="x:y").document["credentialSubject"] == [{"id": "x:y", "a": 1}]


@pytest.mark.parametrize(
    ("claims", "error", "why"),
    [
        ({"vp": {}}, MalformedProofError, "holds the document, alone"),
        ({"vc": 7}, MalformedProofError, "holds the document, alone"),
        ({"type": ["Other"]}, MalformedProofError, "type stands beside the document"),
        ({"validUntil": "x"}, MalformedProofError, "validUntil stands beside the document"),
        ({"vc": {"@context": ["https://a.example"]}}, UnsupportedProofError, "neither data model"),
        ({"vc": {}}, UnsupportedProofError, "neither data model"),
        ({"vc": {"@context": []}}, UnsupportedProofError, "neither data model"),
        ({"iat": "x"}, MalformedProofError, "iat is"),
        ({"exp": "x"}, MalformedProofError, "exp is no number"),
    ],
)
def test_a_document_in_a_claim_stands_alone(claims: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        wrapped(**claims)


def test_a_document_in_a_claim_is_held_to_its_claims() -> None:
    own = {"@context": [V1], "issuer": BY.did, "credentialSubject": {}}
    told = circumstances()
    assert wrapped(document=own, iss=BY.did).verify(BY.did, told) == BY.method
    wrapped(document=own, exp=SECONDS).verify(BY.did, told)  # its end is then the document's own
    held = {"@context": [V1], "holder": BY.did}
    binding = circumstances(Binding("a", "n"))
    assert wrapped(Kind.PRESENTATION, held, aud="a", nonce="n").verify(BY.did, binding) == BY.method
    for token, error, circumstance in (
        (wrapped(document=own, iss=OTHER.did), MalformedProofError, told),
        (wrapped(document=own, aud="a"), ProofError, told),
        (wrapped(document=own), ProofError, binding),
        (wrapped(document=own | {"id": "urn:2"}, jti="urn:1"), MalformedProofError, told),
        (wrapped(document=own, iat=SECONDS + 61), ProofTimeError, told),
        (wrapped(Kind.PRESENTATION, held, aud="a", nonce="m"), ProofError, binding),
        (wrapped(Kind.PRESENTATION, held, iss=OTHER.did), MalformedProofError, told),
        (wrapped(Kind.PRESENTATION, held, exp=SECONDS), ProofTimeError, told),
    ):
        with pytest.raises(error):
            token.verify(BY.did, circumstance)


def test_which_tokens_hold_a_presentation() -> None:
    assert holds_presentation(BY.forge({}, {"vp": {}}))
    assert holds_presentation(BY.forge({}, {"type": ["VerifiablePresentation"]}))
    for other in (BY.forge({}, {"vc": {}}), BY.forge({}, b"[]"), "x"):
        assert not holds_presentation(other)
    assert read_wrapped(BY.forge(header(None), {}), Kind.CREDENTIAL) is None
