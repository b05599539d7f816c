"""Statements of a federation's entities, each rule of OpenID Federation 1.0, section 3, by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    InvalidSignatureError,
    MalformedProofError,
    ProofTimeError,
    VerificationMethodError,
)
from credserv.verifying.entity_statement import (
    LEEWAY,
    Statement,
    read_keys,
    read_statement,
    require_in_force,
)
from tests.testkit.federation import ANCHOR, AT, LEAF, MIDDLE, Federation, small_federation
from tests.testkit.proofs import NOW

DID = "did:web:school.example"
FUTURE = AT + int(LEEWAY.total_seconds())


def read(made: Federation, subject: str = LEAF, *, own: bool = False, **changes: Any) -> Statement:
    """What MIDDLE states of a subject; own: what LEAF states of itself."""
    issuer = LEAF if own else MIDDLE
    keys = None if own else read_keys({"keys": [made.jwk(MIDDLE)]})
    token = made.sign(issuer, subject, by=changes.pop("by", issuer), **changes)
    return read_statement(token.decode(), issuer, subject, keys, NOW)


def test_a_statement_is_read() -> None:
    made = small_federation()
    found = read(made, metadata={"openid_relying_party": {"client_name": "x"}})
    assert (found.subject, set(found.keys)) == (LEAF, {f"key-of-{LEAF}"})
    assert found.expires == datetime.fromtimestamp(AT + 3_600, UTC)
    assert found.metadata("openid_relying_party") == {"client_name": "x"}
    assert found.metadata("federation_entity") == {}
    assert set(read(made, own=True).keys) == {f"key-of-{LEAF}"}
    assert read(made, DID, jwks=None).keys == {}  # a DID names its keys itself


@pytest.mark.parametrize("metadata", [None, 7, ["federation_entity"], {"federation_entity": 7}])
def test_metadata_that_are_none_say_nothing(metadata: Any) -> None:
    assert read(small_federation(), metadata=metadata).metadata("federation_entity") == {}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": ANCHOR}, MalformedProofError),
        ({"sub": ANCHOR}, MalformedProofError),
        ({"crit": []}, MalformedProofError),
        ({"exp": None}, MalformedProofError),
        ({"jwks": None}, VerificationMethodError),
        ({"jwks": {"keys": []}}, VerificationMethodError),
        ({"header": {"kid": "another"}}, VerificationMethodError),
        ({"by": LEAF, "header": {"kid": f"key-of-{MIDDLE}"}}, InvalidSignatureError),
    ],
)
def test_a_statement_that_does_not_hold(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read(small_federation(), **changes)


def test_what_an_entity_says_of_itself_is_by_a_key_that_it_lists() -> None:
    made = small_federation()
    with pytest.raises(VerificationMethodError):
        read(made, own=True, by=MIDDLE)
    with pytest.raises(InvalidSignatureError):
        read(made, own=True, by=MIDDLE, header={"kid": f"key-of-{LEAF}"})


@pytest.mark.parametrize(
    ("claims", "ends"),
    [
        ({"iat": FUTURE}, None),
        ({"iat": 0}, None),
        ({"iat": AT, "exp": AT + 1}, NOW.replace(microsecond=0) + timedelta(seconds=1)),
        ({"iat": AT, "exp": 10**11 - 1}, datetime.fromtimestamp(10**11 - 1, UTC)),
    ],
)
def test_what_is_in_force(claims: dict[str, int], ends: datetime | None) -> None:
    assert require_in_force(claims, NOW) == ends


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iat": FUTURE + 1}, ProofTimeError),
        ({"iat": AT, "exp": AT}, ProofTimeError),
        ({}, MalformedProofError),
        ({"iat": True}, MalformedProofError),
        ({"iat": -1}, MalformedProofError),
        ({"iat": 1.5}, MalformedProofError),
        ({"iat": 10**11}, MalformedProofError),
        ({"iat": AT, "exp": 10**11}, MalformedProofError),
        ({"iat": AT, "exp": None}, MalformedProofError),
    ],
)
def test_what_is_not(claims: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        require_in_force(claims, NOW)


def named(made: Federation, count: int) -> list[dict[str, Any]]:
    return [made.jwk(LEAF) | {"kid": str(number)} for number in range(count)]


def test_keys_that_are_known_here_are_read_and_others_passed_over() -> None:
    made = small_federation()
    strange = {"kty": "OKP", "crv": "X448", "x": "AA", "kid": "strange"}
    assert list(read_keys({"keys": [strange, *named(made, 2)]})) == ["0", "1"]
    assert len(read_keys({"keys": named(made, 32)})) == 32
    assert read_keys({"keys": [strange]}, required=False) == {}


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": ["text"]},
        {"keys": [small_federation().jwk(LEAF) | {"kid": 7}, *named(small_federation(), 1)]},
        {"keys": [{"kid": ""}, *named(small_federation(), 1)]},
        {"keys": named(small_federation(), 33)},
        {"keys": named(small_federation(), 1) * 2},
        {"keys": [{"kty": "OKP", "crv": "X448", "x": "AA", "kid": "strange"}]},
    ],
)
def test_keys_that_are_none(jwks: Any) -> None:
    with pytest.raises(VerificationMethodError):
        read_keys(jwks)
