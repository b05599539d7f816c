"""What a Token Status List says of one entry, and what is no list (IETF draft, sections 5 and 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError
from credserv.ground.verification import Fact, Outcome
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.sd_jwt_vc import MODEL
from credserv.proof.tokens.status_list_token import ACCEPT, parse_status_list_token
from credserv.status.token_status_list import Reference
from credserv.verifying.checks.token_status import fetch_token, judge_value
from tests.hostile.test_token_status import AT, ISSUER, URL, packed, status_of, status_token
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts, verifier

OTHER_URL = "https://lists.example/statuslists/2"


@pytest.mark.parametrize(
    ("number", "outcome", "code", "reason"),
    [
        (0, Outcome.PASSED, "", "It is neither revoked nor suspended."),
        (1, Outcome.FAILED, "revoked", "Its issuer has revoked it."),
        (2, Outcome.FAILED, "suspended", "Its issuer has suspended it."),
        (3, Outcome.UNKNOWN, "unsupported-status", "not known here: 3."),
    ],
)
def test_what_a_number_means(number: int, outcome: Outcome, code: str, reason: str) -> None:
    text = packed([3, number, 3, 3], 2)
    token = parse_status_list_token(status_token(status_list={"bits": 2, "lst": text}).decode(), URL)
    facts: dict[str, Fact] = {}
    made = judge_value(token, 1, facts, lambda read: read())
    assert (made[0], made[2], facts) == (outcome, code, {"value": number})
    assert made[1].endswith(reason)


class Asking(Hosts):
    """Hosts that note what they are asked for."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        assert accept == ACCEPT
        return super().get(url, accept=accept, max_bytes=max_bytes)


def test_a_list_of_ours_is_not_asked_for() -> None:
    hosts = Asking({URL: b"\n" + status_token() + b"\n"})
    assert fetch_token(Reference(URL, 0), hosts, None).claims["iss"] == ISSUER.did
    assert fetch_token(Reference(URL, 0), hosts, status_token()).claims["iss"] == ISSUER.did
    assert hosts.asked == [URL]


@pytest.mark.parametrize("page", [b"", b"<html>", b"\xff\xfe", b"a.b.c", status_token(sub=OTHER_URL)])
def test_what_is_no_list_leaves_it_open(page: bytes) -> None:
    with pytest.raises(UnavailableError, match="unreadable"):
        fetch_token(Reference(URL, 0), Hosts({URL: page}), None)
    assert status_of(page).outcome is Outcome.UNKNOWN


def test_an_older_list_than_was_seen_decides_nothing() -> None:
    """Also where the newer one was made a moment ago."""
    newer = {"iat": AT + 30, "sub": OTHER_URL}
    hosts, reference = Hosts({OTHER_URL: status_token(**newer)}), {"idx": 1, "uri": OTHER_URL}
    assert status_of(None, hosts=hosts, status_list=reference).outcome is Outcome.PASSED
    hosts.pages[OTHER_URL] = status_token(iat=AT - int(timedelta(hours=1).total_seconds()), sub=OTHER_URL)
    found = status_of(None, hosts=hosts, status_list=reference)
    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "status-list-older")
    assert "value" not in found.data
    assert found.data["list"] == OTHER_URL


def test_which_list_it_is_and_whose_is_told() -> None:
    found = status_of(status_token(), 1)
    told: dict[str, Any] = dict(found.data)
    assert told == {"kind": "TokenStatusList", "list": URL, "index": 1, "listIssuer": ISSUER.did, "value": 0}
    assert found.spec.startswith("Token Status List")


def test_of_an_sd_jwt_vc_its_kind_is_told_and_no_schema_is_asked() -> None:
    claims = {"iss": ISSUER.did, "vct": "https://a.example/card", "given_name": "Pat"}
    header = {"typ": "dc+sd-jwt", "kid": ISSUER.method}
    token = sign_jws(claims, header=header, signer=ISSUER.signer) + "~"
    result = verifier().verify_secured(token, now=NOW, resolvers=Hosts().resolvers).result
    structure, schema, subject = result.checks[1:4]
    assert dict(structure.data) == {"model": MODEL, "vct": "https://a.example/card", "faults": 0}
    assert [check.outcome for check in (structure, schema, subject)] == [
        Outcome.PASSED, Outcome.SKIPPED, Outcome.SKIPPED,
    ]  # fmt: skip
    assert [check.required for check in (structure, schema, subject)] == [True, False, True]
