"""Token Status Lists of SD-JWT VCs: what they say, and who would have them say something else (found H3)."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.verification import Check, Outcome
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.jwt_claims import to_date
from tests.testkit.proofs import NOW, SIGNED_AT, issuer
from tests.testkit.tokens import HOLDER, TokenIssuer, token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry, verifier
from tests.testkit.why import why
from tests.testkit.zips import zlib_bomb

AT = int(NOW.timestamp())
URL = "https://lists.example/statuslists/1"
ISSUER, OTHER = token_issuer(KeyType.P256, seed=61), token_issuer(KeyType.P256, seed=62)
# Section 4.1 of the draft: one bit each, of the statuses 1,0,0,1,1,1,0,1,1,1,0,0,0,1,0,1.
VECTOR = (1, "eNrbuRgAAhcBXQ")
STATUSES = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]


def packed(numbers: list[int], bits: int) -> str:
    data = bytearray((len(numbers) * bits + 7) // 8)
    for index, number in enumerate(numbers):
        data[index * bits // 8] |= number << index * bits % 8
    return encode_base64url(zlib.compress(bytes(data)))


def status_token(by: TokenIssuer = ISSUER, *, header: Any = None, **changes: Any) -> bytes:
    claims = {"iss": by.did, "sub": URL, "iat": AT - 60, "exp": AT + 3_600}
    claims["status_list"] = {"bits": VECTOR[0], "lst": VECTOR[1]}
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    head = {"alg": by.algorithm, "typ": "statuslist+jwt", "kid": by.method, **(header or {})}
    return by.forge(head, claims).encode()


def status_of(served: bytes | None, index: Any = 0, hosts: Hosts | None = None, **status: Any) -> Check:
    reference = status or {"status_list": {"idx": index, "uri": URL}}
    claims = {"iss": ISSUER.did, "vct": "https://a.example/card", "given_name": "Pat", "status": reference}
    header = {"typ": "dc+sd-jwt", "kid": ISSUER.method}
    token = sign_jws(claims, header=header, signer=ISSUER.signer) + "~"
    hosts = hosts or Hosts({URL: served} if served is not None else {})
    result = verifier().verify_secured(token, now=NOW, resolvers=hosts.resolvers).result
    found = result.check("status")
    assert found is not None
    assert result.verified == (found.outcome is Outcome.PASSED)
    return found


def test_found_h3_the_drafts_own_list_is_read() -> None:
    for index, number in enumerate(STATUSES):
        found = status_of(status_token(), index)
        assert (found.outcome, found.data["value"]) == (
            Outcome.FAILED if number else Outcome.PASSED,
            number,
        )
        assert found.code == ("revoked" if number else "")


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_found_h3_wider_entries_and_other_values(bits: int) -> None:
    served = status_token(status_list={"bits": bits, "lst": packed([0, 1, 2, 3], bits)})
    told = [(status_of(served, index).outcome, status_of(served, index).code) for index in range(4)]
    assert told == [
        (Outcome.PASSED, ""),
        (Outcome.FAILED, "revoked"),
        (Outcome.FAILED, "suspended"),
        (Outcome.UNKNOWN, "unsupported-status"),
    ]


def test_found_h3_who_does_not_say_who_they_are_is_the_issuer_or_nobody() -> None:
    assert status_of(status_token(iss=None), 1).outcome is Outcome.PASSED
    assert status_of(status_token(OTHER, iss=None), 1).outcome is not Outcome.PASSED


def test_attack_68_the_list_of_a_stranger_decides_nothing() -> None:
    for served in (status_token(OTHER), status_token(OTHER, iss=ISSUER.did), status_token(OTHER, iss=7)):
        assert status_of(served, 1).outcome is not Outcome.PASSED
    trusting = Hosts({URL: status_token(OTHER)}, keepers=frozenset({OTHER.did}))
    assert status_of(None, 1, trusting).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"sub": "https://lists.example/statuslists/2"}, Outcome.UNKNOWN),
        ({"iat": None}, Outcome.UNKNOWN),
        ({"iat": "x"}, Outcome.UNKNOWN),
        ({"exp": "2033-01-01"}, Outcome.UNKNOWN),
        ({"exp": -1}, Outcome.UNKNOWN),
        ({"exp": 1e300}, Outcome.UNKNOWN),
        ({"iat": AT + 86_400}, Outcome.UNKNOWN),
        ({"exp": AT - 1}, Outcome.UNKNOWN),
        ({"status_list": None}, Outcome.UNKNOWN),
        ({"status_list": {"bits": 3, "lst": VECTOR[1]}}, Outcome.UNKNOWN),
        ({"status_list": {"bits": True, "lst": VECTOR[1]}}, Outcome.UNKNOWN),
        ({"status_list": {"bits": 1, "lst": "eNrbuRgAAhcB"}}, Outcome.UNKNOWN),
        ({"status_list": {"bits": 1, "lst": encode_base64url(b"plain")}}, Outcome.UNKNOWN),
        ({"status_list": {"bits": 1, "lst": encode_base64url(zlib.compress(b"") + b"x")}}, Outcome.UNKNOWN),
        (
            {"status_list": {"bits": 1, "lst": encode_base64url(zlib_bomb(b"\0", 20))}},
            Outcome.UNKNOWN,
        ),
        ({"header": {"typ": "JWT"}}, Outcome.UNKNOWN),
        ({"header": {"typ": "vc+jwt"}}, Outcome.UNKNOWN),
        ({"header": {"alg": "none"}}, Outcome.UNKNOWN),
        ({"header": {"crit": ["x"], "x": 1}}, Outcome.UNKNOWN),
    ],
    ids=range(19),
)
def test_found_h3_a_list_with_a_fault_makes_nothing_good(changes: dict[str, Any], outcome: Outcome) -> None:
    found = status_of(status_token(**changes), 1)
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    "status",
    [
        {"status_list": {"idx": -1, "uri": URL}},
        {"status_list": {"idx": "1", "uri": URL}},
        {"status_list": {"idx": True, "uri": URL}},
        {"status_list": {"idx": 2**40, "uri": URL}},
        {"status_list": {"idx": 16, "uri": URL}},
        {"status_list": {"idx": 1}},
        {"status_list": {"idx": 1, "uri": ""}},
        {"status_list": 7},
        {"status_list": {"idx": 1, "uri": URL}, "another": {}},
        {"another": {}},
    ],
    ids=json.dumps,
)
def test_found_h3_a_reference_with_a_fault_makes_nothing_good(status: dict[str, Any]) -> None:
    assert status_of(status_token(), **status).outcome is not Outcome.PASSED


def test_found_h3_what_is_away_or_no_token_is_unknown() -> None:
    for served in (None, b"<html>", b"\xff", b"a.b", b""):
        assert status_of(served, 1).outcome is Outcome.UNKNOWN
    head, payload, signature = status_token().split(b".")
    forged = b".".join([head, payload, encode_base64url(bytes(64)).encode()])
    assert signature != forged
    assert status_of(forged, 1).outcome is Outcome.FAILED


BADGE = ISSUER.badge(validUntil="2028-03-14T09:00:00Z")
REGISTERED = {
    "iss": ISSUER.did,
    "jti": BADGE["id"],
    "sub": HOLDER,
    "nbf": to_date(SIGNED_AT),
    "exp": to_date(SIGNED_AT.replace(year=2028)),
}
TOKENS: list[tuple[str, dict[str, Any], str]] = [
    ("vc+jwt", BADGE, ""),
    ("vc+sd-jwt", BADGE, "~"),
    ("vc+sd-jwt", BADGE | {"vct": "https://a.example/card"}, "~"),
    ("JWT", BADGE | REGISTERED, ""),
    ("JWT", REGISTERED | {"vc": BADGE}, ""),
    ("JWT", REGISTERED | {"vc": BADGE}, "~"),
]


@pytest.mark.parametrize(("typ", "claims", "tail"), TOKENS, ids=range(len(TOKENS)))
def test_attack_162_a_revocation_in_a_claim_of_any_token(typ: str, claims: dict[str, Any], tail: str) -> None:
    def judged(index: int, **more: Any) -> set[str]:
        status = {"status_list": {"idx": index, "uri": URL}}
        token = ISSUER.forge(ISSUER.header(typ=typ), claims | {"status": status} | more) + tail
        hosts = Hosts({URL: status_token()})
        return why(verifier().verify_secured(token, now=NOW, resolvers=hosts.resolvers).result)

    assert judged(1) == set()
    assert judged(0) == {"status: revoked"}
    assert judged(1, status={"other": {}}) == {"status: unsupported-status"}
    assert judged(1, status=None) == set()


@pytest.mark.parametrize("index", [7, 8])
def test_attack_162_an_entry_of_w3c_beside_the_claim_of_the_token(index: int) -> None:
    by = issuer()
    signer = TokenIssuer(by.signer)
    hosts = Hosts({STATUS_URL: signed_list(by, 7), URL: status_token(signer)})
    wanted = {"status: revoked"} if index == 7 else set()
    own = {"iss": by.did, "vct": "https://a.example/card", "credentialStatus": status_entry(index)}
    whole = signer.badge(credentialStatus=status_entry(index))
    good = {"status_list": {"idx": 1, "uri": URL}}
    for typ, claims in (("dc+sd-jwt", own), ("vc+sd-jwt", whole)):
        for more in ({}, {"status": good}):
            token = signer.forge(signer.header(typ=typ), claims | more) + "~"
            result = verifier().verify_secured(token, now=NOW, resolvers=hosts.resolvers).result
            assert why(result) - {"schema: schema-faults"} == wanted  # the schema of badges knows one status
            assert result.verified == (not wanted)
