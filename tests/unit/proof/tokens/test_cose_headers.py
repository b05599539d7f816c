"""The header of a COSE_Sign1, label by label, and the forms in which one is found."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, MalformedProofError, UnsupportedProofError
from credserv.proof.tokens import cose
from credserv.proof.tokens.cose import (
    ALG,
    _algorithm,
    find_cose,
    kind_of,
    parse_cose,
    read_base64,
    signed_bytes,
)
from credserv.proof.tokens.cose_issue import sign_cose
from credserv.proof.tokens.token import Kind
from tests.testkit.cose import encode, forge, header
from tests.testkit.tokens import circumstances, token_issuer

BY = token_issuer(KeyType.P256, seed=5)
GOOD = forge(BY, header(BY), BY.badge())


def read(
    changes: dict[int, Any] | None = None, beside: dict[int, Any] | None = None, kind: Kind = Kind.CREDENTIAL
) -> Any:
    return parse_cose(forge(BY, header(BY, changes), BY.badge(), beside), kind)


def test_a_token_is_read_as_it_was_signed() -> None:
    token = read()
    assert token.jws.header == {"alg": "ES256", "typ": "application/vc+cose", "kid": BY.method}
    assert token.document == BY.badge()
    assert token.verify(BY.did, circumstances()) == BY.method
    assert "application/vc+cose, ES256" in token.mechanism
    assert parse_cose(GOOD.removeprefix(b"\xd2"), Kind.CREDENTIAL).kind is Kind.CREDENTIAL
    assert signed_bytes(b"a", b"b") == b"\x84\x6aSignature1\x41a\x40\x41b"


def test_what_is_signed_here_says_what_it_is() -> None:
    for kind, name in ((Kind.CREDENTIAL, "vc"), (Kind.PRESENTATION, "vp")):
        made = sign_cose(
            BY.badge(), signer=BY.signer, verification_method=BY.method, kind=kind, claims={"nonce": "n"}
        )
        assert kind_of(made) is kind
        token = parse_cose(made, kind)
        assert token.claims["nonce"] == "n"
        assert token.jws.header["typ"] == f"application/{name}+cose"
    with pytest.raises(InputError, match="belongs to what secures"):
        sign_cose({"proof": {}}, signer=BY.signer, verification_method=BY.method)


def test_the_name_of_a_key_may_stand_outside() -> None:
    assert read({4: None}, {4: b"k"}).jws.header["kid"] == "k"
    assert "kid" not in read({4: None}).jws.header
    assert read({4: b"k" * 1_024}).jws.header["kid"] == "k" * 1_024
    assert read({3: None}).jws.header["typ"] == "application/vc+cose"


def test_certificates_are_one_or_several() -> None:
    def text(*parts: bytes) -> list[str]:
        return [base64.b64encode(part).decode() for part in parts]

    assert read(beside={33: b"a"}).jws.header["x5c"] == text(b"a")
    assert read(beside={33: [b"a", b"b"]}).jws.header["x5c"] == text(b"a", b"b")
    for chain in ([b"a"], [], [b"a", 7], 7, [b"a", [b"b"]]):
        with pytest.raises(MalformedProofError, match="x5chain is one certificate"):
            read({33: chain} if chain != 7 else None, {33: 7} if chain == 7 else None)


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({1: None}, MalformedProofError, "not an algorithm"),
        ({1: "ES256"}, MalformedProofError, "not an algorithm"),
        ({1: 5}, MalformedProofError, "not an algorithm"),  # HMAC
        ({1: -37}, UnsupportedProofError, "not among those read here"),
        ({1: -65_535}, UnsupportedProofError, "not among those read here"),
        ({1: -45}, MalformedProofError, "not an algorithm"),
        ({2: [1]}, MalformedProofError, "crit is not accepted"),
        ({7: 1}, UnsupportedProofError, "label 7"),
        ({16: 7}, MalformedProofError, "typ is '7'"),
        ({16: "application/vp+cose"}, MalformedProofError, "not application/vc"),
        ({3: "application/vp"}, MalformedProofError, "the content type is"),
        ({4: "k"}, MalformedProofError, "kid is a byte string"),
        ({4: b""}, MalformedProofError, "kid is a byte string"),
        ({4: b"k" * 1_025}, MalformedProofError, "kid is a byte string"),
        ({4: b"\xff"}, UnsupportedProofError, "kid is no text"),
    ],
)
def test_a_header_is_refused_for_what_it_says(
    changes: dict[int, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        read(changes)


@pytest.mark.parametrize("beside", [{1: 7}, {4: b"twice"}, {16: b"x"}])
def test_what_is_not_signed_says_nothing_else(beside: dict[int, Any]) -> None:
    with pytest.raises(MalformedProofError, match="may stand outside of what is signed"):
        read(None, beside)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd2\x84", "no COSE_Sign1: CBOR"),
        (b"\xd2" + encode([b"", {}, b""]), "not headers, payload and signature"),
        (b"\xd2" + encode([b"", {}, b"", 7]), "not headers, payload and signature"),
        (b"\xd2" + encode([b"\xff", {}, b"{}", b"s"]), "the header of the COSE_Sign1"),
        (b"\xd2" + encode([encode([1]), {}, b"{}", b"s"]), "may stand outside"),
        (forge(BY, header(BY, {16: "application/cose"}), {}), "neither vc.cose nor vp.cose"),
    ],
)
def test_what_is_no_token_is_told(data: bytes, why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        kind_of(data)


def test_without_a_type_the_document_tells_what_it_is() -> None:
    for payload, kind in (
        (b"{}", Kind.CREDENTIAL),
        (b"no JSON", Kind.CREDENTIAL),
        (b'{"type": "VerifiablePresentation"}', Kind.PRESENTATION),
    ):
        assert kind_of(b"\xd2" + encode([b"", {}, payload, b"s"])) is kind


def test_a_token_is_found_as_bytes_or_in_base64(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = GOOD.removeprefix(b"\xd2")
    for raw in (GOOD, bare):
        assert find_cose(raw) == raw
        assert find_cose(b" " + base64.b64encode(raw) + b"\n") == raw
        assert find_cose(base64.b64encode(raw).rstrip(b"=")) == raw
    for other in (b"", b"{}", base64.b64encode(b"text"), "é".encode(), b"\x83" + bare[1:]):
        assert find_cose(other) is None
    monkeypatch.setattr(cose, "MAX_TOKEN_CHARS", 4)
    assert read_base64("AA==") == b"\0"
    with pytest.raises(InputError, match="longer than is read"):
        read_base64("AAAAAA")
    with pytest.raises(MalformedProofError, match="larger than is read"):
        kind_of(GOOD)


@pytest.mark.parametrize("text", ["", "=", "A===", "AA=", "A=A=", "AA-_", "AAA==", "AAAA="])
def test_base64_has_its_form(text: str) -> None:
    with pytest.raises(InputError):
        read_base64(text)
    assert read_base64("+/+/") == b"\xfb\xff\xbf"
    assert read_base64("AAA=") == read_base64("AAA") == b"\0\0"


@pytest.mark.parametrize("number", [None, [7], {}, "ES256", 0])
def test_an_algorithm_is_a_number_of_the_registry(number: object) -> None:
    with pytest.raises(MalformedProofError, match="not an algorithm"):
        _algorithm({ALG: number})


def test_base64_is_read_up_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cose, "MAX_TOKEN_CHARS", 8)
    assert read_base64("A" * 8) == bytes(6)
    with pytest.raises(InputError, match="longer than is read"):
        read_base64("A" * 12)
