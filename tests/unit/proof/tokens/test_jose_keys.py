"""Which key of an issuer's document a token means: by its name, by itself in the header, or the only one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import (
    InvalidSignatureError,
    UnsupportedKeyError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.keys.jwk import thumbprint
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.jose_keys import NamedKey, find_keys, verify_by_key
from credserv.proof.tokens.jws import Jws
from tests.testkit.proofs import NOW
from tests.testkit.tokens import TokenIssuer, token_issuer

DID = "did:web:issuer.example"
ONE, TWO, CURVE = token_issuer(), token_issuer(seed=2), token_issuer(KeyType.P256)
UNREAD = {"type": "RsaVerificationKey2018", "publicKeyPem": "x"}


def entry(name: str, by: TokenIssuer = ONE, **changes: Any) -> dict[str, Any]:
    """changes: None leaves a member out."""
    made = {"id": f"{DID}#{name}", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": by.jwk} | changes
    return {member: value for member, value in made.items() if value is not None}


def page(*entries: dict[str, Any]) -> dict[str, Any]:
    names = [one["id"] for one in entries]
    return {"id": DID, "verificationMethod": list(entries), "assertionMethod": names}


def jws(kid: str | None = None, alg: str = "EdDSA", **header: Any) -> Jws:
    told = {"alg": alg, **({} if kid is None else {"kid": kid}), **header}
    return Jws(told, b"", b"", b"")


def find_all(document: dict[str, Any], token: Jws, **asked: Any) -> tuple[NamedKey, ...]:
    return find_keys(document, token, **{"purpose": "assertionMethod", "now": NOW} | asked)


def find(document: dict[str, Any], token: Jws, **asked: Any) -> NamedKey:
    (named,) = find_all(document, token, **asked)
    return named


TWO_KEYS = page(entry("a"), entry("b", TWO))


@pytest.mark.parametrize(
    "kid",
    [f"{DID}#b", "#b", "b", thumbprint(TWO.jwk), "own-name"],
    ids=["whole", "#", "bare", "digest", "own"],
)
def test_a_key_is_meant_by_each_of_its_names(kid: str) -> None:
    document = page(entry("a"), entry("b", TWO, publicKeyJwk=TWO.jwk | {"kid": "own-name"}))
    assert find(document, jws(kid)).method == f"{DID}#b"


@pytest.mark.parametrize("kid", ["c", f"{DID}#c", "did:web:other.example#a", "", "a#"])
def test_another_name_is_none_of_its_names(kid: str) -> None:
    with pytest.raises(VerificationMethodError, match="could be signed with no key of its issuer"):
        find(TWO_KEYS, jws(kid))


def test_without_a_name_it_is_any_that_goes_with_the_algorithm() -> None:
    document = page(entry("a"), entry("c", CURVE))
    for kid in (None, DID):
        assert find(document, jws(kid)).method == f"{DID}#a"
        assert find(document, jws(kid, "ES256")).method == f"{DID}#c"
        with pytest.raises(VerificationMethodError, match="with no key"):
            find(document, jws(kid, "ES384"))
        assert [named.method for named in find_all(TWO_KEYS, jws(kid))] == [f"{DID}#a", f"{DID}#b"]
    assert find(document, jws("c")).method == f"{DID}#c", "a name is taken at its word"


def test_a_key_in_the_header_says_which_one_is_meant_and_counts_for_nothing_itself() -> None:
    assert find(TWO_KEYS, jws(jwk=TWO.jwk)).method == f"{DID}#b"
    assert find(TWO_KEYS, jws("b", jwk=TWO.jwk)).method == f"{DID}#b"
    for kid, by in ((None, token_issuer(seed=3)), ("a", TWO)):
        with pytest.raises(VerificationMethodError, match="with no key"):
            find(TWO_KEYS, jws(kid, jwk=by.jwk))
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(TWO_KEYS, jws("b", "ES256", jwk=TWO.jwk))


def test_a_key_that_is_not_read_here_is_told_as_such_where_it_is_meant() -> None:
    unread = entry("r", publicKeyJwk=None, **UNREAD)
    document = page(entry("a", CURVE), unread, entry("b", CURVE))
    for kid in (None, DID, "r"):
        with pytest.raises(UnsupportedKeyError):
            find(document, jws(kid))
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(document, jws("x"))
    spoiled = entry("s", publicKeyJwk={"kty": "OKP", "crv": "Ed25519", "x": "AA"})
    with pytest.raises(UnsupportedKeyError):
        find(page(spoiled, unread), jws())
    with pytest.raises(UnsupportedKeyError, match="cannot be read"):
        find(page(spoiled), jws())
    with pytest.raises(UnsupportedKeyError):
        find(document, jws("r", jwk=ONE.jwk))
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(page(entry("s", publicKeyJwk={"kty": "EC"})), jws("x"))
    other = page(unread) | {"assertionMethod": []}
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(other, jws("x"))


def test_keys_that_are_not_read_here_hide_none_that_is() -> None:
    unread = [entry(f"r{number}", publicKeyJwk=None, **UNREAD) for number in range(9)]
    assert find(page(*unread, entry("a")), jws()).method == f"{DID}#a"


def test_only_certificates_may_know_a_key_that_the_document_does_not() -> None:
    for token in (jws("x", x5c=["a"]), jws(alg="ES384", x5c=["a"])):
        with pytest.raises(UnsupportedProofError, match="could only come out of its certificates"):
            find(TWO_KEYS, token)
    assert find(TWO_KEYS, jws("a", x5c=["a"])).method == f"{DID}#a"
    assert len(find_all(TWO_KEYS, jws(x5c=["a"]))) == 2


def test_a_key_counts_until_its_end() -> None:
    later = format_instant(NOW + timedelta(seconds=1))
    for member in ("expires", "revoked"):
        assert find(page(entry("a", **{member: later})), jws("a")).key
        ended = page(entry("a", **{member: format_instant(NOW)}))
        with pytest.raises(VerificationMethodError, match="was revoked, or has expired"):
            find(ended, jws("a"), now=NOW.replace(microsecond=0))


def test_a_key_is_listed_for_its_purpose() -> None:
    document = page(entry("a")) | {"assertionMethod": [], "authentication": [f"{DID}#a"]}
    assert find(document, jws("a"), purpose="authentication").method == f"{DID}#a"
    with pytest.raises(VerificationMethodError):
        find(document, jws("a"))


def test_of_several_keys_the_one_that_signed_is_found_and_no_other_counts() -> None:
    text = b"signed"
    ended = entry("b", TWO, revoked=format_instant(NOW))

    def verify(document: dict[str, Any], by: TokenIssuer) -> str:
        token = Jws({"alg": "EdDSA"}, b"", text, by.signer.sign(text))
        return verify_by_key(document, token, purpose="assertionMethod", now=NOW)

    assert verify(TWO_KEYS, ONE) == f"{DID}#a"
    assert verify(TWO_KEYS, TWO) == f"{DID}#b"
    with pytest.raises(InvalidSignatureError):
        verify(TWO_KEYS, token_issuer(seed=3))
    with pytest.raises(InvalidSignatureError):
        verify(page(entry("a"), ended), TWO)
    assert verify(page(entry("a"), ended), ONE) == f"{DID}#a"
    with pytest.raises(VerificationMethodError, match="was revoked"):
        verify(page(ended, ended | {"id": f"{DID}#c"}), TWO)
    keys = [entry(str(number), token_issuer(seed=number + 1)) for number in range(9)]
    assert verify(page(*keys[:8]), ONE) == f"{DID}#0"
    many = page(*keys)
    with pytest.raises(UnsupportedProofError, match="names none of the 9 keys"):
        verify(many, ONE)


@pytest.mark.parametrize("kid", ["https://issuer.example/keys/1", f"{DID}/keys"])
def test_a_key_that_is_named_by_an_address_is_not_looked_up_there(kid: str) -> None:
    error = UnsupportedProofError if kid.startswith("https") else VerificationMethodError
    with pytest.raises(error):
        find(TWO_KEYS, jws(kid))
    own = "https://issuer.example/keys/1"
    listing = TWO_KEYS | {"id": own, "verificationMethod": [entry("a", id=f"{own}#a", controller=own)]}
    with pytest.raises(VerificationMethodError):
        find(listing | {"assertionMethod": [f"{own}#a"]}, jws(f"{own}#b"))


@pytest.mark.parametrize("kid", ["key-1", "#0", "/store/7", "arn:aws:kms:eu-west-1:1:key/2", f"{ONE.did}#0"])
def test_a_did_that_is_its_own_key_has_one_whatever_its_issuer_calls_it(kid: str) -> None:
    document = did_key_document(ONE.did)
    assert find(document, jws(kid)).method == ONE.method
    with pytest.raises(VerificationMethodError):
        find(document, jws(kid, "ES256"))
    for other in (TWO.method, TWO.did, "did:web:thief.example#key-1", "https://thief.example/keys.json"):
        with pytest.raises(VerificationMethodError):
            find(document, jws(other))
