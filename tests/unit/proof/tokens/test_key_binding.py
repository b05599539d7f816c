"""The key binding of an SD-JWT (RFC 9901, section 7.3): what it has to say, at its exact bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import MalformedProofError, ProofError, ProofTimeError, UnsupportedProofError
from credserv.proof.keys.jwk import read_jwk
from credserv.proof.tokens.sd_jwt import _holder_key, digest, parse_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import present_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer

ISSUER, HOLDER = token_issuer(), token_issuer(KeyType.P256, seed=5)
READER = Binding("https://reader.example", "n-1")
SECONDS = int(NOW.timestamp())
ISSUED = sign_sd_jwt(
    ISSUER.badge(),
    signer=ISSUER.signer,
    verification_method=ISSUER.method,
    disclosable=[("name",), ("credentialSubject", "achievement")],
    holder_jwk=HOLDER.jwk,
)


def bound(presented: str = ISSUED, *, to: str | None = None, **claims: Any) -> str:
    """With a key binding of these claims; None leaves one out. to: what it speaks of."""
    told = {
        "iat": SECONDS,
        "aud": READER.audience,
        "nonce": READER.nonce,
        "sd_hash": digest(presented if to is None else to, {}),
    } | claims
    kept = {name: value for name, value in told.items() if value is not None}
    return presented + HOLDER.forge({"alg": "ES256", "typ": "kb+jwt"}, kept)


def verify(token: str, binding: Binding | None = READER, **changes: Any) -> str:
    return parse_sd_jwt(token).verify(ISSUER.did, circumstances(binding, **changes))


def test_it_is_of_the_disclosures_that_are_shown() -> None:
    assert verify(bound()) == ISSUER.method
    part = present_sd_jwt(ISSUED, withhold=["name"])
    assert verify(bound(part)) == ISSUER.method
    for told in (bound(part, to=ISSUED), bound(to=part), bound(sd_hash=None), bound(sd_hash=7)):
        for binding in (READER, None):
            with pytest.raises(ProofError, match="of other disclosures than these"):
                verify(told, binding)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iat": None}, "has iat, aud and nonce"),
        ({"aud": None}, "has iat, aud and nonce"),
        ({"nonce": None}, "has iat, aud and nonce"),
        ({"aud": ["https://reader.example"]}, "aud of a key binding is one string"),
    ],
)
def test_it_says_when_for_whom_and_why_whoever_asks(claims: dict[str, Any], why: str) -> None:
    for binding in (READER, None):
        with pytest.raises(MalformedProofError, match=why):
            verify(bound(**claims), binding)


@pytest.mark.parametrize("claims", [{"aud": "https://other.example"}, {"nonce": "n-2"}])
def test_it_is_for_one_reader_and_occasion(claims: dict[str, Any]) -> None:
    with pytest.raises(ProofError, match="another"):
        verify(bound(**claims))
    assert verify(bound(**claims), None) == ISSUER.method


@pytest.mark.parametrize("skew", [0, 60])
def test_it_is_five_minutes_old_at_most_and_not_of_the_future(skew: int) -> None:
    token, oldest = bound(), timedelta(seconds=300 + skew)
    assert verify(token, now=NOW + oldest, clock_skew_seconds=skew)
    with pytest.raises(ProofError, match="older than 300 seconds"):
        verify(token, now=NOW + oldest + timedelta(seconds=1), clock_skew_seconds=skew)
    ahead = timedelta(seconds=skew)
    assert verify(token, now=NOW - ahead, clock_skew_seconds=skew)
    for binding in (READER, None):
        with pytest.raises(ProofTimeError):
            verify(token, binding, now=NOW - ahead - timedelta(seconds=1), clock_skew_seconds=skew)
    assert verify(token, None, now=NOW + timedelta(days=7), clock_skew_seconds=skew), "nobody asked for it"


def test_a_disclosure_that_is_there_twice_is_refused() -> None:
    issued, first, *rest = ISSUED.split("~")
    with pytest.raises(MalformedProofError, match="a disclosure is there twice"):
        parse_sd_jwt("~".join((issued, first, first, *rest)))


@pytest.mark.parametrize("kid", [7, None, "", "did:web:holder.example#key-1"])
def test_a_holder_whose_key_is_only_named_is_not_called_false(kid: object) -> None:
    with pytest.raises(UnsupportedProofError):
        _holder_key({"cnf": {"kid": kid}})


def test_a_holder_may_be_named_by_a_did_that_is_its_key() -> None:
    found = _holder_key({"cnf": {"kid": HOLDER.method}})
    assert found.public_key == read_jwk(HOLDER.jwk).public_key
