"""Which form a token has, which envelope goes around it, and what an envelope may say beside it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import MalformedProofError, ProofError, UnsupportedProofError
from credserv.proof.keys.certificates import Anchor, read_anchor
from credserv.proof.tokens.certified import certified_by, certified_key, with_certified_key
from credserv.proof.tokens.cose import CoseToken
from credserv.proof.tokens.data_model_1_jwt import V1, WrappedToken
from credserv.proof.tokens.envelope import envelope, envelope_cose, is_enveloped, open_envelope, parse_token
from credserv.proof.tokens.open_badges_jwt import OpenBadgesToken
from credserv.proof.tokens.sd_jwt import SdJwtToken
from credserv.proof.tokens.sd_jwt_vc import SdJwtVcToken, parse_sd_jwt_vc
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import JwtToken
from tests.testkit.certificates import certified
from tests.testkit.cose import forge, header
from tests.testkit.tokens import HOLDER, circumstances, token_issuer

BY, P256 = token_issuer(), token_issuer(KeyType.P256, seed=5)
CREDENTIAL, PRESENTATION = Kind.CREDENTIAL, Kind.PRESENTATION
OLD = {"@context": [V1], "type": ["VerifiableCredential"], "issuer": BY.did, "credentialSubject": {}}


def token(typ: str | None, claims: dict[str, Any] | None = None) -> str:
    return BY.forge(BY.header(typ=typ), BY.badge() if claims is None else claims)


HELD = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"]}
VC, VP = token("vc+jwt"), token("vp+jwt", HELD)
SD, SD_VP = token("vc+sd-jwt") + "~", token("vp+sd-jwt", HELD) + "~"
COSE = forge(P256, header(P256), P256.badge())


OPEN_BADGE = BY.badge(iss=BY.did, jti="urn:1", nbf=1, exp=2, sub=HOLDER)


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        (VC, CREDENTIAL, JwtToken),
        (VP, PRESENTATION, JwtToken),
        (SD, CREDENTIAL, SdJwtToken),
        (SD_VP, PRESENTATION, SdJwtToken),
        (token("dc+sd-jwt", {"iss": BY.did, "vct": "urn:v"}) + "~", CREDENTIAL, SdJwtVcToken),
        (token("JWT", {"vc": OLD}), CREDENTIAL, WrappedToken),
        (token(None, {"vc": OLD}), CREDENTIAL, WrappedToken),
        (token("JWT", {"vp": OLD}), PRESENTATION, WrappedToken),
        (token("JWT", {"vc": OLD}) + "~", CREDENTIAL, WrappedToken),
        (BY.forge(BY.header(typ="JWT", kid=None, jwk=BY.jwk), OPEN_BADGE), CREDENTIAL, OpenBadgesToken),
        (token("JWT", {**OPEN_BADGE, "exp": None}), CREDENTIAL, JwtToken),
        (token("JWT", {**OPEN_BADGE, "sub": None}), CREDENTIAL, JwtToken),
        (BY.forge(BY.header(typ="JWT", kid=None), OPEN_BADGE), CREDENTIAL, JwtToken),
        (BY.forge(BY.header(typ=None, cty="vc"), OPEN_BADGE), CREDENTIAL, JwtToken),
        (token("JWT", BY.badge()), CREDENTIAL, JwtToken),
        (token("JWT", {"iss": BY.did, "vct": "urn:v"}) + "~", CREDENTIAL, SdJwtVcToken),
    ],
)
def test_a_token_is_read_in_its_form(text: str, kind: Kind, form: type[Any]) -> None:
    assert type(parse_token(text, kind)) is form


@pytest.mark.parametrize(
    ("text", "kind"), [(VC, PRESENTATION), (VP, CREDENTIAL), (SD, PRESENTATION), (SD_VP, CREDENTIAL),
                       (token("dc+sd-jwt", {"vct": "urn:v"}) + "~", PRESENTATION),
                       (token("JWT"), PRESENTATION)]
)  # fmt: skip
def test_attack_31_a_token_of_one_kind_is_none_of_the_other(text: str, kind: Kind) -> None:
    with pytest.raises(MalformedProofError):
        parse_token(text, kind)


def test_a_document_in_a_claim_with_disclosures_after_it_may_be_bound_to_a_key() -> None:
    plain = parse_token(token("JWT", {"vc": OLD}), CREDENTIAL)
    disclosing = parse_token(token("JWT", {"vc": OLD}) + "~", CREDENTIAL)
    assert plain.verify(BY.did, circumstances()) == disclosing.verify(BY.did, circumstances()) == BY.method
    assert plain.mechanism == disclosing.mechanism == "VC Data Model 1.1, 6.3.1; JWT, EdDSA"
    asked = circumstances(Binding("reader", "n-1"))
    with pytest.raises(ProofError, match="key binding is missing"):
        disclosing.verify(BY.did, asked)
    with pytest.raises(ProofError) as told:
        plain.verify(BY.did, asked)
    assert "key binding" not in told.value.detail


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [(VC, CREDENTIAL, "vc+jwt"), (VP, PRESENTATION, "vp+jwt"), (SD, CREDENTIAL, "vc+sd-jwt")],
)
def test_an_envelope_says_what_is_in_it(text: str, kind: Kind, name: str) -> None:
    made = envelope(text, kind)
    told = "EnvelopedVerifiableCredential" if kind is CREDENTIAL else "EnvelopedVerifiablePresentation"
    assert made == {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": told,
        "id": f"data:application/{name},{text}",
    }
    assert is_enveloped(made, kind)
    assert not is_enveloped(made, PRESENTATION if kind is CREDENTIAL else CREDENTIAL)
    opened: Any = open_envelope(made, kind)
    parsed: Any = parse_token(text, kind)
    assert opened.jws == parsed.jws


def test_what_has_no_media_type_has_no_envelope() -> None:
    for text, kind in ((VP, CREDENTIAL), (VC, PRESENTATION), (token("JWT"), CREDENTIAL)):
        with pytest.raises(MalformedProofError, match=r"only a v[cp]\+jwt has an envelope"):
            envelope(text, kind)


def test_cose_is_enveloped_by_what_it_says_it_is() -> None:
    made = envelope_cose(COSE)
    assert made is not None
    assert made["id"] == f"data:application/vc+cose;base64,{base64.b64encode(COSE).decode()}"
    assert type(open_envelope(made, CREDENTIAL)) is CoseToken
    assert type(open_envelope(made | {"id": made["id"] + "\n"}, CREDENTIAL)) is CoseToken
    held = envelope_cose(forge(P256, header(P256, {16: "application/vp+cose", 3: None}), HELD))
    assert held is not None
    assert (held["type"], held["id"][:27]) == (
        "EnvelopedVerifiablePresentation",
        "data:application/vp+cose;ba",
    )
    unknown = envelope_cose(forge(P256, header(P256, {16: "text/plain"}), HELD))
    assert unknown is not None
    assert unknown["type"] == "EnvelopedVerifiableCredential"
    assert envelope_cose(b"{}") is None


ENVELOPE = envelope(VC)
LINK = ENVELOPE["id"]


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"type": "VerifiableCredential"}, MalformedProofError, "/type is neither"),
        ({"type": "EnvelopedVerifiablePresentation"}, MalformedProofError, "its type is another"),
        ({"@context": 7}, MalformedProofError, "not an EnvelopedVerifiableCredential: /"),
        ({"issuer": BY.did}, MalformedProofError, "holds 'issuer', which nobody signed"),
        ({"id": "data:text/plain,x"}, MalformedProofError, "is a data: URL of a secured document"),
        ({"id": "https://a.example/"}, MalformedProofError, "not an EnvelopedVerifiableCredential: /id"),
        ({"id": "data:application/json,{}"}, UnsupportedProofError, "not among what is read here"),
        ({"id": "data:application/vc+cbor,x"}, UnsupportedProofError, "vc.cbor is not among"),
        ({"id": LINK.replace("vc+jwt", "vp+jwt", 1)}, MalformedProofError, "is not one for an"),
        ({"id": LINK.replace("vc+jwt", "vc+jwt;base64", 1)}, UnsupportedProofError, "vc.jwt;base64 is not"),
        ({"id": LINK.replace("vc+jwt", "vc+sd-jwt", 1)}, MalformedProofError, "is no vc.sd-jwt"),
        ({"id": LINK + "~"}, MalformedProofError, "is no vc.jwt"),
        ({"id": "data:application/vc+cose,0oRY"}, UnsupportedProofError, "vc.cose is not among"),
        ({"id": "data:application/vc+cose;base64,!"}, MalformedProofError, "is no COSE: not base64"),
        ({"id": "data:application/vc+cose;base64,e30="}, MalformedProofError, "no COSE_Sign1"),
        (
            {"id": f"data:application/vc+jwt,{token('JWT', {'vc': OLD})}"},
            UnsupportedProofError,
            "is in the claim vc",
        ),
    ],
)
def test_an_envelope_holds_a_token_and_nothing_else(
    changes: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        open_envelope(ENVELOPE | changes, CREDENTIAL)


ROOT = certified("Root", ca=True)
LEAF = certified("Leaf", ROOT, dns="issuer.example")
ISSUER = "https://issuer.example"


def anchors(*issuers: str) -> tuple[Anchor, ...]:
    return (read_anchor(ROOT.pem, issuers, "2026-01-01T00:00:00Z"),)


def sd_jwt_vc(**changes: Any) -> SdJwtVcToken:
    """Its claims name no issuer, where `iss` is None."""
    said = {"vct": "urn:v"} | ({} if changes.get("iss", "") is None else {"iss": ISSUER})
    head = BY.header(typ="dc+sd-jwt", kid=None, x5c=[LEAF.text]) | changes.get("header", {})
    return parse_sd_jwt_vc(BY.forge(head, said) + "~")


def test_a_key_is_certified_where_its_certificate_alone_names_it() -> None:
    given = circumstances(anchors=anchors())
    found = certified_key(sd_jwt_vc(), ISSUER, given)
    assert found is not None
    told = with_certified_key(given, ISSUER, found)
    page = told.resolve_did(ISSUER)
    assert page["id"] == ISSUER
    assert page["assertionMethod"] == [f"{ISSUER}#{found.sha256}"]
    (entry,) = page["verificationMethod"]
    assert entry == {
        "id": f"{ISSUER}#{found.sha256}",
        "type": "JsonWebKey",
        "controller": ISSUER,
        "publicKeyJwk": found.jwk,
    }
    assert told.resolve_did(BY.did) == given.resolve_did(BY.did)
    assert certified_by(sd_jwt_vc().jws, ISSUER, given) == found
    for name in ("kid", "x5t", "x5t#S256", "x5u", "jku"):
        named = replace(sd_jwt_vc().jws, header=sd_jwt_vc().jws.header | {name: "k"})
        assert certified_by(named, ISSUER, given) is None
    bare = {name: value for name, value in sd_jwt_vc().jws.header.items() if name != "x5c"}
    assert certified_by(replace(sd_jwt_vc().jws, header=bare), ISSUER, given) is None
    assert certified_by(sd_jwt_vc().jws, ISSUER, circumstances()) is None
    assert certified_by(sd_jwt_vc().jws, "https://other.example", given) is None


def test_whom_only_a_certificate_names_has_to_be_certified() -> None:
    nameless = sd_jwt_vc(iss=None)
    assert not nameless.names_issuer
    assert certified_key(nameless, ISSUER, circumstances(anchors=anchors())) is not None
    with pytest.raises(UnsupportedProofError, match="names no issuer"):
        certified_key(nameless, ISSUER, circumstances())
    assert certified_key(sd_jwt_vc(), ISSUER, circumstances()) is None
    assert certified_key(parse_token(VC, CREDENTIAL), BY.did, circumstances(anchors=anchors())) is None


@pytest.mark.parametrize(
    "text",
    [
        BY.forge(BY.header(kid=None, x5c=[LEAF.text]), BY.badge()),
        BY.forge(BY.header(typ="vc+sd-jwt", kid=None, x5c=[LEAF.text]), BY.badge()) + "~",
        BY.forge(BY.header(typ="JWT", kid=None, x5c=[LEAF.text]), {"vc": OLD}),
    ],
)
def test_a_token_of_each_form_may_bring_a_certificate(text: str) -> None:
    found = certified_key(parse_token(text, CREDENTIAL), ISSUER, circumstances(anchors=anchors(ISSUER)))
    assert found is not None
