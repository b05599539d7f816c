"""What each act leaves behind it: a line in the audit trail, a letter, a line of the journal."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import hash_token
from credserv.ground.errors import ConflictError, InputError, OrganisationClosedError
from credserv.journeys.admit.notifications import Notification
from credserv.journeys.award import employment_requests, objections
from credserv.journeys.award.assess import Word, record_word
from credserv.journeys.award.award import award_event, find_event, resume_event
from credserv.journeys.award.catching_up import catch_up
from credserv.journeys.award.in_bulk import reissue as reissuing
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.prepare import find_run, prepare_run
from credserv.journeys.award.in_bulk.reissue import _replace, reissue, successor_of, successor_order
from credserv.journeys.award.objections import Instead
from credserv.journeys.award.orders import OrderRequest, award_request, find_version
from credserv.journeys.award.rounds import Rater, open_round
from credserv.journeys.award.statements import Delivery, take_statements
from credserv.journeys.award.waiting import assign_person, release
from credserv.journeys.define.employment import require_employment
from credserv.journeys.define.rules import set_rule
from credserv.journeys.measure.agreeing import agree
from credserv.journeys.services import Services
from credserv.mastery.rule import By
from credserv.records.access import LinkPurpose
from credserv.records.audit import Action
from credserv.records.bulk import RunRecord, RunState
from credserv.records.consents import Purpose
from credserv.records.credentials import CredentialRecord, Recipient
from credserv.records.feedback_rounds import IN_ROUND, Category
from credserv.records.objections import ObjectionKind
from credserv.records.observations import Kind
from credserv.records.observed import ObservationState
from credserv.records.people import ProvedKind
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from tests.testkit.observed import closed, known, observe, somebody, trail
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
DAY = timedelta(days=1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}
BY: dict[str, Any] = {"actor": "an actor", "now": NOW}


def address() -> str:
    return f"p{next(_numbers)}.told@example.org"


def source(here: Service, dialect: str = "generic", rules: Any = ()) -> SourceRecord:
    record = SourceRecord(f"told-{next(_numbers)}", dialect, ("whsec_a",), {"rules": list(rules)}, NOW)
    here.services.store.sources.create(record)
    return known(here, record.name)


def badge(here: Service) -> CredentialRecord:
    request = OrderRequest(address(), "active-listening", Recipient(email=address()))
    made = award_request(here.services, "told", request, now=NOW)[0]
    prove(here, made.order.recipient.email or "")
    record = here.services.store.credentials.get(made.id)
    assert record is not None
    return record


def prove(here: Service, email: str) -> None:
    """From now on the address is a person's mailbox."""
    people = here.services.store.people
    people.prove(people.add("Pat", NOW), ProvedKind.EMAIL, email, added_by="a test", now=NOW)


def prepared(here: Service) -> RunRecord:
    text = f"badge,email\nworkplace-instruction,{address()}\n"
    return prepare_run(here.services, "a.csv", text.encode(), **BY)


def mailing(here: Service) -> Services:
    return replace(here.services, mail_enabled=True)


def is_told(here: Service, person_id: str, told: Notification, about: str) -> bool:
    handle = "\n".join((person_id, told.value, about))
    return here.services.store.links.find(hash_token(handle), [LinkPurpose.TOLD_LETTER]) is not None


def state_in_journal(here: Service, record: CredentialRecord) -> str | None:
    journal = here.services.issuing.journal
    assert journal is not None
    kept = journal.known().lists[record.status_list_id].states.get(record.id)
    return None if kept is None else kept.state


def test_who_objects_hears_that_it_came_and_how_it_was_decided(here: Service) -> None:
    services = mailing(here)
    for decide in (
        lambda known: objections.refuse(services, known, "It is right.", **BY),
        lambda known: objections.uphold(services, known, "Yes.", None, **BY),
    ):
        mine = badge(here)
        objections.object_to(services, mine.person_id, mine.id, ObjectionKind.NOT_MINE, "", NOW)
        (asked,) = here.services.store.objections.of_credential(mine.id)
        assert is_told(here, mine.person_id, Notification.OBJECTION_RECEIVED, asked.id)
        assert not is_told(here, mine.person_id, Notification.OBJECTION_DECIDED, asked.id)
        decide(asked.id)
        assert is_told(here, mine.person_id, Notification.OBJECTION_DECIDED, asked.id)
        (line,) = [one for one in trail(here, mine.id) if one.action == Action.OBJECTION_DECIDED]
        assert (line.actor, line.detail["kind"]) == ("an actor", "not mine")
    assert state_in_journal(here, mine) == "revoked", "what was upheld"


def test_a_badge_that_is_replaced_is_revoked_in_the_journal_too(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = badge(here)
    assert here.services.store.holdings.hide(mine.person_id, mine.id, NOW)
    made = here.services.store.credentials.get(reissue(here.services, mine.id, "why", **BY).id)
    assert made is not None
    assert (made.id == mine.id, made.hidden_at) == (False, NOW), "a page that is hidden stays so"
    version = find_version(here.services, "active-listening", None)
    order = successor_order(mine, version, here.services)
    rival = _replace(here.services, mine, order, "why", "a rival", NOW)
    assert rival.id == made.id, "who comes second finds what the first one made"
    assert successor_of(here.services, mine) == made
    monkeypatch.setattr(reissuing, "_find_successor", lambda *_: replace(made, signed=None))
    assert successor_of(here.services, mine) is None, "nobody sees it before it is signed"
    assert state_in_journal(here, mine) == "revoked"


def test_who_asked_for_their_employment_hears_that_it_was_declined(here: Service) -> None:
    (address,) = here.services.store.members.identifiers(somebody(here, "told").id)
    prove(here, address.written)
    pat = here.services.store.members.find_by_email(address.written)
    assert pat is not None
    employment_requests.ask_for_employment(mailing(here), pat.person_id, NOW)
    waiting = employment_requests.waiting_of(here.services, pat.id)
    assert waiting is not None
    employment_requests.decline(mailing(here), pat, "Not yet.", **BY)
    assert is_told(here, pat.person_id, Notification.EMPLOYMENT_DECLINED, waiting.id)


def test_whoever_decides_about_what_waits_is_named(here: Service) -> None:
    one, who = source(here, "canvas"), Recipient(email=address())
    waits = observe(here.services, f"{one.name}-1", Kind.COMPLETED, "7", of=None, at=NOW, source=one.name)
    decided = assign_person(here.services, waits.id, who, **BY)
    assert decided.state is ObservationState.JUDGED
    member = here.services.store.members.find_by_email(who.email or "")
    assert member is not None
    (line,) = [one for one in trail(here, member.id) if one.action == Action.MEMBER_NAMED]
    assert (line.actor, line.detail) == ("an actor", {"observation": waits.id})
    odd = observe(here.services, f"{one.name}-2", Kind.COMPLETED, "7", of=None, at=NOW, source=one.name)
    here.services.store.observations.settle(odd.id, ObservationState.QUEUED, note="ahead")
    release(here.services, odd.id, **BY)
    assert [(one.action, one.actor) for one in trail(here, odd.id)] == [
        (Action.OBSERVATION_RELEASED, "an actor")
    ]


def test_each_step_of_a_run_is_named_with_who_took_it(here: Service) -> None:
    services, run = here.services, prepared(here)
    bulk.begin(services, run.id, **BY)
    for step, state in (
        (bulk.pause, RunState.PAUSED),
        (bulk.resume, RunState.RUNNING),
        (bulk.cancel, RunState.CANCELLED),
    ):
        step(services, run.id, **BY)
        assert find_run(services, run.id).state is state
        with pytest.raises(ConflictError):
            step(services, run.id, **BY)
    lines = [one for one in trail(here, run.id) if one.action == Action.BULK_STATE]
    assert [one.detail for one in lines] == [{"to": "paused"}, {"to": "running"}, {"to": "cancelled"}]
    assert {one.actor for one in lines} == {"an actor"}
    assert find_run(services, run.id).ended_at == NOW


@pytest.mark.parametrize("mail", [False, True])
def test_a_round_says_of_whom_it_is_and_who_opened_it(here: Service, mail: bool) -> None:
    pat = somebody(here, "told")
    agree(here.services, pat.person_id, Purpose.FEEDBACK, actor="holder", now=NOW)
    raters = [Rater(address(), Category.PEER) for _ in range(2)]
    opened = open_round(mailing(here), pat.id, ACHIEVEMENT, raters, days=7, mail=mail, **BY)
    assert [email for email, _ in opened.links] == ([] if mail else [one.email for one in raters])
    (line,) = [one for one in trail(here, ACHIEVEMENT) if one.detail.get("round") == opened.round.id]
    assert (line.action, line.actor, line.detail["of"]) == (Action.FEEDBACK_ASKED, "an actor", pat.id)
    asked = here.services.store.feedback_requests.asked_between(NOW, NOW + timedelta(seconds=1))
    own = [one for one in asked if one.round_id == opened.round.id]
    assert len(own) == 2
    for request in own if mail else ():
        (email,) = here.services.store.members.identifiers(request.rater_id)
        subject = f"{pat.id} {request.rater_id} peer {IN_ROUND}{opened.round.id} {request.id}"
        link = here.services.store.links.last(LinkPurpose.FEEDBACK_LETTER, email.value, subject, NOW)
        assert link is not None
        assert link.expires_at == NOW + DAY


def word(here: Service) -> Word:
    return Word(
        id=f"told{next(_numbers):012}", of=somebody(here, "told").id, by=somebody(here, "told").id,
        role=By.PEER, achievement_key="employment", level=None, shown=True, note="", context="",
    )  # fmt: skip


def statements() -> Delivery:
    return Delivery(Message(b"[]", {}), Authentication("basic", is_signed=False, key="k"))


@pytest.mark.parametrize(
    "act",
    [
        lambda here, ended: catch_up(ended, "workplace-instruction", now=NOW),
        lambda here, ended: employment_requests.ask_for_employment(
            ended, somebody(here, "told").person_id, NOW
        ),
        lambda here, ended: bulk.begin(ended, prepared(here).id, **BY),
        lambda here, ended: record_word(ended, word(here), **BY),
        lambda here, ended: take_statements(ended, source(here, "xapi"), statements(), now=NOW),
    ],
)
def test_a_closed_organisation_does_nothing_new(
    here: Service, act: Callable[[Service, Services], object]
) -> None:
    require_employment(here.services, actor="test", now=NOW)
    when = {"observed": {"kind": "completed", "activity": "never"}}
    set_rule(here.services, "workplace-instruction", {"when": when}, actor="test", now=NOW)
    with pytest.raises(OrganisationClosedError):
        act(here, closed(here.services, closed_at=NOW))


def test_a_closed_organisation_goes_on_with_nothing_that_was_stopped_or_decided(here: Service) -> None:
    ended, run = closed(here.services, closed_at=NOW), prepared(here)
    bulk.begin(here.services, run.id, **BY)
    bulk.pause(here.services, run.id, **BY)
    with pytest.raises(OrganisationClosedError):
        bulk.resume(ended, run.id, **BY)
    one = source(here, rules=[{**RULE, "achievement": "nothing"}])
    body = json.dumps(here.event(email=address())).encode()
    award_event(here.services, one, "e1", body, now=NOW)
    kept = find_event(here.services, one.name, "e1")
    assert kept.state is EventState.QUARANTINED
    with pytest.raises(OrganisationClosedError):
        resume_event(ended, kept, now=NOW)


def test_what_is_to_be_issued_instead_is_looked_at_before_anything_is_revoked(here: Service) -> None:
    mine = badge(here)
    objections.object_to(here.services, mine.person_id, mine.id, ObjectionKind.WRONG, "Wrong.", NOW)
    (asked,) = here.services.store.objections.of_credential(mine.id)
    for reason in ("", "r" * 1_001):
        with pytest.raises(InputError, match="say why"):
            objections.uphold(here.services, asked.id, reason, Instead("active-listening", NOW), **BY)
