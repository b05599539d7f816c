"""Trust marks: what is told of each, and the bounds within which one counts (OpenID Federation 1.0, 7)."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.verifying.federation import find_issuer
from credserv.verifying.trust_marks import Mark, MarkState
from tests.hostile.test_trust_marks import (
    KIND,
    OWNER,
    answer,
    asked_at_issuer,
    judged,
    mark,
    marked,
)
from tests.testkit.federation import ANCHOR, AT, LEAF, MIDDLE, Federation, small_federation
from tests.testkit.proofs import NOW
from tests.testkit.verifying import Hosts

DAY = 86_400


def marks(made: Federation) -> tuple[Mark, ...]:
    found = find_issuer(LEAF, ANCHOR, Hosts(dict(made.pages)), NOW)
    assert found is not None
    return found.marks


def state(made: Federation, send: Any = None) -> MarkState:
    found = judged(made, send)
    assert found.asked is (send is not None and found.state is MarkState.VERIFIED)
    return found.state


def test_a_mark_without_an_issuer_is_nobodys() -> None:
    made = small_federation()
    assert state(marked(made, mark(made, iss=None), issuers=())) is MarkState.REFUSED
    found = judged(marked(made, 7))
    assert (found.state, found.why) == (MarkState.REFUSED, "it is no signed token")


def test_an_issuer_is_named_as_it_calls_itself() -> None:
    made, other = small_federation(), f"{MIDDLE}/"
    assert state(marked(made, mark(made, iss=other), issuers=(other,))) is MarkState.NOT_CHECKED


@pytest.mark.parametrize(
    ("top", "states"),
    [
        ({"trust_mark_issuers": "text"}, MarkState.NOT_CHECKED),
        ({"trust_mark_issuers": {KIND: "text"}}, MarkState.NOT_CHECKED),
        ({"trust_mark_owners": "text"}, MarkState.VERIFIED),
        ({"trust_mark_owners": {KIND: "text"}}, MarkState.NOT_CHECKED),
        ({"trust_mark_owners": {KIND: {"sub": 7, "jwks": {"keys": []}}}}, MarkState.NOT_CHECKED),
        ({"trust_mark_owners": {KIND: {"jwks": {"keys": []}}}}, MarkState.NOT_CHECKED),
        ({"trust_mark_owners": {KIND: {"sub": OWNER, "jwks": {"keys": []}}}}, MarkState.NOT_CHECKED),
        ({"trust_mark_owners": {"https://marks.example/other": {"sub": OWNER}}}, MarkState.VERIFIED),
    ],
)
def test_what_the_anchor_spoils_makes_nobodys_mark_false(top: dict[str, Any], states: MarkState) -> None:
    made = marked(small_federation())
    claims: dict[str, Any] = {"trust_mark_issuers": {KIND: [MIDDLE]}} | top
    made.entity(ANCHOR, org="Anchor Association", **claims)
    assert state(made) is states


def test_an_issuer_with_a_key_of_its_own_is_no_owner() -> None:
    made = small_federation()
    owners = {KIND: {"sub": 7, "jwks": {"keys": [made.jwk(MIDDLE)]}}}
    assert state(marked(made, trust_mark_owners=owners)) is MarkState.NOT_CHECKED


def test_a_mark_ends_with_whatever_ends_first() -> None:
    made = small_federation()
    for mark_ends, delegation_ends, ends in ((30, 60, 30), (60, 30, 30), (None, 60, 60), (60, None, 60)):
        exp = None if delegation_ends is None else AT + delegation_ends
        made.entity(OWNER)
        own = None if mark_ends is None else AT + mark_ends
        claims: dict[str, Any] = {"sub": MIDDLE, "trust_mark_type": KIND, "exp": exp}
        token = mark(made, exp=own, delegation=made.token("trust-mark-delegation+jwt", by=OWNER, **claims))
        owners = {KIND: {"sub": OWNER, "jwks": {"keys": [made.jwk(OWNER)]}}}
        found = judged(marked(made, token, trust_mark_owners=owners))
        assert found.ends is not None
        assert found.ends.timestamp() == AT + ends
    endless = judged(marked(small_federation(), mark(made, exp=None)))
    assert endless.ends is not None
    assert endless.ends.timestamp() == AT + 3_600  # of what its superior says of its issuer


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({"iat": AT - DAY + 1}, MarkState.VERIFIED),
        ({"iat": AT - DAY - 1}, MarkState.NOT_CHECKED),
        ({"exp": AT + 1}, MarkState.VERIFIED),
        ({"exp": AT}, MarkState.NOT_CHECKED),
        ({"iss": ANCHOR}, MarkState.NOT_CHECKED),
        ({"trust_mark": "another"}, MarkState.NOT_CHECKED),
        ({"status": "active"}, MarkState.VERIFIED),
        ({"status": "expired"}, MarkState.REFUSED),
        ({"status": "Active"}, MarkState.NOT_CHECKED),
    ],
)
def test_an_answer_counts_within_a_day(changes: dict[str, Any], states: MarkState) -> None:
    made = marked(asked_at_issuer(small_federation()))
    assert state(made, answer(made, **changes)) is states


def test_an_answer_may_be_surrounded_by_space() -> None:
    made = marked(asked_at_issuer(small_federation()))
    assert state(made, lambda *asked: b"\n" + answer(made)(*asked) + b"\n") is MarkState.VERIFIED


def test_an_issuer_that_names_no_address_is_not_asked() -> None:
    made = marked(small_federation())
    own = {"federation_fetch_endpoint": f"{MIDDLE}/fetch", "federation_trust_mark_status_endpoint": 7}
    made.entity(MIDDLE, (ANCHOR,), metadata={"federation_entity": own})
    assert judged(made, answer(made)).asked is False


def test_what_is_shown_as_a_mark_is_told_by_its_type() -> None:
    made = small_federation()
    long = "k" * 200
    shown: list[Any] = [
        "text",
        {"trust_mark_type": 7, "trust_mark": "x"},
        {"id": "of old", "trust_mark": "x"},
        {"trust_mark_type": "un\nseen", "trust_mark": "x"},
        {"trust_mark_type": long, "trust_mark": "x"},
        {"trust_mark_type": long + "k", "trust_mark": "x"},
        *({"trust_mark_type": str(number), "trust_mark": "x"} for number in range(9)),
    ]
    made.entity(LEAF, (MIDDLE,), trust_marks=shown)
    assert [one.kind for one in marks(made)] == ["of old", long, *"012345"]
    assert {(one.by, one.asked, one.state) for one in marks(made)} == {("", False, MarkState.NOT_CHECKED)}
    made.entity(LEAF, (MIDDLE,), trust_marks={"trust_mark_type": "x"})
    assert marks(made) == ()


def test_a_mark_as_drafts_had_it_calls_its_type_its_id() -> None:
    made = small_federation()
    assert state(marked(made, mark(made, trust_mark_type=None, id=KIND))) is MarkState.VERIFIED
    assert state(marked(made, mark(made, trust_mark_type=None, id="another"))) is MarkState.REFUSED
    assert state(marked(made, mark(made, trust_mark_type="another", id=KIND))) is MarkState.REFUSED


def test_an_entity_that_issues_its_own_mark_is_looked_for_once() -> None:
    made = small_federation()
    marked(made, mark(made, by=LEAF), issuers=())
    hosts = Hosts(dict(made.pages))
    found = find_issuer("did:web:school.example", ANCHOR, hosts, NOW)
    assert found is not None
    assert found.marks[0].state is MarkState.VERIFIED
    assert len(hosts.asked) == len(set(hosts.asked))
