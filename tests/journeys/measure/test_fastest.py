"""With whom people get there soonest, from what was told to what is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.journeys.measure.agreeing import agree
from credserv.journeys.measure.fastest import look_for_paths, relations_until
from credserv.outcomes.statistics import fisher_exact
from credserv.records.consents import Purpose
from credserv.records.credentials import Recipient
from credserv.records.employment import OWN, Position, Spell
from credserv.records.mentoring import MentoringKind, MentoringSession, MentoringState
from credserv.records.outcomes import Fact, FactKind
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
LEARNERS = 24  # of each of two mentors


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Learners of `quick` get there in 20 days, those of `slow` in 60; one of each never agreed."""
    folder = tmp_path_factory.mktemp("fastest")
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
    own, facts = service.services, []
    names = ["quick", "slow", *(f"{m}{n}" for m in ("quick", "slow") for n in range(LEARNERS))]
    members = {}
    with own.store.transaction(savepoints=False):
        for number, one in enumerate(names):
            recipient = Recipient(email=f"{one}@firm.example", name=f"Name {one}")
            members[one] = own.store.members.add(recipient, START)
            language = "de" if number % 2 else "en"
            spell = Spell(one, members[one].id, OWN, START, Position(), START, language=language)
            own.store.employment.add_spell(spell)
            if not one.endswith("23"):
                agree(own, members[one].person_id, Purpose.MATCHING, actor="test", now=START)
        for mentor, days in (("quick", 20), ("slow", 60)):
            for n in range(LEARNERS):
                at, mentee = START + timedelta(days=15 * n), members[f"{mentor}{n}"].id
                _held(own, members[mentor].id, mentee, at)
                done = at + timedelta(days=days + n % 7)
                name = f"{mentor}{n}"
                if n != 5:  # never gets there
                    facts.append(Fact(name, mentee, FactKind.MASTERED, "p", done, done, "feedback"))
        own.store.outcomes.add(facts)
    return service


def _held(own: Any, mentor: str, mentee: str, at: datetime) -> None:
    own.store.mentoring.add(
        MentoringSession(
            id=f"{mentee}s",
            mentor_id=mentor,
            mentee_id=mentee,
            competency="feedback",
            minutes=30,
            kind=MentoringKind.SESSION,
            state=MentoringState.HELD,
            starts_at=at,
            held_at=at,
            told_at=at,
            mentor_confirmed_at=at,
            mentee_confirmed_at=at,
        )
    )


def test_only_who_agreed_is_in_it_and_who_has_not_come_so_far_counts_too(service: Service) -> None:
    relations = relations_until(service.services, NOW)
    assert len(relations) == 2 * (LEARNERS - 1)
    open_ones = [one for one in relations if not one.is_finished]
    assert len(open_ones) == 2
    assert {round(one.days) for one in open_ones} == {round((NOW - START) / timedelta(days=1)) - 75}
    early = relations_until(service.services, START + timedelta(days=18))
    assert [one.is_finished for one in early] == [False] * 4


def test_by_default_there_is_no_evidence_and_then_each_is_told_with_its_reason(service: Service) -> None:
    headers = service.api_headers("accreditations:read")
    path, client = "/api/v1/mentoring/fastest-path", service.client()
    before = client.get(path, headers=headers).json
    assert (before["is_evidence"], before["suggestions"]) == (False, [])
    assert before["why"].startswith("No evidence yet")
    look_for_paths(service.services, START + timedelta(days=150), fisher_exact)
    told = client.get(path, headers=headers).json
    assert (told["is_evidence"], told["suggestions"]) == (False, [])
    assert "are needed" in told["why"]
    look_for_paths(service.services, NOW, fisher_exact)
    told = client.get(path, headers=headers).json
    assert told["is_evidence"], told["why"]
    assert [one["name"] for one in told["suggestions"]] == ["Name quick", "Name slow"]
    assert all(
        "got there" in one["reason"] and one["low"] < one["days"] < one["high"] for one in told["suggestions"]
    )
    assert "other causes are as likely" in told["caution"]
    assert {one["trait"] for one in told["fairness"]} == {"language", "group"}
    assert all(one["own_rank"] is None for one in told["fairness"]), "of two mentors a rank is somebody's own"
    page = Person(service).sign_in_as(Role.PROGRAMME_OWNER).get("/console/fastest-path")
    assert "Name quick" in page
    assert "got there" in page
    assert "other causes are as likely" in page
