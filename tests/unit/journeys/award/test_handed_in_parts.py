"""Badges of other issuers: each reason against one, what is kept of it, when it is looked at again."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from credserv.ground.errors import (
    CredservError,
    InputError,
    NotFoundError,
    OrganisationClosedError,
    UnavailableError,
)
from credserv.ground.verification import Check, Outcome
from credserv.journeys.award import handed_in
from credserv.journeys.award.handed_in import (
    LOOK_AGAIN,
    _facts,
    _is_in_force,
    hand_in,
    handed_by,
    look_again,
    take_back,
)
from credserv.journeys.check.check import Checked, Kind
from credserv.openbadges.display import build_display
from credserv.records.audit import Action
from credserv.records.handed_in import HandedInRecord
from credserv.records.people import ProvedKind
from tests.testkit.observed import closed, somebody, trail
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import NOW, Service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list

ALICE, DID = issuer(1), "did:web:handed.example"
SECOND = timedelta(seconds=1)


@cache
def good() -> Checked:
    document = badge(ALICE)
    document["credentialSubject"]["id"] = DID
    return told(ALICE.sign(document))


def told(document: dict[str, Any]) -> Checked:
    result = Hosts({STATUS_URL: signed_list(ALICE)}).verify(document)
    return Checked(document, json.dumps(document).encode(), result, build_display(document), issuer="Alice")


def unknown() -> Checked:
    proof = dict(good().credential["proof"]) | {"cryptosuite": "x-2030"}
    return told({**good().credential, "proof": proof})


def saying(**changes: Any) -> Checked:
    """The good one, of whose document something is changed, as if that had been signed."""
    document = copy.deepcopy(dict(good().credential)) | changes
    return replace(good(), credential=document, display=build_display(document))


class Looked:
    """What the check comes to: `now`, or what `of` says of these bytes; judged: whose rules were asked."""

    def __init__(self) -> None:
        self.now: Checked | Exception = good()
        self.of: dict[bytes, Checked | Exception] = {}
        self.judged: list[str] = []

    def check(self, _: Any, *, data: bytes, url: None, now: Any) -> Checked:
        found = self.of.get(data, self.now)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    made = Looked()
    monkeypatch.setattr(handed_in, "check", made.check)
    monkeypatch.setattr(
        handed_in, "act_on", lambda services, judges, member, now: made.judged.append(member) or ""
    )
    return made


@pytest.fixture(scope="module")
def person(here: Service) -> tuple[str, str]:
    """A member here with a DID that they have proved: the person's id, and the membership's."""
    member = somebody(here, "handed")
    (address,) = here.services.store.members.identifiers(member.id)
    people = here.services.store.people
    known = people.add("Pat", NOW)
    people.prove(known, ProvedKind.EMAIL, address.written, added_by="a test", now=NOW)
    people.prove(known, ProvedKind.DID, DID, added_by="a test", now=NOW)
    return known, member.id


@pytest.fixture
def pat(here: Service, person: tuple[str, str]) -> Iterator[tuple[str, str]]:
    yield person
    for one in here.services.store.handed_in.of_member(person[1]):
        here.services.store.handed_in.remove(person[1], one.id)


def kept(here: Service, member: str) -> Sequence[HandedInRecord]:
    return here.services.store.handed_in.of_member(member)


def test_what_is_good_is_kept_once_and_judged(here: Service, looked: Looked, pat: tuple[str, str]) -> None:
    who, member = pat
    for _ in range(2):
        hand_in(here.services, who, b"one", now=NOW)
    (record,) = kept(here, member)
    assert looked.judged == [member, member]
    assert (record.handed_at, record.checked_at, record.tried_at) == (NOW, NOW, NOW)
    assert (record.membership_id, here.services.store.handed_in.content(record.id)) == (member, b"one")
    (line,) = trail(here, record.id)
    assert (line.action, line.actor, line.detail) == (
        Action.CREDENTIAL_HANDED_IN, f"person:{who}", {"issuer": ALICE.did}
    )  # fmt: skip
    (shown,) = handed_by(here.services, who, now=NOW)
    assert (shown.id, shown.issuer, shown.counts) == (record.id, "Alice", True)
    take_back(here.services, who, record.id, now=NOW)
    assert kept(here, member) == ()
    assert looked.judged == [member] * 3
    assert [one.action for one in trail(here, record.id)][-1] == Action.CREDENTIAL_TAKEN_BACK


@pytest.mark.parametrize(
    ("checked", "error", "why"),
    [
        (lambda: replace(good(), kind=Kind.PRESENTATION), InputError, "only a single credential counts"),
        (unknown, UnavailableError, "could not be checked just now"),
        (lambda: told({**good().credential, "name": "Changed"}), InputError, "it does not count: "),
        (lambda: saying(credentialSubject={"id": "did:web:other.example"}), InputError, "does not name you"),
    ],
)
def test_why_one_does_not_count_is_told(
    here: Service, looked: Looked, pat: tuple[str, str], checked: Any, error: type[Exception], why: str
) -> None:
    looked.now = checked()
    with pytest.raises(CredservError, match=why) as caught:
        hand_in(here.services, pat[0], b"two", now=NOW)
    assert type(caught.value) is error
    assert (kept(here, pat[1]), looked.judged) == ((), [])


def test_what_was_issued_here_counts_already(here: Service, looked: Looked, pat: tuple[str, str]) -> None:
    own = dict(good().credential["issuer"]) | {"id": here.services.issuer.did}
    looked.now = saying(issuer=own)
    with pytest.raises(InputError, match="counts already"):
        hand_in(here.services, pat[0], b"own", now=NOW)


def test_who_is_unknown_has_too_many_or_comes_after_the_end_hands_nothing_in(
    here: Service, looked: Looked, pat: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = here.services.store.people.add("Nobody", NOW)
    with pytest.raises(NotFoundError, match="does not know you yet"):
        hand_in(here.services, stranger, b"one", now=NOW)
    assert handed_by(here.services, stranger, now=NOW) == ()
    with pytest.raises(OrganisationClosedError):
        hand_in(closed(here.services, closed_at=NOW), pat[0], b"one", now=NOW)
    monkeypatch.setattr(handed_in, "MAX_HANDED_IN", 1)
    hand_in(here.services, pat[0], b"one", now=NOW)
    with pytest.raises(InputError, match="at most 1 credentials count here"):
        hand_in(here.services, pat[0], b"two", now=NOW)
    (record,) = kept(here, pat[1])
    for who, handed in ((stranger, record.id), (pat[0], "other")):
        with pytest.raises(NotFoundError, match="no such credential"):
            take_back(here.services, who, handed, now=NOW)
    assert len(kept(here, pat[1])) == 1


def again(here: Service, now: Any, stopping: Any = lambda: False, services: Any = None) -> int:
    return look_again(services or here.services, clock=lambda: now, stopping=stopping)


def test_each_is_looked_at_again_after_a_day(here: Service, looked: Looked, pat: tuple[str, str]) -> None:
    hand_in(here.services, pat[0], b"one", now=NOW)
    looked.judged.clear()
    later = NOW + LOOK_AGAIN + SECOND
    assert again(here, NOW + LOOK_AGAIN - SECOND) == 0
    assert again(here, later, stopping=lambda: True) == 0
    assert again(here, later, services=closed(here.services, closed_at=NOW)) == 0
    assert again(here, later) == 1
    (record,) = kept(here, pat[1])
    assert (record.checked_at, record.tried_at, looked.judged) == (later, later, [])
    assert again(here, later) == 0
    looked.now = told({**good().credential, "name": "Changed"})
    assert again(here, later + LOOK_AGAIN + SECOND) == 1
    (record,) = kept(here, pat[1])
    assert (record.facts["is_in_force"], looked.judged) == (False, [pat[1]])
    (shown,) = handed_by(here.services, pat[0], now=NOW)
    assert not shown.counts


@pytest.mark.parametrize("failing", [unknown, lambda: UnavailableError("later"), ZeroDivisionError])
def test_who_cannot_be_reached_takes_nothing_away_and_keeps_no_other_waiting(
    here: Service, looked: Looked, pat: tuple[str, str], failing: Any
) -> None:
    for content in (b"one", b"two"):
        hand_in(here.services, pat[0], content, now=NOW)
    looked.judged.clear()
    looked.of[b"one"] = failing()
    later = NOW + LOOK_AGAIN + SECOND
    assert again(here, later) == 2
    found = {one.checked_at: one for one in kept(here, pat[1])}
    assert set(found) == {NOW, later}
    assert found[NOW].facts == found[later].facts
    assert {one.tried_at for one in kept(here, pat[1])} == {later}
    assert looked.judged == []
    assert again(here, later) == 0, "it was tried"


def test_only_an_end_leaves_the_decision_to_the_rule() -> None:
    def failing(*codes: str) -> Checked:
        checks = tuple(Check("dates", Outcome.FAILED, "", "", code=code) for code in codes)
        return replace(good(), result=replace(good().result, checks=(*good().result.checks, *checks)))

    assert _is_in_force(good())
    assert _is_in_force(failing("expired"))
    assert not _is_in_force(failing("expired", "revoked"))
    assert not _is_in_force(failing("revoked"))
    decides_not = (Check("trust", Outcome.FAILED, "", "", required=False, code="other"),)
    beside = replace(failing("expired"), result=replace(failing("expired").result, policy=decides_not))
    assert _is_in_force(beside)
    unsigned = told({**good().credential, "name": "Changed"})
    ended = replace(unsigned, result=replace(unsigned.result, checks=failing("expired").result.checks[-1:]))
    assert not _is_in_force(ended), "nobody signed it"


def test_what_rules_look_at_is_the_first_achievement_of_its_subject() -> None:
    facts = _facts(good())
    achievement = good().credential["credentialSubject"]["achievement"]
    assert (facts["id"], facts["issuer"], facts["issuer_name"]) == (
        good().credential["id"], ALICE.did, "Alice"
    )  # fmt: skip
    assert (facts["achievement"], facts["name"]) == (achievement["id"], good().head.name)
    assert (facts["is_trusted"], facts["is_in_force"]) == (False, True)
    assert (facts["valid_until"] or "")[:4] == str(good().credential["validUntil"])[:4]
    subject = {"achievement": ["x", {"id": "urn:a", "alignment": [{"targetUrl": "b"}, "x", {"targetUrl": 7},
                                                                  {"targetUrl": "a"}]}]}  # fmt: skip
    bare = {name: value for name, value in good().credential.items() if name not in ("id", "validUntil")}
    bare["credentialSubject"] = subject
    least = _facts(replace(good(), credential=bare, display=build_display(bare)))
    assert (least["alignments"], least["achievement"], least["valid_until"]) == (["a", "b"], "urn:a", None)
    assert str(least["id"]).startswith("sha256:")
    assert len(str(least["id"])) == 7 + 64
