"""The npm package jose, and joserfc, read our tokens, and we theirs; altered ones are refused by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import InvalidSignatureError
from credserv.proof.tokens.open_badges_jwt import parse_open_badges_jwt, sign_open_badges_jwt
from credserv.proof.tokens.token import Binding
from credserv.proof.tokens.vc_jwt import parse_vc_jwt, parse_vp_jwt, sign_vc_jwt, sign_vp_jwt
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.proofs import NOW
from tests.testkit.tokens import TokenIssuer, circumstances, rsa_signer, token_issuer, with_jwk

AT = "2026-03-14T09:26:53Z"
DID = "did:web:issuer.example"
CURVES = {
    "Ed25519": KeyType.ED25519,
    "P-256": KeyType.P256,
    "P-384": KeyType.P384,
    "P-521": KeyType.P521,
    "secp256k1": KeyType.SECP256K1,
}
_NAME = {"ids": lambda key_type: key_type.name}
KINDS = pytest.mark.parametrize("key_type", list(KeyType), **_NAME)
# The peer in node has no ES256K; joserfc has.
PEERS_KINDS = pytest.mark.parametrize("key_type", [k for k in KeyType if k is not KeyType.SECP256K1], **_NAME)


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("jose.mjs") as running:
        yield running


def altered(token: str) -> list[str]:
    """With another payload, another header, another signature."""
    parts = token.split(".")
    changed = []
    for number, place in ((0, 12), (1, 40), (2, 9)):
        part = parts[number]
        other = "A" if part[place] != "A" else "B"
        changed.append(
            ".".join([*parts[:number], part[:place] + other + part[place + 1 :], *parts[number + 1 :]])
        )
    return changed


def private_key(key_type: KeyType) -> Any:
    """A key of the peer's own making, and its public half."""
    curve = next(name for name, known in CURVES.items() if known is key_type)
    kind = jwk.OKPKey if key_type is KeyType.ED25519 else jwk.ECKey
    made: Any = kind
    return made.generate_key(curve)


def ours(by: TokenIssuer) -> str:
    return sign_vc_jwt(by.badge(), signer=by.signer, verification_method=by.method)


@PEERS_KINDS
def test_jose_reads_ours(peer: NodePeer, key_type: KeyType) -> None:
    by = token_issuer(key_type)
    token, asked = ours(by), {"jwk": by.jwk, "alg": by.algorithm, "typ": "vc+jwt", "now": AT}
    answer = peer.ask("verify", token=token, **asked)
    assert answer["verified"], answer
    assert answer["payload"] == by.badge()
    for other in altered(token):
        assert not peer.ask("verify", token=other, **asked)["verified"]


@PEERS_KINDS
def test_we_read_joses(peer: NodePeer, key_type: KeyType) -> None:
    key = private_key(key_type)
    document = with_jwk(DID, key.as_dict(private=False))
    credential = token_issuer().badge(issuer={"id": DID, "type": ["Profile"]})
    header = {"alg": token_issuer(key_type).algorithm, "typ": "vc+jwt", "kid": f"{DID}#key-1"}
    token = peer.ask("sign", payload=credential, header=header, jwk=key.as_dict(private=True))
    read = parse_vc_jwt(token)
    assert read.document == credential
    assert read.verify(DID, circumstances(resolve_did=lambda _: document)) == f"{DID}#key-1"
    refuse_altered(token, parse_vc_jwt, document)


def refuse_altered(token: str, parse: Callable[[str], Any], document: dict[str, Any]) -> None:
    """With the payload of another credential by the same issuer, and with another signature."""
    head, _, signature = token.split(".")
    other = token_issuer().badge(issuer={"id": DID, "type": ["Profile"]}, name="Chief of everything")
    payload = token_issuer().forge({}, other).split(".")[1]
    for forged in (f"{head}.{payload}.{signature}", altered(token)[2]):
        read = parse(forged)
        with pytest.raises(InvalidSignatureError):
            read.verify(DID, circumstances(resolve_did=lambda _: document))


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # joserfc says so by its newer name, Ed25519
@KINDS
def test_joserfc_reads_ours_and_we_read_joserfcs(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    token, public = ours(by), jwk.import_key(by.jwk)
    assert jwt.decode(token, public, algorithms=[by.algorithm]).claims == by.badge()
    for other in altered(token):
        with pytest.raises((JoseError, ValueError)):
            jwt.decode(other, public, algorithms=[by.algorithm])
    key = private_key(key_type)
    document = with_jwk(DID, key.as_dict(private=False))
    credential = by.badge(issuer={"id": DID, "type": ["Profile"]})
    header = {"alg": by.algorithm, "typ": "vc+jwt"}
    theirs = jwt.encode(header, credential, key, algorithms=[by.algorithm])
    assert parse_vc_jwt(theirs).verify(DID, circumstances(resolve_did=lambda _: document)) == f"{DID}#key-1"
    refuse_altered(theirs, parse_vc_jwt, document)


def test_the_open_badges_profile_both_ways(peer: NodePeer) -> None:
    credential = token_issuer().badge(issuer={"id": DID, "type": ["Profile"]})
    secret = jwk.RSAKey.generate_key(2048)
    for public, sign in (
        (rsa_signer().public_jwk, lambda: open_badges(credential)),
        (secret.as_dict(private=False), lambda: theirs(peer, credential, secret)),
    ):
        document = with_jwk(DID, public)
        token = sign()
        asked = {"jwk": public, "alg": "RS256", "typ": "JWT", "now": AT}
        assert peer.ask("verify", token=token, **asked)["verified"]
        assert not peer.ask("verify", token=altered(token)[1], **asked)["verified"]
        read = parse_open_badges_jwt(token)
        assert read.verify(DID, circumstances(resolve_did=lambda _, d=document: d)) == f"{DID}#key-1"
        with pytest.raises(InvalidSignatureError):
            parse_open_badges_jwt(altered(token)[2]).verify(
                DID, circumstances(resolve_did=lambda _, d=document: d)
            )


def open_badges(credential: dict[str, Any]) -> str:
    return sign_open_badges_jwt(credential, signer=rsa_signer(), verification_method=f"{DID}#key-1")


def theirs(peer: NodePeer, credential: dict[str, Any], secret: jwk.RSAKey) -> str:
    claims = parse_open_badges_jwt(open_badges(credential)).claims
    header = {"alg": "RS256", "typ": "JWT", "kid": f"{DID}#key-1"}
    token: str = peer.ask("sign", payload=claims, header=header, jwk=secret.as_dict(private=True))
    return token


def test_a_presentation_both_ways(peer: NodePeer) -> None:
    holder = token_issuer(KeyType.P256)
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": holder.did,
    }
    binding = Binding("https://reader.example", "n-1")
    token = sign_vp_jwt(
        document,
        signer=holder.signer,
        verification_method=holder.method,
        binding=binding,
        issued_at=NOW,
    )
    asked = {"jwk": holder.jwk, "alg": "ES256", "typ": "vp+jwt", "now": AT}
    assert peer.ask("verify", token=token, audience=binding.audience, **asked)["verified"]
    assert not peer.ask("verify", token=token, audience="https://other.example", **asked)["verified"]
    key = private_key(KeyType.P256)
    mine = with_jwk("did:web:holder.example", key.as_dict(private=False))
    mine["authentication"] = mine.pop("assertionMethod")
    claims = document | {"holder": mine["id"], "aud": binding.audience, "nonce": binding.nonce}
    header = {"alg": "ES256", "typ": "vp+jwt", "kid": "#key-1"}
    made = peer.ask("sign", payload=claims, header=header, jwk=key.as_dict(private=True))
    asking = circumstances(binding, resolve_did=lambda _: mine, purpose="authentication")
    assert parse_vp_jwt(made).verify(mine["id"], asking) == f"{mine['id']}#key-1"
    with pytest.raises(InvalidSignatureError):
        parse_vp_jwt(altered(made)[2]).verify(mine["id"], asking)


def test_the_same_key_gives_the_same_signature(peer: NodePeer) -> None:
    """Ed25519 has one signature for each text, so jose's must be ours, byte for byte."""
    by = token_issuer()
    secret = {**by.jwk, "d": encode_base64url(bytes([1]) * 32)}
    header = {"alg": "EdDSA", "kid": by.method, "typ": "vc+jwt", "cty": "vc"}
    token = peer.ask("sign", payload=by.badge(), header=header, jwk=secret)
    assert token == ours(by)
