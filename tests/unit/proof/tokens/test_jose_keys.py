"""Which key of an issuer's document a token means: by its name, by itself in the header, or the only one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import UnsupportedKeyError, UnsupportedProofError, VerificationMethodError
from credserv.proof.keys.jwk import thumbprint
from credserv.proof.tokens.jose_keys import NamedKey, find_key
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


def find(document: dict[str, Any], token: Jws, **asked: Any) -> NamedKey:
    return find_key(document, token, **{"purpose": "assertionMethod", "now": NOW} | asked)


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


def test_without_a_name_it_is_the_only_one_that_goes_with_the_algorithm() -> None:
    document = page(entry("a"), entry("c", CURVE))
    for kid in (None, DID):
        assert find(document, jws(kid)).method == f"{DID}#a"
        assert find(document, jws(kid, "ES256")).method == f"{DID}#c"
        with pytest.raises(VerificationMethodError, match="with no key"):
            find(document, jws(kid, "ES384"))
        with pytest.raises(VerificationMethodError, match="with 2 keys of its issuer"):
            find(TWO_KEYS, jws(kid))
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
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(page(spoiled), jws())
    with pytest.raises(UnsupportedKeyError):
        find(document, jws("r", jwk=ONE.jwk))
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(page(entry("s", publicKeyJwk={"kty": "EC"})), jws("x"))
    other = page(unread) | {"assertionMethod": []}
    with pytest.raises(VerificationMethodError, match="with no key"):
        find(other, jws("x"))


def test_only_certificates_may_know_a_key_that_the_document_does_not() -> None:
    for token in (jws("x", x5c=["a"]), jws(alg="ES384", x5c=["a"])):
        with pytest.raises(UnsupportedProofError, match="could only come out of its certificates"):
            find(TWO_KEYS, token)
    assert find(TWO_KEYS, jws("a", x5c=["a"])).method == f"{DID}#a"
    with pytest.raises(VerificationMethodError, match="with 2 keys"):
        find(TWO_KEYS, jws(x5c=["a"]))


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
