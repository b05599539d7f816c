"""The compact form of a JWS and its header: what there may be, and how long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import (
    InvalidSignatureError,
    MalformedProofError,
    TooLargeError,
    UnsupportedProofError,
)
from credserv.proof.keys.jwk import read_jwk
from credserv.proof.tokens import jws as module
from credserv.proof.tokens.jws import (
    Jws,
    Profile,
    algorithm_of,
    parse_jws,
    payload_of,
    peek_header,
    peek_type,
    require_algorithm,
    sign_jws,
    split_compact,
)
from tests.testkit.tokens import rsa_signer, token_issuer

BY = token_issuer()
PROFILE = Profile("a thing", frozenset({"thing+jwt"}), frozenset({"EdDSA"}), frozenset({None, "thing"}))
HEADER: dict[str, Any] = {"alg": "EdDSA", "typ": "thing+jwt"}


def read(profile: Profile = PROFILE, **header: Any) -> Jws:
    said = {name: value for name, value in (HEADER | header).items() if value is not None}
    return parse_jws(BY.forge(said, b"{}"), profile)


def test_a_token_is_read_as_it_was_signed() -> None:
    token = sign_jws({"a": 1}, header={"typ": "thing+jwt", "kid": "k"}, signer=BY.signer)
    found = parse_jws(token, PROFILE)
    assert found.header == {"alg": "EdDSA", "typ": "thing+jwt", "kid": "k"}
    assert (found.algorithm, found.kid, found.payload) == ("EdDSA", "k", b'{"a":1}')
    assert found.signing_input.decode() == token.rpartition(".")[0]
    found.verify(read_jwk(BY.jwk))
    assert (peek_header(token), payload_of(token)) == (found.header, found.payload)
    assert read().kid is None
    with pytest.raises(InvalidSignatureError):
        Jws(found.header, b"", found.signing_input + b"x", found.signature).verify(read_jwk(BY.jwk))


def test_the_key_decides_the_algorithm() -> None:
    assert algorithm_of(rsa_signer()) == "RS256"
    token = sign_jws({}, header={"alg": "none", "typ": "x"}, signer=BY.signer)
    assert peek_header(token) == {"alg": "EdDSA", "typ": "x"}
    assert peek_header(sign_jws({}, header={}, signer=rsa_signer())) == {"alg": "RS256"}


@pytest.mark.parametrize(
    ("typ", "told"),
    [(None, "jwt"), ("JWT", "jwt"), ("Application/VC+jwt", "vc+jwt"), ("vc+jwt", "vc+jwt"), (7, 7)],
)
def test_a_type_has_one_spelling(typ: Any, told: object) -> None:
    header = {"alg": "EdDSA"} | ({} if typ is None else {"typ": typ})
    assert peek_type(BY.forge(header, b"{}")) == told


@pytest.mark.parametrize("typ", ["thing+jwt", "THING+JWT", "application/thing+jwt", "Application/Thing+jwt"])
def test_a_type_that_is_the_profiles(typ: str) -> None:
    assert read(typ=typ).header["typ"] == typ


@pytest.mark.parametrize(
    ("header", "error", "why"),
    [
        ({"typ": None}, MalformedProofError, "typ is missing"),
        ({"typ": 7}, MalformedProofError, "typ is '7'"),
        ({"typ": "vc+jwt"}, MalformedProofError, "typ is 'vc"),
        ({"typ": "application/JWT"}, MalformedProofError, "typ is 'app"),
        ({"typ": "text/html"}, MalformedProofError, "typ is 'text"),
        ({"typ": "a thing"}, MalformedProofError, "typ is 'a thing"),
        ({"typ": "other+jwt"}, UnsupportedProofError, "not known here"),
        ({"typ": "other"}, UnsupportedProofError, "not known here"),
        ({"cty": "vc"}, MalformedProofError, "cty is 'vc'"),
        ({"cty": "application/vp+jwt"}, MalformedProofError, "cty is 'app"),
        ({"cty": "other"}, UnsupportedProofError, "with the cty 'other' are not known"),
        ({"cty": "application/other+json"}, UnsupportedProofError, "with the cty 'app"),
        ({"cty": 7}, MalformedProofError, "cty is '7'"),
        ({"alg": "ES256"}, UnsupportedProofError, "not among the algorithms of a thing"),
        ({"alg": 7}, MalformedProofError, "not an algorithm"),
        ({"alg": "ES"}, MalformedProofError, "not an algorithm"),
        ({"alg": "E S256"}, MalformedProofError, "not an algorithm"),
        ({"alg": "HS256"}, MalformedProofError, "not an algorithm"),
        ({"alg": "None"}, MalformedProofError, "not an algorithm"),
        ({"jwk": {}}, MalformedProofError, "a key in the header proves nothing"),
        ({"kid": 7}, MalformedProofError, "kid is a string"),
        ({"kid": ""}, MalformedProofError, "kid is a string"),
        ({"kid": "k" * 1_025}, MalformedProofError, "kid is a string"),
        ({"kid": "did:" + "k" * 1_021}, UnsupportedProofError, "longer than is read"),
        *(
            ({name: ["b64"]}, MalformedProofError, f"header with {name} is not")
            for name in ("crit", "b64", "zip", "enc", "jku", "x5u", "epk", "p2c", "p2s")
        ),
    ],
)
def test_a_header_is_refused_for_what_it_says(
    header: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        read(**header)


def test_names_of_keys_and_types_of_contents_that_are_allowed() -> None:
    for header in (
        {"kid": "k" * 1_024},
        {"kid": "did:" + "k" * 1_020},
        {"cty": "thing"},
        {"cty": "THING"},
        {"x": 1},
    ):
        assert read(**header).header == HEADER | header


def test_a_profile_may_allow_a_key_and_name_all_members() -> None:
    own = Profile(
        "a thing",
        PROFILE.types,
        PROFILE.algorithms,
        members=frozenset({"alg", "typ", "jwk"}),
        allows_jwk=True,
    )
    assert read(own, jwk={}).header["jwk"] == {}
    assert read(own, x5c=[]).header["x5c"] == []  # brings no key, and takes none away
    with pytest.raises(MalformedProofError, match="a thing has no header member 'kid'"):
        read(own, kid="k")
    with pytest.raises(UnsupportedProofError, match="with the cty 'thing'"):
        read(own.__class__(**{**vars(own), "members": None}), cty="thing")
    untyped = Profile("a thing", frozenset({None, "JWT"}), PROFILE.algorithms)
    assert read(untyped, typ=None).header == {"alg": "EdDSA"}
    assert read(untyped, typ="jwt").header["typ"] == "jwt"


def test_an_algorithm_is_named() -> None:
    require_algorithm({"alg": "EdDSA"}, PROFILE)
    with pytest.raises(MalformedProofError):
        require_algorithm({}, PROFILE)


HEAD = encode_base64url(json.dumps(HEADER).encode())


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (f"{HEAD}.e30", "compact form"),
        (f"{HEAD}.e30.AA.AA", "compact form"),
        (".e30.AA", "compact form"),
        (f"{HEAD}.e30.A A", "compact form"),
        (f"{HEAD}.e30.é", "compact form"),
        (f"{HEAD}.e30.A+", "compact form"),
        (f"{HEAD}.e30.", "signature is missing"),
        (f"{HEAD}.e30.{'A' * 1_028}", "or too long"),
        (f"{HEAD}.e.AA", "payload of the JWS is"),
        (f"{HEAD}.e30.A", "signature of the JWS is"),
        ("e.e30.AA", "header of the JWS is"),
    ],
)
def test_a_token_of_another_form(token: str, why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        parse_jws(token, PROFILE)


def test_lengths_have_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(parse_jws(f"{HEAD}.e30.{'A' * 1_024}", PROFILE).signature) == 768
    fill = 16_384 * 3 // 4 - len(json.dumps(HEADER | {"x": ""}))
    assert read(x="a" * fill).header["x"]
    with pytest.raises(TooLargeError, match="header of more than"):
        read(x="a" * (fill + 1))
    token = f"{HEAD}.e30.AA"
    monkeypatch.setattr(module, "MAX_TOKEN_CHARS", len(token))
    assert split_compact(token) == token.split(".")
    with pytest.raises(TooLargeError, match="larger JWS"):
        split_compact(token + "A")
