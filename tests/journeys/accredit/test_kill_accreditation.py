"""Whoever is killed over a decision about an accreditation: it has one version for each term, or is not
made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Outcome
from credserv.issuing.recipe import Wanted
from credserv.journeys.accredit.changes import Suspension, suspend
from credserv.journeys.accredit.versions import finish_left
from credserv.journeys.admit.persons import find_member
from credserv.journeys.check.check import check
from credserv.records.credentials import CredentialState
from credserv.records.lives import Life
from tests.journeys.accredit.test_accreditations import PROGRAMME, Accreditor
from tests.testkit.issuing import dying
from tests.testkit.service import Service, make_service

STEPS = ("step:reserved", "step:made", "step:stored")
APPLICANTS = ("dan", "eve", "fay", "gus", "hal", "ida")
Act = Callable[..., str]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Accreditor:
    folder = tmp_path_factory.mktemp("killed")
    return begun(make_service(f"sqlite:///{folder / 'a.db'}", folder))


@pytest.fixture(scope="module")
def act(firm: Accreditor) -> Iterator[Act]:
    with dying(firm.service.settings) as carry_out:
        yield acting(firm, carry_out)


def begun(service: Service) -> Accreditor:
    firm = Accreditor(service)
    firm.employ("dee")
    firm.give_role("dee")
    firm.load(PROGRAMME | {"renewal": {}})
    for person in ("ann", "cyd"):
        assert firm.found("mentor-basic", person, until="2027-12-01T00:00:00Z").status_code == 201
    return firm


def acting(firm: Accreditor, carry_out: Callable[[dict[str, str]], str]) -> Act:
    """Decides in a process that dies at a point; says what became of the process."""

    def run(what: str, name: str, at: str, reference: str, by: str = "dee") -> str:
        decider = find_member(firm.service.services, by).id
        order = {"accredit": what, "name": name, "at": at, "by": decider, "reference": reference}
        return carry_out({**order, "now": firm.service.clock.now.isoformat()})

    return run


def life_of(firm: Accreditor, name: str) -> Life | None:
    return firm.service.services.store.accreditations.find(name)


def assert_whole(firm: Accreditor, name: str, versions: int) -> None:
    services, life = firm.service.services, life_of(firm, name)
    assert life is not None
    assert [term.number for term in life.terms] == list(range(1, versions + 1))
    kept = services.store.versions.of(life.credential_id)
    assert [one.number for one in kept] == list(range(1, versions + 1))
    record = services.store.credentials.get(life.credential_id)
    assert record is not None
    assert record.signed == kept[-1].signed
    found = check(services, data=record.signed, url=None, now=firm.service.clock.now)
    assert found.result.verified, [one for one in found.result.checks if one.outcome is Outcome.FAILED]


def test_killed_at_each_step_of_a_grant_there_is_one_version_and_never_two(
    firm: Accreditor, act: Act
) -> None:
    points = [*STEPS, *(f"commit:{number}" for number in range(1, 4))]
    for number, (person, point) in enumerate(zip(APPLICANTS, points, strict=True)):
        firm.ready(person, f"a{number}")
        assert act("grant", f"a{number}", point, f"c{number}") in ("killed", "done")
        life, state = life_of(firm, f"c{number}"), firm.state(f"a{number}")
        assert state == ("complete" if life is None else "granted"), point
        if point == "step:reserved":
            assert life is not None
            assert firm.fetch(life.credential_id).status_code == 404  # nothing is out before it is signed
        assert firm.decide(f"a{number}", f"c{number}", reason="As the panel found.").status_code == 200
        assert_whole(firm, f"c{number}", 1)
    services = firm.service.services
    members = [find_member(services, person).id for person in APPLICANTS]
    assert len(services.store.accreditations.of_members(members)) == len(APPLICANTS)


def test_killed_over_an_appeal_against_a_revocation_one_badge_is_granted_anew(
    firm: Accreditor, act: Act
) -> None:
    firm.give_role("ben", "kit", "lea")
    for number, point in enumerate(("commit:1", "step:reserved", "step:made")):
        anew = appeal_while_killed(firm, act, number, point)
        say_again_while_killed(firm, act, anew, STEPS[number])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_killed_over_such_an_appeal_on_postgresql(database_url: str, tmp_path: Path) -> None:
    firm = begun(make_service(database_url, tmp_path))
    firm.give_role("ben", "kit", "lea")
    with dying(firm.service.settings) as carry_out:
        act = acting(firm, carry_out)
        anew = appeal_while_killed(firm, act, 0, "step:reserved")
        say_again_while_killed(firm, act, anew, "step:reserved")


def appeal_while_killed(firm: Accreditor, act: Act, number: int, point: str) -> str:
    """The badge that is granted anew."""
    services = firm.service.services
    person, name, said = f"max{number}", f"v{number}", f"ap{number}"
    firm.employ(person)
    firm.ready(person, f"b{number}")
    assert firm.decide(f"b{number}", name).status_code == 200
    told = {"by": "ben", "also_by": "kit", "reason": "A fraud."}
    assert firm.post(f"/accreditations/{name}/revocation", told).status_code == 200
    firm.service.clock.advance(days=1)
    told = {"words": "It was none.", "reference": said}
    assert firm.post(f"/accreditations/{name}/appeals", told).status_code == 201
    assert act("uphold", said, point, "", by="lea") == "killed"
    member = find_member(services, person).id
    lives = services.store.accreditations.of_members([member])
    assert len(lives) == (1 if point == "commit:1" else 2), point
    if point == "step:made":  # as the worker does
        soon = firm.service.clock.now + timedelta(seconds=10)
        left = services.store.credentials.unfinished(soon, 9)
        assert [one.id for one in left] == [lives[-1].credential_id]
        issued = services.recipe.issue([Wanted(one.order, soon) for one in left])
        assert [one.error for one in issued] == [None]
    decided = {"upheld": True, "by": "lea", "reason": "As the panel found."}
    answer = firm.post(f"/accreditations/{name}/appeals/{said}/decision", decided)
    assert answer.status_code == 200, answer.json
    assert_whole(firm, answer.json["granted_anew"], 1)
    assert firm.stands(name)[0] == "revoked"
    assert len(services.store.accreditations.of_members([member])) == 2
    return str(answer.json["granted_anew"])


def say_again_while_killed(firm: Accreditor, act: Act, anew: str, point: str) -> None:
    """Whoever endorsed the badge before endorses this one, which has a version with that, and not two."""
    services, life = firm.service.services, life_of(firm, anew)
    assert life is not None
    firm.service.clock.advance(seconds=5)
    application, soon = life.record.application_id, firm.service.clock.now + timedelta(seconds=10)
    assert act("endorse", application, point, f"again-{anew}", by="ann") == "killed"
    finish_left(services, soon, soon)
    assert act("endorse", application, "end", f"again-{anew}", by="ann") == "done"
    assert_whole(firm, anew, 2)
    record = services.store.credentials.get(anew)
    assert record is not None
    (said,) = parse_json_object(record.signed or b"")["endorsement"]
    assert said["credentialSubject"]["id"].endswith(anew)


def test_killed_at_each_step_of_a_renewal_the_next_or_the_sweep_goes_on(firm: Accreditor, act: Act) -> None:
    firm.at("2026-12-20T09:00:00Z")
    for number, point in enumerate([*STEPS, "commit:1", "commit:2"]):
        name = f"c{number}"
        before = firm.fetch(f"{firm.badge(name)}?version=1").data
        assert act("renew", name, point, f"r{number}") == "killed", point
        life = life_of(firm, name)
        assert life is not None
        assert len(life.terms) == (1 if point == "commit:1" else 2), point
        assert firm.fetch(f"{life.credential_id}?version=1").data == before
        if number % 2 and point != "commit:1":
            soon = firm.service.clock.now + timedelta(seconds=10)
            finish_left(firm.service.services, soon, soon)
        else:
            told = {"by": "dee", "reason": "As the panel found.", "reference": f"r{number}"}
            assert firm.post(f"/accreditations/{name}/renewals", told).status_code == 200
        assert_whole(firm, name, 2)


def test_killed_over_a_suspension_row_bit_and_line_stand_together(firm: Accreditor, act: Act) -> None:
    services = firm.service.services
    for name, point, is_made in (("c0", "commit:1", False), ("c1", "step:stored", True)):
        assert act("suspend", name, point, f"s-{name}") == "killed"
        life = life_of(firm, name)
        assert life is not None
        record = services.store.credentials.get(life.credential_id)
        assert record is not None
        lines = [line.action for line in services.store.audit.of_subject(life.credential_id)]
        bits = services.store.status_lists.set_indexes(record.status_list_id)
        assert (life.open_hold is not None) is is_made
        assert (record.state is CredentialState.SUSPENDED) is is_made
        assert ("accreditation.suspended" in lines) is is_made
        assert (record.status_index in bits) is is_made
        wanted = Suspension(find_member(services, "dee").id, "As the panel found.", reference=f"s-{name}")
        assert suspend(services, name, wanted, firm.service.clock.now).open_hold is not None
    assert datetime.fromisoformat("2026-12-20T09:00:00Z") == firm.service.clock.now
