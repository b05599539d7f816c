"""Disclosures put in the place of their digests, one rule after the other; and made, shown and withheld."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    TooLargeError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.tokens import sd_jwt
from credserv.proof.tokens.jws import peek_header
from credserv.proof.tokens.sd_disclosures import Disclosure, apply_disclosures, parse_disclosure
from credserv.proof.tokens.sd_jwt import MAX_DISCLOSURES, digest, open_sd_jwt, parse_sd_jwt, split_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import Path, bind_sd_jwt, present_sd_jwt, sign_sd_jwt, sign_sd_jwt_vc
from credserv.proof.tokens.token import Binding, Kind
from tests.testkit.proofs import NOW
from tests.testkit.tokens import token_issuer

ISSUER, HOLDER = token_issuer(), token_issuer(KeyType.P256, seed=5)


def made(*parts: Any) -> Disclosure:
    return parse_disclosure(encode_base64url(to_json(list(parts))))


def placed(signed: dict[str, Any], **disclosures: Disclosure) -> dict[str, Any]:
    return apply_disclosures(signed, disclosures)


A, ELEMENT = made("s", "a", {"_sd": ["b"]}), made("s", ["x"])


def test_a_disclosure_is_a_member_or_an_element() -> None:
    assert (A.name, A.value, made("s", None).value) == ("a", {"_sd": ["b"]}, None)
    assert (ELEMENT.name, ELEMENT.value) == (None, ["x"])


@pytest.mark.parametrize(
    "parts",
    [
        ("s",),
        ("s", "a", 1, 2),
        (7, "a", 1),
        (7, 1),
        ("s", 7, 1),
        ("s", "_sd", 1),
        ("s", "...", 1),
        ("s", "_sd_alg", 1),
    ],
)
def test_a_disclosure_of_another_form_is_refused(parts: Sequence[Any]) -> None:
    with pytest.raises(MalformedProofError, match=r"^a disclosure"):
        made(*parts)
    for encoded in ("e30", "!", ""):
        with pytest.raises(MalformedProofError, match=r"^a disclosure"):
            parse_disclosure(encoded)


def test_every_disclosure_stands_where_its_digest_stood() -> None:
    signed = {
        "_sd_alg": "sha-256",
        "_sd": ["a", "decoy"],
        "l": [1, {"...": "e"}, {"...": "fake"}, [{"n": 1}]],
    }
    found = placed(signed, a=A, b=made("s", "b", 2), e=ELEMENT)
    assert found == {"a": {"b": 2}, "l": [1, ["x"], [{"n": 1}]]}
    assert placed({"x": {"_sd": ["a"]}}, a=made("s", "c", 1)) == {"x": {"c": 1}}


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        ({"_sd": ["a", "a"]}, "in two places"),
        ({"l": [{"...": "e"}, {"...": "e"}]}, "in two places"),
        ({"_sd": ["decoy"], "y": {"_sd": ["decoy"]}}, "in two places"),
        ({"_sd": "a"}, "_sd is no list"),
        ({"_sd": [7]}, "a digest that is no string"),
        ({"_sd": ["a"], "a": 1}, "overrides 'a'"),
        ({"_sd": ["e"]}, "for a list stands among members"),
        ({"l": [{"...": "a"}]}, "for a member stands in a list"),
        ({"l": [{"...": "e", "x": 1}]}, "beside something else"),
        ({"...": "a"}, "where none can be"),
        ({"x": {"_sd_alg": "sha-256"}}, "where none can be"),
        ({"x": {"...": "a"}}, "where none can be"),
        ({}, "2 disclosures belong nowhere"),
        ({"_sd": ["a"]}, "1 disclosures belong nowhere"),
    ],
)  # fmt: skip
def test_what_a_verifier_has_to_reject(signed: dict[str, Any], why: str) -> None:
    with pytest.raises(MalformedProofError) as told:
        placed(signed, a=made("s", "a", 1), e=ELEMENT)
    assert why in told.value.detail


@pytest.mark.parametrize(
    ("signed", "name", "what"),
    [
        ({"_sd": ["d"]}, "validUntil", "validUntil"),
        ({"_sd": ["d"]}, "cnf", "cnf"),
        ({"vc": {"_sd": ["d"]}}, "expirationDate", "expirationDate"),
        ({"issuer": {"_sd": ["d"]}}, "id", "issuer.id"),
        ({"vp": {"holder": {"_sd": ["d"]}}}, "id", "holder.id"),
        ({"credentialStatus": {"_sd": ["d"]}}, "x", "credentialStatus"),
        ({"vc": {"credentialStatus": [{"x": {"_sd": ["d"]}}]}}, "x", "credentialStatus.x"),
        ({"@context": [{"...": "d"}]}, None, "@context"),
        ({"type": [{"...": "d"}]}, None, "type must be visible as a whole"),
        ({"vc": {"type": [{"...": "d"}]}}, None, "type must be visible as a whole"),
    ],
)
def test_what_must_always_be_seen_is_never_withheld(
    signed: dict[str, Any], name: str | None, what: str
) -> None:
    disclosure = made("s", 1) if name is None else made("s", name, 1)
    with pytest.raises(MalformedProofError, match=what):
        placed(signed, d=disclosure)


@pytest.mark.parametrize(
    "signed",
    [{"@context": [{"...": "fake"}]}, {"type": [{"...": "fake"}]}, {"cnf": {"_sd": ["fake"]}}],
    ids=str,
)
def test_of_a_digest_that_shows_nothing_the_place_is_judged(signed: dict[str, Any]) -> None:
    with pytest.raises(MalformedProofError, match="must"):
        placed(signed)


@pytest.mark.parametrize("name", ["type", "issuer", "holder", "vc", "id", "name"])
def test_what_may_be_withheld_as_a_whole(name: str) -> None:
    assert placed({"_sd": ["d"]}, d=made("s", name, 1)) == {name: 1}


def nest(levels: int, *innermost: str) -> Any:
    value: Any = list(innermost)
    for _ in range(levels - 1):
        value = [value]
    return value


def test_disclosures_within_disclosures_have_their_depth() -> None:
    """32 levels, as everywhere: the whole is the first."""
    places: list[tuple[dict[str, Any], list[Any], int]] = [
        ({"x": {"_sd": ["d"]}}, ["a"], 30),
        ({"l": [{"...": "d"}]}, [], 30),
        ({"l": [[{"...": "d"}]]}, [], 29),
        ({"l": [{"_sd": ["d"]}]}, ["a"], 29),
    ]
    for signed, name, levels in places:
        assert placed(signed, d=made("s", *name, nest(levels)))
        assert placed(signed, d=made("s", *name, nest(levels, "text")))
        with pytest.raises(TooLargeError, match="nested deeper than 32"):
            placed(signed, d=made("s", *name, nest(levels + 1)))
    chain = {"d": made("s", "a", {"_sd": ["e"]}), "e": made("s", "b", nest(30))}
    assert apply_disclosures({"_sd": ["d"]}, chain)
    with pytest.raises(TooLargeError, match="nested deeper than 32"):
        apply_disclosures({"_sd": ["d"]}, chain | {"e": made("s", "b", nest(31))})


def test_the_hash_is_the_issuers() -> None:
    lengths = {"sha-256": 43, "sha-384": 64, "sha-512": 86}
    assert {name: len(digest("x", {"_sd_alg": name})) for name in lengths} == lengths
    assert digest("x", {}) == digest("x", {"_sd_alg": "sha-256"})
    for name in (7, None):
        with pytest.raises(MalformedProofError, match="_sd_alg is not the name"):
            digest("x", {"_sd_alg": name})
    with pytest.raises(MalformedProofError, match="not base64url"):
        digest("é", {})


def test_an_sd_jwt_is_taken_apart_at_its_tildes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_sd_jwt("a~") == ("a", [], "")
    assert split_sd_jwt("a~b~c~d") == ("a", ["b", "c"], "d")
    assert len(split_sd_jwt("a~" + "b~" * MAX_DISCLOSURES)[1]) == MAX_DISCLOSURES
    with pytest.raises(MalformedProofError, match="not an SD-JWT"):
        split_sd_jwt("a")
    with pytest.raises(TooLargeError, match="more than 512 disclosures"):
        split_sd_jwt("a~" + "b~" * (MAX_DISCLOSURES + 1))
    monkeypatch.setattr(sd_jwt, "MAX_TOKEN_CHARS", 4)
    assert split_sd_jwt("a~b~")[1] == ["b"]
    with pytest.raises(TooLargeError):
        split_sd_jwt("a~bc~")


PATHS: list[Path] = [
    ("name",),
    ("credentialSubject", "achievement", "tag", 0),
    ("credentialSubject", "achievement", "tag"),
]


def issue(paths: Sequence[Path] = PATHS, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "signer": ISSUER.signer,
        "verification_method": ISSUER.method,
        "disclosable": paths,
        "holder_jwk": HOLDER.jwk,
    }
    return sign_sd_jwt(ISSUER.badge(), **arguments | changes)


def jwt(token: str) -> str:
    return token.partition("~")[0]


def test_what_is_said_twice_to_be_disclosable_is_disclosed_once() -> None:
    assert len(split_sd_jwt(issue([*PATHS, *PATHS]))[1]) == 3
    assert parse_sd_jwt(issue()).document == ISSUER.badge()


def test_the_header_says_what_it_is_and_whose_key() -> None:
    assert peek_header(jwt(issue())) == {
        "alg": "EdDSA",
        "kid": ISSUER.method,
        "typ": "vc+sd-jwt",
        "cty": "vc",
    }
    said = peek_header(jwt(issue(kind=Kind.PRESENTATION)))
    assert (said["typ"], said["cty"]) == ("vp+sd-jwt", "vp")
    opened = parse_sd_jwt(issue(envelope={"nonce": "n"}))
    assert opened.claims["nonce"] == opened.signed["nonce"] == "n"
    assert opened.signed["cnf"] == {"jwk": HOLDER.jwk}
    assert "cnf" not in parse_sd_jwt(issue(holder_jwk=None)).signed
    assert "_sd" not in parse_sd_jwt(issue([])).signed
    with pytest.raises(VerificationMethodError):
        issue(holder_jwk={"kty": "oct"})


def test_what_lies_in_a_withheld_part_goes_with_it_and_else_stays() -> None:
    token = issue()
    assert present_sd_jwt(token) == token
    shown = present_sd_jwt(token, withhold=["tag"])
    assert parse_sd_jwt(shown).document["name"] == ISSUER.badge()["name"]
    assert len(split_sd_jwt(shown)[1]) == 1
    kept = present_sd_jwt(token, withhold=["name"])
    assert parse_sd_jwt(kept).document["credentialSubject"] == ISSUER.badge()["credentialSubject"]


@pytest.mark.parametrize(
    "binding", [Binding(None, "n"), Binding("a", None)], ids=["no reader", "no occasion"]
)
def test_a_holder_signs_for_a_whole_reader(binding: Binding) -> None:
    with pytest.raises(InputError, match="its reader and its occasion"):
        bind_sd_jwt(issue(), signer=HOLDER.signer, binding=binding, now=NOW)


def test_an_sd_jwt_vc_is_bound_to_its_holder() -> None:
    claims = {"iss": ISSUER.did, "vct": "https://badges.example/vct", "name": "Ada"}
    arguments: dict[str, Any] = {
        "signer": ISSUER.signer,
        "verification_method": ISSUER.method,
        "disclosable": [("name",)],
        "holder_jwk": HOLDER.jwk,
    }
    token = sign_sd_jwt_vc(claims, **arguments)
    assert peek_header(jwt(token)) == {"alg": "EdDSA", "kid": ISSUER.method, "typ": "dc+sd-jwt"}
    assert present_sd_jwt(token) == token
    assert len(split_sd_jwt(present_sd_jwt(token, withhold=["name"]))[1]) == 0
    with pytest.raises(InputError, match="that SD-JWT uses itself"):
        sign_sd_jwt_vc(claims | {"x": [{"...": 1}]}, **arguments)
    with pytest.raises(VerificationMethodError):
        sign_sd_jwt_vc(claims, **arguments | {"holder_jwk": {"kty": "oct"}})
    with pytest.raises(InputError, match="cannot be withheld"):
        sign_sd_jwt_vc(claims, **arguments | {"disclosable": [("cnf",)]})


def test_dates_of_what_was_disclosed_are_dates() -> None:
    for claim in ("exp", "nbf", "iat"):
        token = ISSUER.forge(ISSUER.header(typ="vc+sd-jwt"), {claim: "soon"}) + "~"
        with pytest.raises(MalformedProofError, match=claim):
            open_sd_jwt(token, sd_jwt._PROFILES[Kind.CREDENTIAL])


@pytest.mark.parametrize("name", ["sha3-256", "blake2b-512", "sha256", "SHA-256", "md5", ""])
def test_a_hash_that_is_not_read_here_makes_nothing_false(name: str) -> None:
    with pytest.raises(UnsupportedProofError, match="are not read here"):
        digest("x", {"_sd_alg": name})


def test_a_type_may_be_withheld_in_part_where_it_is_no_documents() -> None:
    element = made("s", "Guest")
    signed = {"type": [{"...": "d"}, "Card"]}
    found = {"d": element}
    assert apply_disclosures(signed, found, is_document=False) == {"type": ["Guest", "Card"]}
    with pytest.raises(MalformedProofError, match="type must be visible as a whole"):
        apply_disclosures(signed, found)


def test_a_member_of_a_document_may_be_withheld_where_it_is_no_documents() -> None:
    found = {"d": made("s", "proof", "of residence")}
    assert apply_disclosures({"_sd": ["d"]}, found, is_document=False) == {"proof": "of residence"}
    with pytest.raises(MalformedProofError, match="proof must always be visible"):
        apply_disclosures({"_sd": ["d"]}, found)
