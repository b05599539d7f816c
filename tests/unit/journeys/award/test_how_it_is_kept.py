"""How things are kept: under ids that stay what they were, in their place, cut where they are too long."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from credserv.ground.encoding import hash_token
from credserv.ground.errors import InputError
from credserv.journeys.award import employment_requests, objections
from credserv.journeys.award.assess import Word, record_word
from credserv.journeys.award.award import award_event
from credserv.journeys.award.feedback import asked_by
from credserv.journeys.award.in_bulk import cohort
from credserv.journeys.award.in_bulk.former import FormerSystem, Ours
from credserv.journeys.award.in_bulk.moving_in import read_former
from credserv.journeys.award.in_bulk.prepare import find_run
from credserv.journeys.award.in_bulk.rows import read_rows
from credserv.journeys.award.in_bulk.run import all_rows, rows_of
from credserv.journeys.award.orders import OrderRequest, award_request, find_version
from credserv.journeys.award.pathways import begin_pathway, team_of
from credserv.journeys.award.proposing import proposable_by, propose_pathway
from credserv.journeys.award.pulling import pull
from credserv.journeys.define.employment import require_employment
from credserv.journeys.define.rules import set_rule
from credserv.journeys.measure.agreeing import agree
from credserv.mastery.rule import By
from credserv.records.access import LinkPurpose
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.employment import OWN, Position, Spell
from credserv.records.objections import ObjectionKind
from credserv.records.pathways import Proposer
from credserv.records.people import MemberFacts
from credserv.records.sources import SourceRecord
from tests.testkit.observed import known, somebody
from tests.testkit.pulled_systems import SCHOOL, System
from tests.testkit.service import ACHIEVEMENT, COURSE, NOW, Service

_numbers = itertools.count(1)
RULE = {"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}


def address() -> str:
    return f"p{next(_numbers)}.kept@example.org"


def test_what_is_pressed_twice_is_one_also_after_an_upgrade(here: Service) -> None:
    """The ids are those that each release made."""
    services, pat = here.services, somebody(here, "kept")
    (email,) = services.store.members.identifiers(pat.id)
    badge, _ = award_request(
        services, "kept", OrderRequest(address(), "active-listening", Recipient(email=email.written)), now=NOW
    )
    objections.object_to(services, pat.person_id, badge.id, ObjectionKind.NOT_MINE, "", NOW)
    (objection,) = services.store.objections.of_credential(badge.id)
    assert objection.id == hash_token(f"objection {badge.id} 0")[:32]
    employment_requests.ask_for_employment(services, pat.person_id, NOW)
    (asked,) = employment_requests.requests_of(services, pat.person_id)
    assert asked.id == hash_token(f"employment {pat.id} 0")[:32]
    key = "workplace-instruction"
    steps = [{"achievement": "mentor-foundation"}, {"achievement": "active-listening"}]
    set_rule(services, key, {"pathway": {"routes": [{"steps": steps}]}}, actor="test", now=NOW)
    propose_pathway(services, pat.id, key, proposer=Proposer.ORGANISATION, actor="test", now=NOW)
    (proposal,) = services.store.pathways.proposed_to(pat.id)
    assert proposal.id == hash_token(f"proposal {pat.id} {key}")[:32]
    begin_pathway(services, pat.id, key, actor="test", now=NOW)
    (start,) = services.store.pathways.of_member(pat.id)
    assert start.id == hash_token(f"pathway {pat.id} {key}")[:32]
    token = f"how-kept-{next(_numbers)}"
    subject = f"{pat.id} {pat.id} peer {ACHIEVEMENT}"
    services.store.links.add(hash_token(token), LinkPurpose.FEEDBACK, subject, NOW + timedelta(days=1))
    assert asked_by(services, token, NOW).id == hash_token(f"feedback {token}")[:32]


def test_an_observation_is_the_first_of_its_event_and_of_its_form(here: Service) -> None:
    name = f"how-kept-{next(_numbers)}"
    here.services.store.sources.create(SourceRecord(name, "generic", ("whsec_a",), {"rules": [RULE]}, NOW))
    body = json.dumps(here.event(email=address())).encode()
    award_event(here.services, known(here, name), "e1", body, now=NOW)
    (seen,) = here.services.store.observations.of_message(name, "e1")
    assert seen.place == 0
    require_employment(here.services, actor="test", now=NOW)
    word = Word(
        id=f"kept{next(_numbers):012}",
        of=somebody(here, "kept").id, by=somebody(here, "kept").id, role=By.PEER,
        achievement_key="employment", level=None, shown=True, note="", context="",
    )  # fmt: skip
    said = record_word(here.services, word, actor="test", now=NOW)
    assert record_word(here.services, word, actor="test", now=NOW) == said
    assert said.observation.context is None
    assert not known(here, said.source).enabled, "nobody sends to it"
    kept = here.services.store.events.get(said.source, said.message)
    assert kept is not None
    assert (said.place, kept.adapter, kept.adapter_version) == (0, "assessed-here", 1)


def test_what_is_told_of_a_source_is_cut_where_it_is_too_long(here: Service) -> None:
    name = f"how-kept-{next(_numbers)}"
    options = {"pull": {"from": SCHOOL, "courses": ["7"]}}
    here.services.store.sources.create(SourceRecord(name, "canvas", (), {"rules": []}, NOW, True, options))
    here.services.store.source_pulls.schedule(name, NOW)
    here.services.store.source_pulls.set_token(name, "t-1")
    record = here.services.store.source_pulls.get(name)
    assert record is not None

    def fail(*_: Any) -> Any:
        raise InputError("w" * 600)

    pull(replace(here.services, caller=System(fail)), record, now=NOW)
    kept = here.services.store.source_pulls.get(name)
    assert kept is not None
    (told,) = (kept.outcome or {})["failed"]
    assert told == f"Course 7: {'w' * 600}"[:500]


def test_columns_are_named_as_far_as_a_sentence_goes() -> None:
    wide = ["c" * 90 + str(number) for number in range(6)]
    given = {"achievement": None, "zone": UTC, "now": NOW}
    text = ",".join(["badge", "email", *wide]) + "\nmentor,a@b.example\n"
    assert read_rows(text.encode(), **given).notes == (f"not read: {', '.join(wide)}"[:500],)
    with pytest.raises(InputError) as error:
        read_rows((",".join(wide) + "\n1\n").encode(), **given)
    assert len(error.value.detail) == 500
    ours = Ours({}, {}, ())
    with pytest.raises(InputError) as error:
        read_former(
            [("a.csv", (",".join(wide) + "\n1\n").encode())], FormerSystem.CREDLY, ours, zone=UTC, now=NOW
        )
    assert error.value.detail.endswith(f"its columns are: {', '.join(wide)[:400]}")


def test_a_run_is_named_after_its_badge_as_far_as_there_is_room(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = find_version(here.services, "constructive-feedback", None)
    long = replace(version, achievement={**version.achievement, "name": "n" * 300})
    monkeypatch.setattr(cohort, "find_version", lambda *_: long)
    wanted = cohort.Cohort("constructive-feedback")
    for _ in range(2):
        request = OrderRequest(address(), wanted.achievement_key, Recipient(email=address()))
        award_request(here.services, "kept", request, now=NOW)
    monkeypatch.setattr(cohort, "_PAGE", 1)
    run = cohort.prepare_reissue(here.services, wanted, "why", actor="test", now=NOW)
    assert find_run(here.services, run.id).name == f"Issued again: {'n' * 300}"[:200]
    found = list(all_rows(here.services, run.id))
    assert [one.line for one in found] == list(range(1, len(found) + 1))
    assert len(found) == len({one.order["replaces"] for one in found}) >= 2
    assert rows_of(here.services, run.id, limit=99) == tuple(found)
    assert rows_of(here.services, run.id, after=1, limit=99) == tuple(found[1:])


def test_people_who_are_led_are_listed_by_name(here: Service) -> None:
    services, boss = here.services, somebody(here, "kept")
    for name in ("Zoe", "Ann", "Max", None):
        one = services.store.members.add(Recipient(email=address()), NOW)
        services.store.roster.change_facts(one.id, MemberFacts(name))
        spell = Spell(f"kept-{one.id}", one.id, OWN, NOW, Position(), NOW, manager_id=boss.id)
        services.store.employment.add_spell(spell)
        agree(services, one.person_id, Purpose.PROGRESS, actor="holder", now=NOW)
    assert [name for _, name in proposable_by(services, boss.person_id, NOW).people] == [
        "",
        "Ann",
        "Max",
        "Zoe",
    ]
    assert [led.name for led in team_of(services, boss.person_id, now=NOW)] == ["", "Ann", "Max", "Zoe"]
