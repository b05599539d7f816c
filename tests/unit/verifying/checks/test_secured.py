"""In which form something is secured, and what is remembered of it by its content alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import UnsupportedProofError
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.token import Kind
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.verifying.checks.proof import DATA_INTEGRITY, open_for_suites, open_secured, prove
from tests.testkit.proofs import issuer, suites
from tests.testkit.tokens import circumstances
from tests.unit.verifying.checks.test_nested import plain

ALICE = issuer(1)
SIGNED = plain(ALICE)
UNSIGNED = {name: value for name, value in SIGNED.items() if name != "proof"}
TOKEN = sign_vc_jwt(UNSIGNED, signer=ALICE.signer, verification_method=ALICE.method)


def test_what_is_in_a_token_is_never_remembered_by_what_it_says() -> None:
    """The document in it says nothing of its signature."""
    inside, around = open_secured(SIGNED), open_secured(TOKEN)
    assert (inside.digest is None, around.digest is None) == (False, True)
    assert (inside.spec, around.spec == DATA_INTEGRITY) == (DATA_INTEGRITY, False)
    assert inside.token is None
    assert open_secured(envelope(TOKEN)).document == around.document


@pytest.mark.parametrize("members", [("signature",), ("signatures",), ("signature", "signatures")])
def test_a_jws_in_its_json_form_is_not_read(members: tuple[str, ...]) -> None:
    value = dict.fromkeys((*members, "payload"), "x")
    with pytest.raises(UnsupportedProofError):
        open_secured(value)
    assert open_secured({"payload": "x"}).document == {"payload": "x"}
    assert open_secured(dict.fromkeys(members, "x")).token is None


def wrapped(claims: dict[str, Any]) -> dict[str, Any]:
    """As conformance suites send it: the document in a claim."""
    parts = [{"alg": "EdDSA", "typ": "JWT", "kid": ALICE.method}, claims]
    token = ".".join(encode_base64url(json.dumps(part).encode()) for part in parts) + ".AAAA"
    return {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/jwt,{token}",
    }


def test_envelopes_of_the_old_form_are_read_for_the_suites_alone() -> None:
    old = wrapped({"iss": ALICE.did, "vc": UNSIGNED})
    assert open_for_suites(old, Kind.CREDENTIAL).document["id"] == UNSIGNED["id"]
    with pytest.raises(UnsupportedProofError):
        open_secured(old)
    for value in (SIGNED, TOKEN, envelope(TOKEN)):
        assert open_for_suites(value, Kind.CREDENTIAL).document == open_secured(value).document


def test_what_is_told_of_proofs_and_tokens() -> None:
    def proven(value: Any) -> Any:
        asked = circumstances()
        return prove(open_secured(value), controller=ALICE.did, circumstances=asked, suites=suites())

    one = proven(SIGNED)
    assert (one.methods, one.spec) == ((ALICE.method,), f"{DATA_INTEGRITY}; eddsa-rdfc-2022")
    assert dict(one.facts) == {
        "verificationMethod": ALICE.method,
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-03-14T09:00:00Z",
        "proofs": 1,
    }
    undated = UNSIGNED | {"proof": ALICE.prove(UNSIGNED, created=None)}
    assert proven(undated).facts["created"] is None
    token = proven(TOKEN)
    assert (token.methods, token.proofs) == ((ALICE.method,), ())
    assert dict(token.facts) == {"verificationMethod": ALICE.method, "mechanism": token.spec}
