"""What is refused at its end: links and rounds that are over, files too long, people who are gone."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.fetch.folder import FileSeen
from credserv.fetch.guarded import Fetched as Page
from credserv.ground.encoding import hash_token
from credserv.ground.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LaunchError,
    NotFoundError,
    OrganisationClosedError,
    OrganisationMovedError,
    TooLargeError,
    UnavailableError,
)
from credserv.journeys.award import objections, pulling, reconciling, replay, rounds, waiting
from credserv.journeys.award.assess import Word, record_word, rubric_of
from credserv.journeys.award.award import award_event
from credserv.journeys.award.catching_up import CaughtUp, catch_up
from credserv.journeys.award.courses import fetch_courses
from credserv.journeys.award.feedback import asked_by
from credserv.journeys.award.in_bulk import cohort, prepare, reissue
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.launches import open_launch
from credserv.journeys.award.objections import Instead
from credserv.journeys.award.orders import OrderRequest, award_request, find_version
from credserv.journeys.award.pathways import begin_pathway
from credserv.journeys.award.progress import progress_of_member
from credserv.journeys.award.reconciling import Asked
from credserv.journeys.award.rehearsing import rehearse
from credserv.journeys.award.settle import NO_ADDRESS
from credserv.journeys.award.take import take_message
from credserv.journeys.define.employment import require_employment
from credserv.journeys.define.rules import set_rule
from credserv.mastery.rule import By
from credserv.mastery.targets import fragment_of
from credserv.records.access import LinkPurpose
from credserv.records.bulk import RowState
from credserv.records.credentials import LIVING_SCOPE, CredentialRecord, CredentialState, Recipient
from credserv.records.feedback_rounds import IN_ROUND, Category, FeedbackRound, RoundAnswer
from credserv.records.objections import ObjectionKind, ObjectionRecord, ObjectionState
from credserv.records.observations import Kind, PersonKind
from credserv.records.observed import ObservationState
from credserv.records.paging import Place
from credserv.records.people import MembershipRecord
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.pulling.settings import Pull
from credserv.sources.pulling.settings import PulledSystem as Asking
from credserv.sources.signing import Authentication
from tests.testkit.lti_platform import OPTIONS
from tests.testkit.observed import closed, known, observe, somebody
from tests.testkit.pulled_systems import SCHOOL, System, absent
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
DAY = timedelta(days=1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def source(here: Service, dialect: str = "generic", rules: Any = (RULE,), **made: Any) -> SourceRecord:
    record = SourceRecord(
        f"ends-{next(_numbers)}", dialect, ("whsec_a",), {"rules": list(rules)}, NOW, **made
    )
    here.services.store.sources.create(record)
    return known(here, record.name)


def address() -> str:
    return f"p{next(_numbers)}.ends@example.org"


def order(here: Service, key: str = "active-listening", **changed: Any) -> CredentialRecord:
    told = {"recipient": Recipient(email=address(), name="Pat")} | changed
    return award_request(here.services, "ends", OrderRequest(f"o-{next(_numbers)}", key, **told), now=NOW)[0]


def linked(here: Service, *subject: str) -> str:
    """The token of a link for feedback."""
    token = f"token-{next(_numbers)}"
    ends = NOW + timedelta(days=30)
    here.services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, " ".join(subject), ends)
    return token


def test_a_link_of_an_older_release_names_no_request_and_ends_with_its_person(here: Service) -> None:
    pat, bo = somebody(here, "ends"), somebody(here, "ends")
    told = asked_by(here.services, linked(here, pat.id, bo.id, "peer", ACHIEVEMENT), NOW)
    assert (told.of, told.by, told.role, told.request_id) == (pat.id, bo.id, By.PEER, "")
    named = asked_by(here.services, linked(here, pat.id, bo.id, "peer", ACHIEVEMENT, "r-1"), NOW)
    assert named.request_id == "r-1"
    with pytest.raises(NotFoundError, match="no such person any more"):
        asked_by(here.services, linked(here, "gone", bo.id, "peer", ACHIEVEMENT), NOW)


def test_a_round_that_is_over_asks_and_takes_nothing_more(here: Service) -> None:
    pat, bo = somebody(here, "ends"), somebody(here, "ends")
    require_employment(here.services, actor="test", now=NOW)
    one = FeedbackRound(f"round-{next(_numbers)}", pat.id, "employment", NOW - DAY, NOW, "test")
    here.services.store.feedback_rounds.add(one)
    token = linked(here, pat.id, bo.id, "peer", IN_ROUND + one.id, "r-1")
    said = RoundAnswer("a", one.id, bo.id, Category.PEER, "", "", NOW)
    for call in (
        lambda: asked_by(here.services, token, NOW),
        lambda: rounds.answer_round(here.services, one, said, shown=True, now=NOW),
    ):
        with pytest.raises(NotFoundError, match="this feedback is over"):
            call()
    rounds.answer_round(here.services, one, said, shown=True, now=NOW - DAY)
    assert rounds.has_answered(here.services, one, bo.id)


def test_nothing_is_said_of_who_has_no_name_here(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    pat, bo = somebody(here, "ends"), somebody(here, "ends")
    require_employment(here.services, actor="test", now=NOW)
    monkeypatch.setattr(type(here.services.store.members), "identifiers", lambda *_: ())
    word = Word(
        id=f"ends{next(_numbers):012}",
        of=pat.id, by=bo.id, role=By.PEER, achievement_key="employment", level=None, shown=True,
        note="", context="",
    )  # fmt: skip
    with pytest.raises(InputError, match="has no address here"):
        record_word(here.services, word, actor="test", now=NOW)


def test_a_rule_that_is_caught_up_says_whom_it_could_not_reach(here: Service) -> None:
    services, course, key = here.services, f"ends-{next(_numbers)}", "workplace-instruction"
    campus = source(here, "canvas", ()).name
    pat = services.store.members.add(Recipient(email=address()), NOW)
    (email,) = services.store.members.identifiers(pat.id)
    name = (PersonKind.LMS_ID.value, f"n-{next(_numbers)}", campus)
    number = services.store.identifiers.add(pat.id, name, written=name[1], now=NOW)
    observe(services, course, Kind.COMPLETED, course, of=number, at=NOW, source=campus)
    set_rule(
        services, key, {"when": {"observed": {"kind": "completed", "activity": course}}}, actor="t", now=NOW
    )
    services.store.identifiers.end(email.id, NOW)
    assert catch_up(services, key, now=NOW) == CaughtUp(0, 1, 0, (NO_ADDRESS,))


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
        request = OrderRequest(f"c-{next(_numbers)}", wanted.achievement_key, Recipient(email=address()))
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


class Keys:
    """What is at the address of a platform's keys."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, url: str, *, accept: str = "", max_bytes: int = 1) -> Page:
        return Page(url, self._body, accept)


@pytest.mark.parametrize(
    ("token", "keys", "error", "told"),
    [
        ("täken", b"{}", LaunchError, "it is no token"),
        ("a.b.c", b"no JSON", UnavailableError, "cannot be read now"),
        ("a.b.c", b'{"keys": 7}', LaunchError, "."),
    ],
)
def test_a_launch_needs_a_token_and_keys_that_can_be_read(
    here: Service, token: str, keys: bytes, error: type[Exception], told: str
) -> None:
    one = source(here, "lti", (), options=OPTIONS)
    services = replace(here.services, fetcher=Keys(keys))
    with pytest.raises(error, match=told):
        open_launch(services, one, token, nonce="n", now=NOW)


def test_what_cannot_be_read_now_is_looked_at_again_and_what_never_can_is_not(
    here: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    one, file = source(here, "csv", ()), FileSeen("a" * 101, 1, 1)
    for error, is_done in ((UnavailableError("it is away"), False), (InputError("it is a folder"), True)):

        def fail(*_: Any, error: Exception = error) -> bytes:
            raise error

        asked = Asked()
        monkeypatch.setattr(pulling, "read_seen", fail)
        assert pulling._take_file(here.services, one, tmp_path, file, asked, NOW) is is_done
        assert asked == Asked(asked=1, failed=[f"{'a' * 100}: {error.detail}."])


def test_only_so_many_courses_are_asked(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "MAX_COURSES", 2)
    services = replace(here.services, caller=System(absent))

    def failed(count: int) -> list[str]:
        pull = Pull(Asking.CANVAS, SCHOOL, DAY, courses=tuple(str(one) for one in range(count)))
        return reconciling.reconcile(services, source(here, "canvas", ()), pull, "t", now=NOW).failed

    assert len(failed(2)) == 2
    assert failed(3)[2:] == ["Only the first 2 of 3 courses were asked."]


def test_messages_are_rehearsed_only_in_a_source_of_the_same_dialect(here: Service) -> None:
    sandbox = closed(here.services, sandbox=True)
    one, other = source(here), source(here, "canvas")
    with pytest.raises(InputError, match=f"{one.name} speaks generic, and {other.name} canvas"):
        rehearse(sandbox, one.name, here.services, other.name, key=b"k", since=None, actor="t", now=NOW)
    with pytest.raises(InputError, match="in a sandbox alone"):
        rehearse(here.services, one.name, here.services, one.name, key=b"k", since=None, actor="t", now=NOW)


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
    seen = replay._replayed(here.services, record)
    assert seen is not None
    assert (seen.is_whole, seen.reads_alike) == (True, True)
    assert replay._reads_alike(here.services, replace(record, source="gone"), kept) is None
    assert replay._reads_alike(here.services, record, replace(kept, body=b"{")) is False


def test_everything_that_is_open_is_listed_newest_first(here: Service) -> None:
    campus = source(here, "canvas", ()).name
    made = [
        observe(
            here.services,
            f"{campus}-{number}",
            Kind.COMPLETED,
            campus,
            of=None,
            at=NOW + number * DAY,
            source=campus,
        )
        for number in range(2)
    ]
    found = waiting.all_open(here.services, ObservationState.WAITING, text=campus)
    assert [one.id for one in found] == [one.id for one in reversed(made)]
    assert waiting.count_open(here.services)[ObservationState.WAITING] >= 2
    assert waiting.place_of(made[0]) == Place(NOW, made[0].id)


def member(here: Service, *keys: str) -> MembershipRecord:
    pat = somebody(here, "ends")
    (email,) = here.services.store.members.identifiers(pat.id)
    for key in keys:
        order(here, key, recipient=Recipient(email=email.written))
    return pat


def test_what_somebody_had_when_a_pathway_began_is_kept(here: Service) -> None:
    services, key = here.services, "mentor-practitioner"
    steps = [{"achievement": one} for one in ("mentor-foundation", "active-listening")]
    set_rule(services, key, {"pathway": {"routes": [{"steps": steps}]}}, actor="t", now=NOW)
    course = f"ends-{next(_numbers)}"
    for one in ("mentor-foundation", "active-listening"):
        when = {"all": [{"observed": {"kind": "completed", "activity": f"{course}-{at}"}} for at in range(2)]}
        set_rule(services, one, {"when": when}, actor="t", now=NOW)
    pat = member(here, "mentor-foundation")
    (email,) = services.store.members.identifiers(pat.id)
    campus = source(here, "canvas", ()).name
    observe(services, course, Kind.COMPLETED, f"{course}-0", of=email, at=NOW, source=campus)
    begin_pathway(services, pat.id, key, actor="t", now=NOW)
    (start,) = services.store.pathways.of_member(pat.id)
    first, second = start.baseline["steps"]
    assert (first["had"], len(first["credentials"]), "known" in first) == (True, 1, False)
    assert (second["had"], second["credentials"], second["asked"], len(second["known"])) == (False, [], 2, 1)
    (mine,) = [one for one in progress_of_member(services, pat.id, now=NOW) if one.version.key == key]
    assert (mine.start, mine.had) == (start, frozenset({first["of"]}))
    assert mine.routes
    assert replace(mine, start=None).had == frozenset()
    for one in ("mentor-foundation", "active-listening"):
        set_rule(
            services,
            one,
            {"when": {"observed": {"kind": "completed", "activity": "never"}}},
            actor="t",
            now=NOW,
        )


def test_a_course_without_members_or_results_is_asked_for_none(here: Service) -> None:
    one = source(here, "lti", (), options=OPTIONS)
    assert fetch_courses(here.services, one, now=NOW).courses == 0


def test_levels_of_a_round_are_shown_as_the_rubric_has_them(here: Service) -> None:
    pat, key = somebody(here, "ends"), "constructive-feedback"
    one = FeedbackRound(f"round-{next(_numbers)}", pat.id, key, NOW - DAY, NOW, "test")
    here.services.store.feedback_rounds.add(one)
    levels = [fragment_of(level) for level in rubric_of(find_version(here.services, key, None))]
    assert levels != sorted(levels), "or it would prove nothing"
    for at, level in enumerate(sorted(levels)):
        said = RoundAnswer(f"{one.id}-{at}", one.id, somebody(here, "ends").id, Category.PEER, level, "", NOW)
        rounds.answer_round(here.services, one, said, shown=True, now=NOW - DAY)
    (side,) = rounds.show_round(here.services, one, NOW).sides
    assert list(side.levels) == levels


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
    ]
    text = "badge,email,result_description,score\n" + "\n".join(lines)

    def rows() -> list[tuple[RowState, str]]:
        run = prepare.prepare_run(here.services, "a", text.encode(), may_issue=forbid, actor="test", now=NOW)
        return [(one.state, one.note) for one in bulk.rows_of(here.services, run.id, limit=9)]

    faulty = RowState.FAULTY
    first, wrong, unknown, forbidden, good, undefined = rows()
    assert (first, good) == ((RowState.READY, ""), (RowState.READY, ""))
    assert wrong[0] is unknown[0] is forbidden[0] is undefined[0] is faulty
    assert wrong[1].startswith("email: 'nobody'")
    assert unknown[1] == "achievement: there is no achievement 'nothing'"
    assert forbidden[1] == "active-listening is not yours to issue"
    assert "does not define" in undefined[1]
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
    services, key, course = here.services, "workplace-instruction", f"ends-{next(_numbers)}"
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
