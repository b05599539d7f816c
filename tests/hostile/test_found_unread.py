"""Row H1 of found.md, of addresses, digests and envelopes: what is not read here is not called false."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from credserv.ground.encoding import encode_base58btc, encode_base64url
from credserv.ground.verification import Outcome, Verdict
from tests.testkit.proofs import NOW, V2, badge, issuer, replaced
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier

ALICE, TOKENS = issuer(1), token_issuer()
URL, CONTENT = "https://files.example/rubric", b"as it was meant"


def plain(**members: Any) -> dict[str, Any]:
    document = badge(ALICE, **members)
    del document["credentialStatus"]
    return document


def failed(secured: Any, hosts: Hosts | None = None) -> tuple[Verdict, set[str]]:
    """The verdict, and the checks that decided against it."""
    result = verifier().verify_secured(secured, now=NOW, resolvers=(hosts or Hosts()).resolvers).result
    return result.verdict, {
        made.name for made in result.checks if made.required and made.outcome is Outcome.FAILED
    }


@pytest.mark.parametrize(
    "address",
    [
        "https://x.example/a b",
        "https://x.example/a|b",
        "https://x.example/{id}",
        "https://x.example/a\\b",
        'https://x.example/"a"',
        "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_found_h1_an_address_that_others_sign_and_rdf_cannot_carry(address: str) -> None:
    """Others' software signs these as they stand, and we could only guess what it signed."""
    place = ("credentialSubject", "achievement", "image", "id")
    signed = replaced(ALICE.sign(plain()), place, address)
    assert failed(signed) == (Verdict.NOT_CHECKED, set())


@pytest.mark.parametrize("address", ["image.png", "/image.png", "a b:c", "https://x.example/\n", "_:a", ""])
def test_attack_06_an_address_that_nothing_signs(address: str) -> None:
    place = ("credentialSubject", "achievement", "image", "id")
    verdict, names = failed(replaced(ALICE.sign(plain()), place, address))
    assert verdict is Verdict.NOT_VERIFIED
    assert "proof" in names


def sri(name: str, content: bytes = CONTENT) -> str:
    return f"{name}-{base64.b64encode(hashlib.new(name, content).digest()).decode()}"


def multihash(content: bytes = CONTENT) -> bytes:
    return b"\x12\x20" + hashlib.sha256(content).digest()


def of_resource(**digest: str) -> tuple[Verdict, set[str]]:
    signed = ALICE.sign(plain(relatedResource=[{"id": URL} | digest]))
    return failed(signed, Hosts({URL: CONTENT}))


OTHER = b"something else"


@pytest.mark.parametrize(
    "digest",
    [
        {"digestMultibase": encode_base58btc(multihash())},
        {"digestMultibase": "u" + encode_base64url(multihash())},
        {"digestSRI": f"{sri('sha256')} {sri('sha384')}"},
        {"digestSRI": f"{sri('sha256', OTHER)} {sri('sha512')}"},  # the strongest alone counts
        {"digestSRI": f"{sri('sha384', OTHER)} {sri('sha384')}"},  # and one of those is enough
        {"digestSRI": f"{sri('sha256')}?ct=text/plain"},
        {"digestMultibase": "u" + encode_base64url(b"\x16\x20" + bytes(32))},  # SHA3-256: not compared
        {"digestMultibase": "f1220" + "ab" * 32},  # hexadecimal: not compared
    ],
    ids=str,
)
def test_found_h1_digests_in_each_spelling(digest: dict[str, str]) -> None:
    assert of_resource(**digest) == (Verdict.ISSUER_UNKNOWN, set())


@pytest.mark.parametrize(
    ("digest", "check"),
    [
        ({"digestMultibase": encode_base58btc(multihash(OTHER))}, "resources"),
        ({"digestSRI": f"{sri('sha256')} {sri('sha512', OTHER)}"}, "resources"),
        ({"digestSRI": f"{sri('sha256', OTHER)}?ct=text/plain"}, "resources"),
        ({"digestSRI": f"{sri('sha256')} md5-{'A' * 22}"}, "structure"),
        ({"digestSRI": ""}, "structure"),
        ({"digestMultibase": "z"}, "structure"),
    ],
    ids=str,
)
def test_digests_of_something_else_and_what_is_none(digest: dict[str, str], check: str) -> None:
    assert of_resource(**digest) == (Verdict.NOT_VERIFIED, {check})


@pytest.mark.parametrize("kind", ["application/jwt", "application/mdoc", "application/VC+JWT"])
def test_found_h1_an_envelope_of_a_kind_that_is_not_read(kind: str) -> None:
    enveloped = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": f"data:{kind},a.b.c"}
    assert failed(enveloped) == (Verdict.NOT_CHECKED, set())


@pytest.mark.parametrize("typ", ["vc+jwt", "JWT", "dc+sd-jwt", "vc+sd-jwt"])
def test_found_h3_a_type_may_begin_with_application(typ: str) -> None:
    """RFC 7515, section 4.1.9: the same token, whether its type is written out or not, and in what case."""
    claims = {
        "iss": TOKENS.did,
        "iat": 1_700_000_000,
        "vct": "https://example.org/degree",
        "given_name": "Pat",
    }
    wrapped = {"iss": TOKENS.did, "nbf": 1_773_478_800, "exp": 1_836_637_200, "vc": TOKENS.badge()}
    payload = {"vc+jwt": TOKENS.badge(), "JWT": wrapped}.get(typ, claims)
    for written in (typ, f"application/{typ}", f"APPLICATION/{typ}", typ.upper(), typ.title()):
        token = TOKENS.forge(TOKENS.header(typ=written), payload)
        secured = f"{token}~" if typ.endswith("sd-jwt") else token
        assert failed(secured) == (Verdict.ISSUER_UNKNOWN, set())


@pytest.mark.parametrize("cty", ["vc", "VC", "application/vc", "Application/VC"])
def test_found_h3_so_may_the_type_of_its_content(cty: str) -> None:
    """RFC 7515, section 4.1.10."""
    token = TOKENS.forge(TOKENS.header(cty=cty), TOKENS.badge())
    assert failed(token) == (Verdict.ISSUER_UNKNOWN, set())
