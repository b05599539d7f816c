"""A head of a log of signatures: what it must say before anybody asks who signed it."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import MalformedProofError
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.log_head import TYPE, read_log_head, sign_log_head
from tests.testkit.proofs import NOW
from tests.testkit.tokens import token_issuer

ISSUER = token_issuer()
ROOT = "ab" * 32
TOLD: dict[str, Any] = {
    "iss": ISSUER.did,
    "log": "https://log.example/log",
    "size": 3,
    "root": ROOT,
    "made_at": "2026-03-14T09:00:00Z",
}


def test_a_head_is_read_as_it_was_signed() -> None:
    token = sign_log_head(
        size=3,
        root=ROOT,
        log="https://log.example/log",
        issuer=ISSUER.did,
        made_at=NOW,
        signer=ISSUER.signer,
        verification_method=ISSUER.method,
    )
    head = read_log_head(token, resolve_did=did_key_document, now=NOW)
    assert (head.issuer, head.size, head.root) == (ISSUER.did, 3, ROOT)


@pytest.mark.parametrize(
    "changes",
    [{"iss": 5}, {"root": 7}, {"root": ROOT[1:]}, {"size": 0}, {"size": "3"}, {"more": 1}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_head_of_another_form_is_none(changes: dict[str, Any]) -> None:
    token = sign_jws({**TOLD, **changes}, header={"kid": ISSUER.method, "typ": TYPE}, signer=ISSUER.signer)
    with pytest.raises(MalformedProofError, match="no head of a log"):
        read_log_head(token, resolve_did=did_key_document, now=NOW)
