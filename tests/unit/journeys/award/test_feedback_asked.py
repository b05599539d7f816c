"""Feedback that is asked for: who may be asked what, how often each answers, and when it is shown."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError, NotFoundError
from credserv.journeys.award.feedback import Asked, answer, ask_for_feedback, asked_by, mail_for_feedback
from credserv.journeys.award.rounds import Opened, Rater, find_round, open_round, rounds_about, show_round
from credserv.journeys.define.employment import require_employment
from credserv.journeys.measure.agreeing import agree
from credserv.mastery.rule import By
from credserv.records.consents import Purpose
from credserv.records.feedback_rounds import Category
from credserv.records.people import MembershipRecord
from tests.testkit.observed import somebody, trail
from tests.testkit.service import ACHIEVEMENT, NOW, Service

RUBRIC, NONE = "constructive-feedback", "employment"  # with levels, and without any
_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)


def ask(here: Service, of: str, **changed: Any) -> str:
    told = {"email": f"r{next(_numbers)}.asked@example.org", "role": "peer", "actor": "test", "now": NOW}
    return ask_for_feedback(here.services, of, changed.pop("key", RUBRIC), **told | changed).rpartition("/")[
        2
    ]


def asked(here: Service, token: str, after: timedelta = timedelta()) -> Asked:
    return asked_by(here.services, token, NOW + after)


@pytest.mark.parametrize(
    ("of", "changed", "refused"),
    [
        ("nobody", {}, "no such person"),
        ("", {"key": "nothing"}, "no achievement"),
        ("", {"role": "assessor"}, "as what they speak"),
        ("", {"email": "nobody"}, "e-mail"),
    ],
)
def test_feedback_is_asked_of_somebody_about_somebody(
    here: Service, of: str, changed: dict[str, Any], refused: str
) -> None:
    with pytest.raises(CredservError, match=refused):
        ask(here, of or somebody(here, "feedback").id, **changed)


def test_a_link_for_feedback_says_who_speaks_of_whom_and_is_answered_once(here: Service) -> None:
    pat = somebody(here, "feedback")
    token = ask(here, pat.id, email=" bo.asked@example.org ")
    bo = here.services.store.members.find_by_email("bo.asked@example.org")
    assert bo is not None
    told = asked(here, token)
    assert (told.of, told.by, told.role, told.name) == (pat.id, bo.id, By.PEER, "Pat Doe")
    assert (told.achievement_key, told.is_answered, told.round) == (RUBRIC, False, None)
    assert told.request_id
    assert any(one.detail == {"of": pat.id, "by": bo.id} for one in trail(here, RUBRIC))
    assert not asked(here, token, timedelta(days=30) - SECOND).is_answered
    for late, unknown in ((timedelta(days=30), token), (timedelta(), "unknown")):
        with pytest.raises(NotFoundError, match="no longer opens"):
            asked(here, unknown, late)
    (address,) = here.services.store.members.identifiers(pat.id)
    with pytest.raises(ForbiddenError, match="nobody speaks for themselves"):
        ask(here, pat.id, email=address.written)
    given = {"level": "#proficient", "shown": True, "note": "Well.", "now": NOW}
    recorded = answer(here.services, token, **given)
    assert recorded is not None
    assert (recorded.observation.asserted_as, recorded.observation.level) == ("peer", "#proficient")
    assert [one.actor for one in trail(here, recorded.id)] == [f"feedback:{bo.id}"]
    assert asked(here, token).is_answered
    (request,) = [
        one for one in here.services.store.feedback_requests.asked_between(NOW, NOW + SECOND)
        if one.id == told.request_id
    ]  # fmt: skip
    assert (request.answered_at, request.ends_at) == (NOW, NOW + timedelta(days=30))
    with pytest.raises(ConflictError):
        answer(here.services, token, **given | {"level": "#developing"})


def test_without_letters_no_link_is_mailed(here: Service) -> None:
    pat = somebody(here, "feedback")
    told = {"email": "cy.asked@example.org", "role": "peer", "actor": "test", "now": NOW}
    with pytest.raises(InputError, match="sends no letters"):
        mail_for_feedback(here.services, pat.id, RUBRIC, **told)
    mail_for_feedback(replace(here.services, mail_enabled=True), pat.id, RUBRIC, **told)
    assert here.services.store.members.find_by_email("cy.asked@example.org") is not None


def opened(here: Service, of: MembershipRecord, *raters: Rater, **changed: Any) -> Opened:
    told = {"days": 14, "mail": False, "actor": "test", "now": NOW}
    return open_round(here.services, of.id, changed.pop("key", ACHIEVEMENT), raters, **told | changed)


def test_a_round_is_opened_only_of_who_agreed_and_for_as_long_as_links_live(here: Service) -> None:
    pat, bo = somebody(here, "feedback"), Rater(f"b{next(_numbers)}.asked@example.org", Category.PEER)
    with pytest.raises(InputError, match="have not agreed"):
        opened(here, pat, bo)
    agree(here.services, pat.person_id, Purpose.FEEDBACK, actor="holder", now=NOW)
    for days in (0, 31):
        with pytest.raises(InputError, match="open for 1 to 30 days"):
            opened(here, pat, bo, days=days)
    for days in (1, 30):
        assert opened(here, pat, bo, days=days).round.closes_at == NOW + timedelta(days=days)
    with pytest.raises(InputError, match="sends no letters"):
        opened(here, pat, bo, mail=True)
    with pytest.raises(NotFoundError, match="no achievement"):
        opened(here, pat, bo, key="nothing")
    with pytest.raises(NotFoundError, match="no such person"):
        opened(here, replace(pat, id="nobody"), bo)
    (address,) = here.services.store.members.identifiers(pat.id)
    for rater in (Rater(bo.email, Category.SELF), Rater(address.written, Category.PEER)):
        with pytest.raises(InputError, match="only the person themself speaks as self"):
            opened(here, pat, rater)
    assert len(opened(here, pat, Rater(address.written, Category.SELF), bo).links) == 2
    with pytest.raises(NotFoundError, match="no such feedback"):
        find_round(here.services, "none")
    assert rounds_about(here.services, "nobody", NOW) == ()
    assert len(rounds_about(here.services, pat.person_id, NOW)) == 3


def test_a_round_is_answered_once_while_it_is_open_and_shown_when_it_is_over(here: Service) -> None:
    pat = somebody(here, "feedback")
    require_employment(here.services, actor="test", now=NOW)
    agree(here.services, pat.person_id, Purpose.FEEDBACK, actor="holder", now=NOW)
    raters = [Rater(f"q{number}.asked@example.org", Category.PEER) for number in range(4)]
    made = opened(here, pat, *raters, key=NONE, days=1)
    tokens = [link.rpartition("/")[2] for _, link in made.links]
    told = asked(here, tokens[0])
    assert (told.role, told.round, told.is_answered, told.of) == (Category.PEER, made.round, False, pat.id)

    def say(
        token: str, shown: bool, level: str | None = None, note: str = "", after: timedelta = SECOND
    ) -> None:
        given = answer(here.services, token, level=level, shown=shown, note=note, now=NOW + after)
        assert given is None

    with pytest.raises(InputError, match="choose a level"):
        say(tokens[0], True, "#proficient")
    for note in ("n" * 2_001, "\x07"):
        with pytest.raises(InputError, match="at most 2000 characters"):
            say(tokens[0], True, note=note)
    say(tokens[0], True, note="n" * 1_998 + "\r\n")
    say(tokens[1], False)
    say(tokens[3], True)
    assert [asked(here, token).is_answered for token in tokens] == [True, True, False, True]
    store = here.services.store
    answers = {
        one.rater_id: (one.level, one.given_at) for one in store.feedback_rounds.answers(made.round.id)
    }
    assert sorted(answers.values()) == [
        ("not yet", NOW + SECOND),
        ("shown", NOW + SECOND),
        ("shown", NOW + SECOND),
    ]
    assert show_round(here.services, made.round, NOW + timedelta(days=1) - SECOND).sides == ()
    over = show_round(here.services, made.round, NOW + timedelta(days=1))
    assert (over.round, over.names, len(over.sides)) == (made.round, {}, 1)
    with pytest.raises(NotFoundError):
        asked(here, tokens[2], timedelta(days=1))
