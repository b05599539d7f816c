"""Rows M2, M4, M6 and M7 of found.md: what no test noticed when the code was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.fetch.transfer import public_addresses_only
from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.verification import Outcome
from credserv.journeys.award.award import resume_event
from credserv.proof.tokens.jws import MAX_TOKEN_CHARS, split_compact
from credserv.records.sources import EventState
from credserv.status.bitstring import parse_entry
from credserv.trust.trust_list import MAX_ISSUERS, parse_trusted_issuers
from credserv.verifying.checks.status_memory import MAX_PLACES, ListMemory
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.https_host import http, https_host
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.service import SOURCE, Service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list, status_entry, verifier

ALICE, BOB = issuer(1), issuer(2)
ELSEWHERE = "https://endorser.example/status/1"


@pytest.mark.parametrize("proven", [True, False])
def test_found_m2_what_is_unproven_names_no_address_worth_asking(proven: bool) -> None:
    document = badge(ALICE)
    achievement = document["credentialSubject"]["achievement"]["id"]
    of_bob = endorsement(BOB, achievement, credentialStatus=status_entry(url=ELSEWHERE))
    if not proven:
        of_bob["credentialSubject"]["endorsementComment"] = "Better work."
    document["endorsement"] = [of_bob]
    hosts = Hosts({STATUS_URL: signed_list(ALICE), ELSEWHERE: signed_list(BOB, url=ELSEWHERE)})
    result = hosts.verify(ALICE.sign(document))
    made = result.check("endorsements")
    assert made is not None
    assert (made.outcome is Outcome.PASSED) is proven
    assert (ELSEWHERE in hosts.asked) is proven


def test_found_m4_the_guard_against_older_lists_holds_past_its_last_place() -> None:
    memory = ListMemory()
    for number in range(MAX_PLACES + 1):
        assert memory.newest(f"https://lists.example/{number}", "did:example:a", NOW, latest=NOW) is None
    older = NOW - timedelta(days=1)
    assert memory.newest(f"https://lists.example/{MAX_PLACES}", "did:example:a", older, latest=NOW) == NOW
    assert memory.newest("https://lists.example/1", "did:example:a", older, latest=NOW) == NOW


@pytest.mark.parametrize("name", [{}, {"id": "#key-1"}, [], 5, None, True], ids=json.dumps)
def test_found_m6_the_id_of_a_method_that_is_no_text(name: Any) -> None:
    """One outcome, whether a proof or a token asks for it."""
    did = "did:web:issuer.example"
    by = token_issuer()
    url = "https://issuer.example/.well-known/did.json"
    method = {"id": name, "type": "JsonWebKey", "controller": did, "publicKeyJwk": by.jwk}
    hosts = Hosts({url: {"id": did, "verificationMethod": [method], "assertionMethod": [name]}})
    token = by.forge(by.header(kid=f"{did}#key-1"), by.badge(issuer=did))
    document = badge(ALICE, issuer=did)
    signed = document | {"proof": ALICE.prove(document, verificationMethod=f"{did}#key-1")}
    for secured in (token, signed):
        result = verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result
        made = result.check("proof")
        assert made is not None
        assert (made.outcome, made.code) == (Outcome.FAILED, "verification-method")


def test_found_m7_a_list_of_issuers_has_a_last_row() -> None:
    rows = [f"did:web:school-{number}.example,School {number}" for number in range(MAX_ISSUERS)]
    assert len(parse_trusted_issuers("\n".join(["id,name", *rows]).encode()).issuers) == MAX_ISSUERS
    rows.append("did:web:one-more.example,One more")
    with pytest.raises(InputError, match="rows"):
        parse_trusted_issuers("\n".join(["id,name", *rows]).encode())


@pytest.mark.parametrize("url", ["https://[", "https://[::1", "http://", "https://a b"])
def test_found_m7_an_address_in_it_that_cannot_be_read_is_a_fault(url: str) -> None:
    listed = {"issuers": [{"id": "did:web:school.example", "name": "School", "url": url}]}
    with pytest.raises(InputError) as caught:
        parse_trusted_issuers(json.dumps(listed).encode())
    assert [fault.place for fault in caught.value.faults] == ["/issuers/0/url"]


@pytest.mark.parametrize(
    ("size", "words", "fits"), [(1, 2, True), (1, 3, False), (2, 4, True), (2, 5, False)]
)
def test_found_m7_a_status_has_no_more_messages_than_values(size: int, words: int, fits: bool) -> None:
    """Bitstring Status List section 2.1: one message for each value of `statusSize` bits."""
    entry = {
        **status_entry(),
        "statusPurpose": "message",
        "statusSize": size,
        "statusMessage": [{"status": f"{number:#x}", "message": f"is {number}"} for number in range(words)],
    }
    assert parse_entry(entry).message(words - 1) == (f"is {words - 1}" if fits else "")


def test_found_m7_what_is_fetched_says_nothing_of_who_asked(tmp_path: Path) -> None:
    """By the policy of the product, only that this machine counts as public."""
    policy = public_addresses_only()
    policy.add_allowed_addresses(["127.0.0.1", "::1"])
    with https_host(tmp_path, http()) as host:
        limits = FetchLimits(ports=frozenset({host.port}), deadline_seconds=HANGS_AFTER)
        GuardedFetcher(limits, policy=policy, ca_file=host.ca_file).get(host.url())
    names = {line.partition(b":")[0].lower() for line in host.heads[0].split(b"\r\n")[1:] if line}
    assert names <= {b"host", b"user-agent", b"accept", b"accept-encoding", b"connection"}, names


def test_found_m7_a_token_of_the_most_characters_is_read_and_one_more_is_not() -> None:
    head, foot = "e30.", ".AA"
    longest = head + "A" * (MAX_TOKEN_CHARS - len(head) - len(foot)) + foot
    assert split_compact(longest) == longest.split(".")
    with pytest.raises(TooLargeError):
        split_compact(longest[:-2] + "AAA")


def test_found_m7_an_event_that_was_issued_is_answered_the_same_again(sqlite_service: Service) -> None:
    """Whoever resumes it: nothing is read, mapped or signed anew."""
    sqlite_service.send_event(event_id="evt_1")
    services = sqlite_service.services
    event = services.store.events.get(SOURCE, "evt_1")
    assert event is not None
    assert event.state is EventState.ISSUED
    services.store.sources.set_enabled(SOURCE, False)
    again = resume_event(services, replace(event, body=b"not an event"), now=sqlite_service.clock.now)
    assert (again.created, again.credential_id) == (False, event.credential_id)
