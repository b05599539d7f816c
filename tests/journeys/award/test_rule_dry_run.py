"""Dry run: whom a rule would issue to, by what is kept; and nothing is done."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.errors import NotFoundError
from credserv.journeys.award.catching_up import CaughtUp, catch_up
from credserv.journeys.award.dry_run import Foresight, dry_run
from credserv.journeys.award.knowing import credentials_of, read_levels
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.rules import require_rule, set_rule
from credserv.processes.cli import main
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.moving import environment
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import NOW, Service

KEY = "mentor-practitioner"
WHEN: dict[str, Any] = {
    "all": [
        {"observed": {"kind": "completed", "activity": "course"}},
        {"result": {"activity": "quiz", "of": "scaled", "at_least": 0.8, "description": "#score"}},
    ]
}


@pytest.fixture
def filled(sqlite_service: Service) -> Service:
    """Ann has it all, Bob failed, Cat has half, Dan holds the badge, and somebody is unknown."""
    services = sqlite_service.services
    add_source(services, NOW)
    people = {
        name: add_member(services, f"{name}@example.org", NOW, name.title()) for name in ("ann", "bob", "cat")
    }
    for name, identifier in people.items():
        observe(services, f"c-{name}", Kind.COMPLETED, "course", of=identifier, at=NOW)
    observe(services, "q-ann", Kind.GRADED, "quiz", of=people["ann"], at=NOW, scaled="0.9")
    observe(services, "q-bob", Kind.GRADED, "quiz", of=people["bob"], at=NOW, scaled="0.7")
    observe(services, "x", Kind.COMPLETED, "another", of=add_member(services, "eve@example.org", NOW), at=NOW)
    observe(services, "u", Kind.COMPLETED, "course", of=None, at=NOW)
    request = OrderRequest("1", KEY, Recipient(email="dan@example.org", name="Dan"))
    award_request(services, "api", request, now=NOW)
    return sqlite_service


def test_everybody_of_whom_something_is_known_is_told_and_nothing_is_done(filled: Service) -> None:
    services = filled.services
    before = services.store.credentials.count_by_state()
    found = dry_run(services, require_rule(services, KEY, {"when": WHEN}), now=NOW)
    assert [(one.name, one.foresight) for one in found.people] == [
        ("Ann", Foresight.WOULD_ISSUE),
        ("Dan", Foresight.HAS_IT),
        ("Bob", Foresight.WOULD_NOT),
        ("Cat", Foresight.WAITS),
    ]
    assert [one.verdict.missing for one in found.people[2:]] == [
        ("reach 80 % in “quiz”: it was 70 % on 2026-03-14",),
        ("reach 80 % in “quiz”",),
    ]
    assert found.nobody_knows == 1
    assert services.store.credentials.count_by_state() == before


def test_the_command_tells_the_same_of_a_rule_that_is_set_and_of_one_in_a_file(
    filled: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(filled.settings).items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["rule", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    file = tmp_path / "rule.json"
    file.write_text(json.dumps({"when": WHEN}))
    code, out, _ = run("dry-run", KEY, "--rule", str(file), "--json")
    (told,) = json.loads(out)["rules"]
    assert (code, told["achievement"], told["observations_of_nobody_known"]) == (0, KEY, 1)
    assert told["summary"] == {
        "would issue": 1, "has it": 1, "would be suspended for review": 0, "would not": 1, "waits": 1
    }  # fmt: skip
    ann = told["people"][0]
    assert (ann["address"], ann["answer"], ann["missing"]) == ("ann@example.org", "would issue", [])
    assert [(leaf["place"], leaf["answer"]) for leaf in ann["leaves"]] == [
        ("/when/all/0/observed", "met"),
        ("/when/all/1/result", "met"),
    ]

    assert run("dry-run", KEY)[0] == 1  # there is no rule yet
    assert run("set", KEY, str(file))[1] == f"{KEY} has version 1 of its rule\n"
    assert run("set", KEY, str(file))[1] == f"{KEY} has version 1 of its rule already\n"
    assert json.loads(run("show", KEY)[1]) == {"when": WHEN}
    assert "would issue  Ann <ann@example.org>" in run("dry-run")[1]
    assert run("end", KEY)[1] == f"{KEY} has no rule now\n"
    assert [line.split()[0] for line in run("show", KEY, "--history")[1].splitlines()] == [
        "VERSION",
        "2",
        "1",
    ]
    assert json.loads(run("show", KEY, "--version", "1")[1]) == {"when": WHEN}
    file.write_text(json.dumps({"when": {"all": []}}))
    code, _, err = run("set", KEY, str(file))
    assert (code, "/when/all" in err) == (1, True)


def test_a_credential_of_ours_counts_with_its_level_and_not_once_it_is_revoked(filled: Service) -> None:
    services = filled.services
    asked = {"credential": {"achievement": KEY, "level_at_least": "#proficient"}}
    rule = require_rule(services, "mentor-foundation", {"when": asked})
    version = services.store.achievements.newest(KEY)
    assert version is not None
    result = {
        "type": ["Result"],
        "resultDescription": f"{version.achievement['id']}#mastery",
        "achievedLevel": f"{version.achievement['id']}#exemplary",
    }
    request = OrderRequest("2", KEY, Recipient(email="ann@example.org"), results=(result,))
    record, _ = award_request(services, "api", request, now=NOW)

    def foresights() -> dict[str | None, Foresight]:
        return {one.name: one.foresight for one in dry_run(services, rule, now=NOW).people}

    assert foresights() == {"Ann": Foresight.WOULD_ISSUE, "Dan": Foresight.WAITS}
    owner = services.store.identifiers.owner(record.identifier_id)
    assert owner is not None
    (held,) = credentials_of(services, owner.id, [rule])
    assert held.levels is not None
    assert {level.rpartition("#")[2] for level in held.levels} == {"developing", "proficient", "exemplary"}
    services.store.credentials.set_state(
        record.id, CredentialState.REVOKED, reason="a test", now=NOW, actor="test"
    )
    assert foresights() == {"Ann": Foresight.WOULD_NOT, "Dan": Foresight.WAITS}


def test_a_result_that_failed_or_goes_on_reaches_no_level() -> None:
    achievement = {"resultDescription": [{"rubricCriterionLevel": [{"id": "#low"}, {"id": "#high"}]}]}
    for status, reached in (
        ("Failed", None),
        ("InProgress", None),
        ("Completed", frozenset({"#low", "#high"})),
    ):
        assert read_levels(achievement, [{"achievedLevel": "#high", "status": status}]) == reached
    assert read_levels(achievement, [{"achievedLevel": "#low"}]) == frozenset({"#low"})


def test_who_asserts_something_is_looked_up_and_counts_as_an_assessor_while_they_are_one(
    filled: Service,
) -> None:
    services, store = filled.services, filled.services.store
    leaf = {"kind": "observed", "activity": "practice", "by_role": "assessor"}
    rule = require_rule(services, KEY, {"when": {"observed": leaf}})
    assessor, learner = (
        add_member(services, f"{name}@example.org", NOW, name.title()) for name in ("zoe", "lea")
    )
    store.identifiers.add(assessor.membership_id, ("lms-id", "7", "campus"), written="7", now=NOW)
    store.colleagues.set_roles(assessor.membership_id, {Role.ASSESSOR}, services.today(NOW))
    by = PersonReference(PersonKind.LMS_ID, "7")
    observe(services, "o", Kind.OBSERVED, "practice", of=learner, at=NOW, asserted_by=by)
    stranger = PersonReference(PersonKind.LMS_ID, "8")
    observe(services, "p", Kind.OBSERVED, "practice", of=assessor, at=NOW, asserted_by=stranger)

    def foresights() -> dict[str | None, Foresight]:
        found = dry_run(services, rule, now=NOW + timedelta(days=1)).people
        return {one.name: one.foresight for one in found if one.name in ("Zoe", "Lea")}

    assert foresights() == {"Lea": Foresight.WOULD_ISSUE, "Zoe": Foresight.WAITS}
    store.colleagues.set_roles(assessor.membership_id, (), services.today(NOW))
    assert foresights() == {"Lea": Foresight.WAITS, "Zoe": Foresight.WAITS}


def test_a_rule_that_is_stricter_would_suspend_for_review(filled: Service) -> None:
    services = filled.services
    set_rule(services, KEY, {"when": WHEN}, actor="test", now=NOW)
    award_request(services, "api", OrderRequest("3", KEY, Recipient(email="bob@example.org")), now=NOW)
    found = dry_run(services, require_rule(services, KEY, {"when": WHEN}), now=NOW)
    assert {one.name: one.foresight for one in found.people}["Bob"] is Foresight.WOULD_REVIEW


def test_whoever_met_a_rule_before_it_was_set_gets_it_when_it_is_applied(filled: Service) -> None:
    services = filled.services
    set_rule(services, KEY, {"when": WHEN}, actor="test", now=NOW)
    assert catch_up(services, KEY, now=NOW) == CaughtUp(awarded=1, failed=0, left=0)
    assert catch_up(services, KEY, now=NOW) == CaughtUp(awarded=0, failed=0, left=0)
    found = dry_run(services, require_rule(services, KEY, {"when": WHEN}), now=NOW)
    assert {one.name: one.foresight for one in found.people}["Ann"] is Foresight.HAS_IT
    with pytest.raises(NotFoundError):
        catch_up(services, "active-listening", now=NOW)
    owner = Person(filled).sign_in_to_console()
    page = f"/console/achievements/{KEY}/rule"
    assert "0 issued." in owner.follow(owner.submit(f"{page}/apply", on=page))


def test_whose_grants_cover_some_people_alone_applies_no_rule_to_everybody(filled: Service) -> None:
    services = filled.services
    set_rule(services, KEY, {"when": WHEN}, actor="test", now=NOW)
    page = f"/console/achievements/{KEY}/rule"
    issuer, before = Person(filled).sign_in_as(Role.ISSUER), services.store.credentials.count_by_state()
    own = next(one for one in services.store.colleagues.list(NOW.date()) if Role.ISSUER in one.roles)

    def grant(key: str, unit: str | None) -> None:
        services.store.colleagues.add_grant(own.membership_id, achievement_key=key, unit=unit, until=None)

    grant("mentor-foundation", None)
    grant(KEY, "Nursing")
    assert issuer.submit(f"{page}/apply", on=page).status_code == 403
    assert services.store.credentials.count_by_state() == before
    grant(KEY, None)
    assert "1 issued." in issuer.follow(issuer.submit(f"{page}/apply", on=page))
