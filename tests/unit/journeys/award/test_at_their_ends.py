"""What is refused at its end: links and rounds that are over, files too long, people who are gone."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.fetch.folder import FileSeen
from credserv.fetch.guarded import Fetched as Page
from credserv.ground.encoding import hash_token
from credserv.ground.errors import (
    InputError,
    LaunchError,
    NotFoundError,
    UnavailableError,
)
from credserv.journeys.award import pulling, reconciling, rounds, waiting
from credserv.journeys.award.assess import Word, record_word, rubric_of
from credserv.journeys.award.catching_up import CaughtUp, catch_up
from credserv.journeys.award.courses import fetch_courses
from credserv.journeys.award.feedback import asked_by
from credserv.journeys.award.launches import open_launch
from credserv.journeys.award.orders import OrderRequest, award_request, find_version
from credserv.journeys.award.pathways import begin_pathway
from credserv.journeys.award.progress import progress_of_member
from credserv.journeys.award.reconciling import Asked
from credserv.journeys.award.rehearsing import rehearse
from credserv.journeys.award.settle import NO_ADDRESS
from credserv.journeys.define.employment import require_employment
from credserv.journeys.define.rules import set_rule
from credserv.mastery.rule import By
from credserv.mastery.targets import fragment_of
from credserv.records.access import LinkPurpose
from credserv.records.credentials import CredentialRecord, Recipient
from credserv.records.feedback_rounds import IN_ROUND, Category, FeedbackRound, RoundAnswer
from credserv.records.observations import Kind, PersonKind
from credserv.records.observed import ObservationState
from credserv.records.paging import Place
from credserv.records.people import MembershipRecord
from credserv.records.sources import SourceRecord
from credserv.sources.pulling.settings import Pull
from credserv.sources.pulling.settings import PulledSystem as Asking
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
