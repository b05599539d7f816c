"""Dates that cannot be read, wherever one stands (attack 83): never as if there were none."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Outcome, Verdict
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, verifier

ALICE = issuer(1)
TEXTS = (
    "", "yesterday", "2026-03-14", "2026-03-14T09:00:00", "2026-02-30T09:00:00Z", "2026-03-14T25:00:00Z",
    "2026-03-14 09:00:00Z", "14.03.2026", "1773478800", "0000-00-00T00:00:00Z", "2026-03-14T09:00:00Z\n",
    "\uff12\uff10\uff12\uff16-03-14T09:00:00Z", "P1Y", "null",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (*TEXTS, True, [], {}, [1773478800], "NaN", 1e400)


def _verdict_of(hosts: Hosts, secured: Any) -> tuple[Verdict, set[str]]:
    result = verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result
    return result.verdict, {check.name for check in result.checks if check.outcome is Outcome.FAILED}


@pytest.mark.parametrize("member", ["validFrom", "validUntil"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_credential(member: str, text: str) -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    verdict, failed = _verdict_of(hosts, ALICE.sign(badge(ALICE) | {member: text}))
    assert verdict is Verdict.NOT_VERIFIED
    assert failed & {"validity", "structure", "data_model"}, failed


@pytest.mark.parametrize("member", ["created", "expires"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_proof(member: str, text: str) -> None:
    document = badge(ALICE)
    secured = document | {"proof": ALICE.prove(document, **{member: text})}
    verdict, failed = _verdict_of(Hosts({STATUS_URL: signed_list(ALICE)}), secured)
    assert verdict is Verdict.NOT_VERIFIED
    assert "proof" in failed


@pytest.mark.parametrize("member", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", OTHERS, ids=repr)
def test_attack_83_a_date_of_a_token(member: str, value: Any) -> None:
    by = token_issuer()
    verdict, failed = _verdict_of(Hosts({}), by.forge(by.header(), by.badge() | {member: value}))
    assert verdict is Verdict.NOT_VERIFIED
    assert "proof" in failed or "parse" in failed, failed


@pytest.mark.parametrize("member", ["validFrom", "validUntil"])
@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_attack_83_a_date_of_a_status_list(member: str, text: str) -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE, **{member: text})})
    verdict, failed = _verdict_of(hosts, ALICE.sign(badge(ALICE)))
    assert verdict is Verdict.NOT_CHECKED, "a list that cannot be read makes no badge false"
    assert failed == set()
