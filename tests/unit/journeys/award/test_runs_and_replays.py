"""What comes of each row of a run, what is issued in the place of a badge, and what replay finds."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OrganisationClosedError,
    OrganisationMovedError,
    TooLargeError,
)
from credserv.journeys.award import objections, replay
from credserv.journeys.award.award import award_event
from credserv.journeys.award.catching_up import catch_up
from credserv.journeys.award.in_bulk import cohort, prepare, reissue
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.objections import Instead
from credserv.journeys.award.orders import OrderRequest, award_request, find_version
from credserv.journeys.award.rehearsing import rehearse
from credserv.journeys.award.take import take_message
from credserv.journeys.define.rules import set_rule
from credserv.records.bulk import RowState
from credserv.records.credentials import LIVING_SCOPE, CredentialRecord, CredentialState, Recipient
from credserv.records.objections import ObjectionKind, ObjectionRecord, ObjectionState
from credserv.records.observations import Kind
from credserv.records.sources import EventState
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from tests.testkit.observed import closed, observe, somebody
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service
from tests.unit.journeys.award.test_at_their_ends import address, order, source

_numbers = itertools.count(1)
DAY = timedelta(days=1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def test_a_file_has_a_name_that_can_be_shown_and_an_achievement_of_here(here: Service) -> None:
    def prepared(name: str) -> str:
        text = f"badge,email\nactive-listening,{address()}\n".encode()
        return prepare.prepare_run(here.services, name, text, actor="test", now=NOW).name

    assert [prepared(name) for name in ("a" * 201, "a" * 200, " ", " b.csv ")] == [
        "a" * 200, "a" * 200, "awards", "b.csv",
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="no achievement 'nothing'"):
        prepare.prepare_run(
            here.services, "a", b"email\na@b.example\n", achievement="nothing", actor="", now=NOW
        )
    own = prepare.prepare_run(
        here.services, "a", f"email\n{address()}\n".encode(), achievement=ACHIEVEMENT, actor="test", now=NOW
    )
    assert own.left == 1


def test_a_cohort_has_as_many_badges_as_a_run_may_have(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = cohort.Cohort("constructive-feedback", issued_from=NOW + DAY, issued_before=NOW + 2 * DAY)
    for _ in range(2):
        request = OrderRequest(f"rc-{next(_numbers)}", wanted.achievement_key, Recipient(email=address()))
        award_request(here.services, "ends", request, now=NOW + DAY)
    monkeypatch.setattr(cohort, "MAX_ROWS", 2)
    run = cohort.prepare_reissue(here.services, wanted, "why", actor="test", now=NOW)
    assert sum(run.counts.values()) == 2
    monkeypatch.setattr(cohort, "MAX_ROWS", 1)
    with pytest.raises(TooLargeError, match="more than 1 badges"):
        cohort.prepare_reissue(here.services, wanted, "why", actor="test", now=NOW)


def test_a_badge_that_nobody_holds_is_not_issued_again(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = order(here)
    claim: Any = None
    monkeypatch.setattr(type(here.services.store.identifiers), "owner", lambda *_: None)
    with pytest.raises(ConflictError, match="nobody of here holds it"):
        reissue._addressed(here.services, claim, record, None)
    ended = replace(record, state=CredentialState.REVOKED)
    with pytest.raises(ConflictError, match="it is revoked"):
        reissue._addressed(here.services, claim, ended, None)
    living = replace(record, order=replace(record.order, scope=LIVING_SCOPE))
    with pytest.raises(ConflictError, match="renewed, not issued again"):
        reissue._plan(here.services, living, living.order, "test", NOW)


def objected(here: Service, badge: CredentialRecord, kind: ObjectionKind) -> ObjectionRecord:
    objections.object_to(here.services, holder(here, badge), badge.id, kind, "It is wrong.", NOW)
    return here.services.store.objections.of_credential(badge.id)[-1]


def holder(here: Service, badge: CredentialRecord) -> str:
    held = here.services.store.credentials.get(badge.id)
    assert held is not None
    return held.person_id


def test_a_closed_organisation_upholds_and_issues_nothing_instead(here: Service) -> None:
    ended = closed(here.services, closed_at=NOW)
    wrong, not_theirs = (
        objected(here, order(here), kind) for kind in (ObjectionKind.WRONG, ObjectionKind.NOT_MINE)
    )
    instead = Instead("active-listening", NOW)
    with pytest.raises(OrganisationClosedError):
        objections.uphold(ended, wrong.id, "Yes.", instead, actor="test", now=NOW)
    done = objections.uphold(ended, not_theirs.id, "Yes.", None, actor="test", now=NOW)
    assert done.state is ObjectionState.UPHELD
    with pytest.raises(NotFoundError, match="no such request"):
        objections.find_objection(here.services, "nothing")


def test_what_moved_elsewhere_takes_no_objection(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    badge = order(here)
    moved = closed(here.services, moved_at=NOW)
    monkeypatch.setattr(type(here.services), "beside", lambda *_: moved)
    with pytest.raises(OrganisationMovedError):
        objections.object_to(here.services, holder(here, badge), badge.id, ObjectionKind.NOT_MINE, "", NOW)


def test_what_is_issued_instead_keeps_results_where_it_is_to(here: Service) -> None:
    result = {"type": ["Result"], "resultDescription": "#mastery", "value": "87"}
    badge = order(here, results=(result,), evidence=({"type": ["Evidence"], "narrative": "Seen."},))
    asked = objected(here, badge, ObjectionKind.WRONG)
    instead = Instead("active-listening", NOW - DAY, keeps_results=True)
    done = objections.uphold(here.services, asked.id, "Yes.", instead, actor="test", now=NOW)
    made = here.services.store.credentials.get(done.successor_id or "")
    assert made is not None
    assert (made.order.results, made.order.evidence) == (badge.order.results, badge.order.evidence)
    assert made.order.results[0]["value"] == "87"
    again = objected(here, made, ObjectionKind.WRONG)
    instead = replace(instead, keeps_results=False)
    done = objections.uphold(here.services, again.id, "Yes.", instead, actor="test", now=NOW)
    bare = here.services.store.credentials.get(done.successor_id or "")
    assert bare is not None
    assert (bare.order.results, bare.order.evidence) == ((), ())


def test_a_message_reads_alike_only_if_all_of_it_does(here: Service) -> None:
    one = source(here)
    body = json.dumps(here.event(email=address())).encode()
    shown = Authentication("upload", is_signed=False)
    taken = take_message(here.services, one, Message(body), shown, now=NOW)
    (record,) = taken.observations
    kept = here.services.store.events.get(one.name, taken.event.event_id)
    assert kept is not None
    other = replace(record.observation, level="another")
    read = replace(kept, state=EventState.READ)
    for event in (kept, read):
        for changed, alike in ((record, True), (replace(record, observation=other), False)):
            assert replay._reads_alike(here.services, changed, event) is alike
    assert replay._reads_alike(here.services, replace(record, id="x"), read) is False
    mapped = replace(kept, state=EventState.ISSUED, event_id="y")  # which a mapping takes for the event's own
    for adapter, alike in (("generic", False), ("csv", True)):
        assert replay._reads_alike(here.services, record, replace(mapped, adapter=adapter)) is alike
    seen = replay._replayed(here.services, record)
    assert seen is not None
    assert (seen.is_whole, seen.reads_alike) == (True, True)
    assert replay._reads_alike(here.services, replace(record, source="gone"), kept) is None
    assert replay._reads_alike(here.services, record, replace(kept, body=b"{")) is False


def test_a_badge_is_as_it_would_be_issued_now_only_by_the_current_key(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, version = order(here), find_version(here.services, "active-listening", None)
    assert cohort._is_current(here.services.issuing, record, version)
    assert not cohort._is_current(here.services.issuing, record, replace(version, version=99))
    other = closed(here.services, profile={"name": "Another"}).issuing
    assert not cohort._is_current(other, record, version)
    monkeypatch.setattr(cohort, "signed_with", lambda _: "did:web:other.example#key")
    assert not cohort._is_current(here.services.issuing, record, version)


def test_each_row_of_a_file_is_checked_for_what_it_says_and_for_what_it_would_order(here: Service) -> None:
    def forbid(key: str, email: str) -> None:
        if email.startswith("not."):
            raise ForbiddenError(f"{key} is not yours to issue")

    who = address()
    lines = [
        f"active-listening,{who},,",
        "active-listening,nobody,,",
        f"nothing,{address()},,",
        f"active-listening,not.{address()},,",
        f"active-listening,{address()},#mastery,87",
        f"active-listening,{address()},#nothing,87",
        f"active-listening,{address()},,,nowhere",
    ]
    text = "badge,email,result_description,score,evidence\n" + "\n".join(lines)

    def rows() -> list[tuple[RowState, str]]:
        run = prepare.prepare_run(here.services, "a", text.encode(), may_issue=forbid, actor="test", now=NOW)
        return [(one.state, one.note) for one in bulk.rows_of(here.services, run.id, limit=9)]

    faulty = RowState.FAULTY
    first, wrong, unknown, forbidden, good, undefined, nowhere = rows()
    assert (first, good) == ((RowState.READY, ""), (RowState.READY, ""))
    assert {one[0] for one in (wrong, unknown, forbidden, undefined, nowhere)} == {faulty}
    assert wrong[1].startswith("email: 'nobody'")
    assert unknown[1] == "achievement: there is no achievement 'nothing'"
    assert forbidden[1] == "active-listening is not yours to issue"
    assert "does not define" in undefined[1]
    assert "evidence" in nowhere[1]
    run = prepare.prepare_run(here.services, "a", text.encode(), actor="test", now=NOW)
    bulk.begin(here.services, run.id, actor="test", now=NOW)
    while prepare.find_run(here.services, run.id).left:
        bulk.carry_on(here.services, clock=here.clock, stopping=lambda: False)
    assert rows()[0] == (RowState.KNOWN, "the same row was issued before")


def test_a_key_of_a_row_stands_for_one_order(here: Service) -> None:
    def prepared(email: str) -> tuple[str, RowState, str]:
        text = f"badge,email,key\nactive-listening,{email},k-{at}\n"
        run = prepare.prepare_run(here.services, "a", text.encode(), actor="test", now=NOW)
        (row,) = bulk.rows_of(here.services, run.id, limit=9)
        return run.id, row.state, row.note

    at, who = next(_numbers), address()
    run, state, _ = prepared(who)
    assert state is RowState.READY
    bulk.begin(here.services, run, actor="test", now=NOW)
    while prepare.find_run(here.services, run).left:
        bulk.carry_on(here.services, clock=here.clock, stopping=lambda: False)
    assert prepared(who)[1:] == (RowState.KNOWN, "the same row was issued before")
    assert prepared(address())[1:] == (RowState.FAULTY, "key: another row was issued under it before")


def test_what_came_before_it_was_stored_led_to_a_badge(here: Service) -> None:
    one = source(here)
    body = json.dumps(here.event(email=address())).encode()
    made = award_event(here.services, one, "e1", body, now=NOW)
    record = here.services.store.credentials.get(made.credential_id or "")
    assert record is not None
    early = record.issued_at - DAY
    for changed, then in (
        ({}, "met"),
        ({"issued_at": early}, "met"),
        ({"stored_at": None}, "met"),
        ({"issued_at": early, "stored_at": None}, "not met"),
    ):
        found = replay.replay_of(here.services, replace(record, **changed))
        assert (found.then, found.now) == (then, "met")


def test_a_badge_by_a_rule_is_replayed_with_that_rule(here: Service) -> None:
    services, key, course = here.services, "workplace-instruction", f"runs-{next(_numbers)}"
    pat, campus = somebody(here, "ends"), source(here, "canvas", ()).name
    (email,) = services.store.members.identifiers(pat.id)
    seen = observe(services, course, Kind.COMPLETED, course, of=email, at=NOW, source=campus)
    when = {"observed": {"kind": "completed", "activity": course}}
    set_rule(services, key, {"when": when}, actor="t", now=NOW)
    assert catch_up(services, key, now=NOW).awarded == 1
    (record,) = services.store.credentials.of_member(pat.id)
    found = replay.replay_of(services, record)
    assert found.rule is not None
    assert found.rule.achievement_key == key
    assert [one.record.id for one in found.observations] == [seen.id]
    assert found.then == "met"


def test_messages_are_rehearsed_from_an_instant_to_another_with_both(here: Service) -> None:
    one, into = source(here), source(here)
    shown = Authentication("upload", is_signed=False)
    for day in range(4):
        message = Message(json.dumps({"day": day}).encode())
        take_message(here.services, one, message, shown, now=NOW + day * DAY)
    sandbox = closed(here.services, sandbox=True)
    since, until = NOW + DAY, NOW + 2 * DAY
    made = rehearse(
        sandbox, into.name, here.services, one.name, key=b"k", since=since, until=until, actor="t", now=NOW
    )
    assert (made.taken + made.unreadable, made.left) == (2, 0)
