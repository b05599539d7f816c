"""What rules make of what is known: whom a dry run names, what an observation is told, what replay finds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import NotFoundError
from credserv.journeys.award import handed_in
from credserv.journeys.award.award import award_event
from credserv.journeys.award.dry_run import DryRun, Foreseen, Foresight, _foresight, _is_of, dry_run, tell_run
from credserv.journeys.award.judging import MappingJudge, judges_of, mapping_of
from credserv.journeys.award.pathways import begin_own, begin_pathway, choices_of, open_pathways, team_of
from credserv.journeys.award.progress import progress_of
from credserv.journeys.award.proposing import (
    decline_proposal,
    proposable_by,
    proposals_to,
    propose_pathway,
    propose_to_led,
)
from credserv.journeys.award.replay import replay, replay_of
from credserv.journeys.award.rules import current_rules
from credserv.journeys.award.take import take_message
from credserv.journeys.define.rules import set_rule
from credserv.journeys.services import Services
from credserv.mastery.rule import Activity, NOf, Rule
from credserv.mastery.verdict import Answer, Verdict
from credserv.records.employment import OWN, Position, Spell
from credserv.records.observations import ActivityKind, Kind
from credserv.records.pathways import Proposer
from credserv.records.people import MemberFacts
from credserv.records.sources import SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from tests.testkit.observed import add_member, closed, known, observe, somebody
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def source(here: Service, dialect: str = "generic", rules: Sequence[Any] = (RULE,)) -> SourceRecord:
    record = SourceRecord(f"rules-{next(_numbers)}", dialect, ("whsec_a",), {"rules": list(rules)}, NOW)
    here.services.store.sources.create(record)
    return known(here, record.name)


def event(here: Service, name: str, **made: Any) -> bytes:
    return json.dumps(here.event(email=f"{name}.rules@example.org", **made)).encode()


@pytest.mark.parametrize(
    ("answer", "has_it", "foresight"),
    [
        (Answer.MET, False, Foresight.WOULD_ISSUE),
        (Answer.NOT_MET, False, Foresight.WOULD_NOT),
        (Answer.UNKNOWN, False, Foresight.WAITS),
        (Answer.MET, True, Foresight.HAS_IT),
        (Answer.UNKNOWN, True, Foresight.HAS_IT),
        (Answer.NOT_MET, True, Foresight.WOULD_REVIEW),
    ],
)
def test_what_is_foreseen_follows_from_the_verdict_and_from_what_they_have(
    answer: Answer, has_it: bool, foresight: Foresight
) -> None:
    assert _foresight(Verdict(answer, ()), has_it) is foresight


def test_a_dry_run_is_told_with_a_sum_of_each_kind() -> None:
    waits = Verdict(Answer.UNKNOWN, (), ("one more",))
    people = tuple(Foreseen(name, name.title(), None, Foresight.WAITS, waits) for name in ("ann", "bob"))
    told = tell_run(DryRun(Rule("a", NOf("", "all", 0, ())), people, 3))
    assert (told["achievement"], told["observations_of_nobody_known"]) == ("a", 3)
    assert told["summary"] == {
        "would issue": 0, "has it": 0, "would be suspended for review": 0, "would not": 0, "waits": 2
    }  # fmt: skip
    ann = {"person": "ann", "name": "Ann", "address": None, "answer": "waits", "missing": ["one more"]}
    assert told["people"][0] == ann | {"leaves": []}


def test_only_what_is_about_an_activity_of_the_rule_names_people_in_a_dry_run(here: Service) -> None:
    campus = source(here, rules=()).name
    who = [
        add_member(here.services, f"d{next(_numbers)}.rules@example.org", NOW, "Pat Doe") for _ in range(2)
    ]
    course = f"c-{next(_numbers)}"
    record = observe(here.services, f"{course}-1", Kind.COMPLETED, course, of=who[0], at=NOW, source=campus)
    observe(here.services, f"{course}-2", Kind.COMPLETED, "else", of=who[1], at=NOW, source=campus)
    observe(here.services, f"{course}-3", Kind.COMPLETED, course, of=None, at=NOW, source=campus)
    for kind, name, is_of in (
        (None, None, True),
        (ActivityKind.COURSE, campus, True),
        (ActivityKind.MODULE, campus, False),
        (ActivityKind.COURSE, "other", False),
        (ActivityKind.MODULE, "other", False),
        (None, campus, True),
    ):
        assert _is_of(Activity(course, kind, name), record) is is_of
    when = {"observed": {"kind": "completed", "activity": course}}
    set_rule(here.services, "workplace-instruction", {"when": when}, actor="test", now=NOW)
    rule = current_rules(here.services).rules["workplace-instruction"].rule
    run = dry_run(here.services, rule, now=NOW)
    ours = [one for one in run.people if one.member in {known.membership_id for known in who}]
    assert [(one.member, one.name, one.address) for one in ours] == [
        (who[0].membership_id, "Pat Doe", who[0].written)
    ]
    assert (ours[0].foresight, run.nobody_knows) == (Foresight.WOULD_ISSUE, 1)


def test_a_mapping_that_was_changed_meanwhile_is_read_as_it_is_given(here: Service) -> None:
    one = source(here)
    assert [rule.achievement_key for rule in mapping_of(here.services, one).rules] == [ACHIEVEMENT]
    other = replace(one, mapping={"rules": [{**RULE, "achievement": "other"}]})
    assert [rule.achievement_key for rule in mapping_of(here.services, other).rules] == ["other"]
    assert mapping_of(here.services, replace(one, mapping={"rules": [{"wrong": 1}]})).rules == ()
    assert mapping_of(here.services, replace(one, mapping={})).rules == ()
    judge = MappingJudge(one, mapping_of(here.services, one), ACHIEVEMENT)
    assert judge.then(None) is judge.then({"mapping": "x"}) is judge
    then = judge.then({"mapping": {"source": one.name, "rules": [{**RULE, "course": "former"}]}})
    assert then is not None
    assert [rule.course for rule in then.mapping.rules] == ["former"]


def test_replay_judges_what_it_was_issued_for_whomever_that_belongs_to_now(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = award_event(here.services, source(here), "r2", event(here, "r2"), now=NOW)
    monkeypatch.setattr(type(here.services.store.observations), "of_member", lambda *_: ())
    found = replay(here.services, made.credential_id or "")
    assert (found.then, found.now) == ("met", "met")


def test_replay_judges_an_event_without_grounds_by_the_mapping_of_now(here: Service) -> None:
    one = source(here)
    made = award_event(here.services, one, "r1", event(here, "r1"), now=NOW)
    record = here.services.store.credentials.get(made.credential_id or "")
    assert record is not None
    found = replay(here.services, f"{made.credential_url}/?x=1")
    assert (found.then, found.now, found.agrees, found.is_recorded) == ("met", "met", True, True)
    assert [(each.is_whole, each.reads_alike) for each in found.observations] == [(True, True)]
    with pytest.raises(NotFoundError, match="not one of this organisation's"):
        replay(here.services, "https://other.example/credentials/1")
    before = replace(record, order=replace(record.order, grounds=None))
    then = replay_of(here.services, before)
    assert (then.then, then.agrees, then.event is not None, then.mapping) == ("met", True, True, one.mapping)
    here.services.store.sources.set_mapping(
        one.name, {"rules": [{**RULE, "achievement": "active-listening"}]}
    )
    other = replay_of(here.services, before)
    assert (other.then, other.now, other.agrees) == ("not met", "not met", False)
    for changed in ({"scope": "hook:gone"}, {"idempotency_key": "gone"}):
        gone = replay_of(here.services, replace(before, order=replace(before.order, **changed)))
        assert (gone.then, gone.note) == ("not judged", "its source or its event is not here any more")
    ordered = replay_of(here.services, replace(before, order=replace(before.order, scope="api")))
    assert (ordered.then, ordered.agrees, ordered.note) == (
        "not judged", True, "it was ordered: no rule was asked"
    )  # fmt: skip


def test_nothing_handed_in_is_looked_at_while_stopping_or_closed(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(type(here.services.store.handed_in), "due", lambda *_: ("a", "b"))
    monkeypatch.setattr(handed_in, "_look", lambda _services, record, _now: looked.append(record))

    def look(services: Services, *stops: bool) -> int:
        stopping = iter((*stops, *[False] * 9))
        return handed_in.look_again(services, clock=here.clock, stopping=lambda: next(stopping))

    assert (look(here.services), looked) == (2, ["a", "b"])
    assert (look(here.services, True), look(here.services, False, True), len(looked)) == (0, 1, 3)
    assert (look(closed(here.services, closed_at=NOW)), len(looked)) == (0, 3)


def test_a_pathway_is_proposed_to_who_is_led_and_begun_by_themselves(here: Service) -> None:
    services, key = here.services, "constructive-feedback"
    steps = [{"achievement": "mentor-foundation"}, {"achievement": "active-listening"}]
    set_rule(services, key, {"pathway": {"routes": [{"steps": steps}]}}, actor="test", now=NOW)
    pat, lee, eve = (somebody(here, "rules") for _ in range(3))
    for call in (
        lambda: begin_own(services, "nobody", key, NOW),
        lambda: begin_pathway(services, pat.id, "active-listening", actor="test", now=NOW),
        lambda: propose_to_led(services, lee.person_id, pat.id, key, NOW),
        lambda: proposable_by(services, "nobody", NOW),
        lambda: decline_proposal(services, "nobody", key),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert open_pathways(services, "nobody") == proposals_to(services, "nobody") == progress_of(
        services, "nobody", now=NOW
    ) == ()  # fmt: skip
    assert proposals_to(services, pat.person_id) == ()
    spell = Spell("rules-1", pat.id, OWN, NOW, Position(), NOW, manager_id=lee.id)
    services.store.employment.add_spell(spell)
    able = proposable_by(services, lee.person_id, NOW)
    assert (able.people, key in [one.key for one in able.pathways]) == (((pat.id, "Pat Doe"),), True)
    assert proposable_by(services, eve.person_id, NOW).people == ()
    with pytest.raises(NotFoundError, match="do not lead"):
        propose_to_led(services, eve.person_id, pat.id, key, NOW)
    for ended, people in ((NOW.date() - timedelta(days=1), ()), (None, able.people)):
        services.store.roster.change_facts(lee.id, MemberFacts("Lee", ends_on=ended))
        assert proposable_by(services, lee.person_id, NOW).people == people
        if ended is not None:
            with pytest.raises(NotFoundError, match="do not lead"):
                propose_to_led(services, lee.person_id, pat.id, key, NOW)
    propose_to_led(services, lee.person_id, pat.id, key, NOW)
    (proposed,) = proposals_to(services, pat.person_id)
    assert (proposed.key, proposed.proposer, proposed.proposed_at) == (key, Proposer.MANAGER, NOW)
    assert proposed.name == choices_of(services, [key])[0].name
    assert key in [one.key for one in open_pathways(services, pat.person_id)]
    begin_own(services, pat.person_id, key, NOW)
    assert proposals_to(services, pat.person_id) == ()
    assert key not in [one.key for one in open_pathways(services, pat.person_id)]
    propose_pathway(services, pat.id, key, proposer=Proposer.ORGANISATION, actor="test", now=NOW)
    assert proposals_to(services, pat.person_id) == (), "who has begun it is proposed nothing"
    propose_pathway(services, eve.id, key, proposer=Proposer.ORGANISATION, actor="test", now=NOW)
    decline_proposal(services, eve.person_id, key)
    assert proposals_to(services, eve.person_id) == ()
    assert team_of(services, lee.person_id, now=NOW) == (), "they have not agreed to it"
    lines = [one.detail for one in services.store.audit.of_subject(pat.id)]
    assert {"pathway": key} in lines
    assert {"pathway": key, "proposer": "manager"} in lines


def test_what_an_event_ordered_itself_is_not_awarded_once_more_by_its_mapping(here: Service) -> None:
    one, body = source(here), event(here, "ordered")
    award_event(here.services, one, "e1", body, now=NOW)
    shown = Authentication("upload", is_signed=False)
    read = take_message(here.services, one, Message(body), shown, now=NOW).event

    def awards(message: str) -> list[tuple[str, bool]]:
        (record,) = here.services.store.observations.of_message(one.name, message)
        judges = judges_of(here.services, one, record)
        return [(judge.achievement_key, judge.awards) for judge in judges if isinstance(judge, MappingJudge)]

    assert awards("e1") == [(ACHIEVEMENT, False)]
    assert awards(read.event_id) == [(ACHIEVEMENT, True)]
