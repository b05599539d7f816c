"""Who works where, since when and as what, as a personnel system tells it by the API."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.persons import find_member, managers_of
from credserv.journeys.measure.personnel import look_at_personnel, take_personnel
from credserv.outcomes.moves import find_moves
from credserv.outcomes.personnel_files import PersonnelFile, PersonnelSystem, read_personnel_file
from credserv.records.employment import Spell
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

POSITION = {"role": "Analyst", "level": 3, "department": "Advisory", "site": "Graz"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("employment")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


@pytest.fixture(scope="module")
def call(service: Service) -> Any:
    client, headers = service.client(), service.api_headers("people:write")

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return client.open(f"/api/v1/members{path}", method=method, json=body, headers=headers)

    return send


def employed(call: Any, number: str, started: str = "2025-03-01", **more: Any) -> Any:
    told = {"started": started, "language": "de", "group": "a", **POSITION, **more}
    body = {"email": f"{number.lower()}@firm.example", "name": f"Name {number}", "employment": told}
    return call("PUT", f"/{number}", body)


def spells(service: Service, number: str) -> tuple[Spell, ...]:
    return service.services.store.employment.spells(find_member(service.services, number).id)


def test_somebody_comes_and_is_found_by_number_and_by_address(service: Service, call: Any) -> None:
    assert employed(call, "P1").status_code == 200
    member = find_member(service.services, "P1")
    assert member == find_member(service.services, "P1@Firm.Example")
    assert (member.name, member.unit, member.site, member.language) == ("Name P1", "Advisory", "Graz", "de")
    assert (member.starts_on, member.ends_on) == (date(2025, 3, 1), None)
    with pytest.raises(NotFoundError):
        find_member(service.services, "P999")
    with pytest.raises(NotFoundError):
        find_member(service.services, "not an @ address")


def test_who_leaves_and_comes_back_has_two_employments_and_each_call_is_safe_to_repeat(
    service: Service, call: Any
) -> None:
    for _ in range(2):
        assert employed(call, "P2").status_code == 200
        assert call("POST", "/P2/leaving", {"ended": "2025-08-31"}).json == {"ended": "2025-09-01T00:00:00Z"}
    assert find_member(service.services, "P2").ends_on == date(2025, 8, 31)
    for _ in range(2):
        assert employed(call, "P2", "2026-01-07", department="Sales").status_code == 200
    employed(call, "P2")  # the old message once more opens nothing anew
    call("POST", "/P2/leaving", {"ended": "2025-08-31"})
    first, second = spells(service, "P2")
    assert (first.ended, second.ended) == (datetime(2025, 9, 1, tzinfo=UTC), None)
    assert (first.position.department, second.position.department) == ("Advisory", "Sales")
    member = find_member(service.services, "P2")
    assert (member.unit, member.starts_on, member.ends_on) == ("Sales", date(2026, 1, 7), None)
    assert call("POST", "/P2/leaving", {"ended": "2024-01-01"}).status_code == 404
    assert employed(call, "P2", "2025-05-01").json["code"] == "conflict"


def test_who_leaves_in_the_afternoon_may_be_back_that_day(service: Service, call: Any) -> None:
    employed(call, "P13")
    call("POST", "/P13/leaving", {"ended": "2025-08-31T17:00:00Z"})
    assert employed(call, "P13", "2025-08-31").status_code == 200
    assert len(spells(service, "P13")) == 2


def test_what_is_told_otherwise_takes_the_place_of_what_was_known(service: Service, call: Any) -> None:
    employed(call, "P3")
    before = service.clock.now
    service.clock.advance(days=1)
    employed(call, "P3", "2025-04-01")
    (now_known,) = spells(service, "P3")
    assert now_known.started == datetime(2025, 4, 1, tzinfo=UTC)
    member = find_member(service.services, "P3")
    store = service.services.store.employment
    (then,) = store.spells(member.id, known=before)
    assert then.started == datetime(2025, 3, 1, tzinfo=UTC)
    call("POST", "/P3/leaving", {"ended": "2026-03-01"})
    (then,) = store.spells(member.id, known=before)
    assert then.ended is None, "it was not known then"


def test_one_person_at_two_employers_is_a_member_of_this_one_alone(service: Service, call: Any) -> None:
    employed(call, "P4", employer="Other Ltd", department="Elsewhere")
    assert find_member(service.services, "P4").unit is None
    employed(call, "P4", employer=service.services.issuer.name)
    assert sorted(one.employer for one in spells(service, "P4")) == ["", "Other Ltd"]
    call("POST", "/P4/leaving", {"ended": "2025-08-31", "employer": "Other Ltd"})
    assert find_member(service.services, "P4").ends_on is None


def test_managers_are_known_by_number(service: Service, call: Any) -> None:
    assert employed(call, "P5", manager="P6").json["faults"] == [
        {"place": "/employment/manager", "message": "nobody here is known by this employee number or address"}
    ]
    listed = [
        {"reference": one, "email": f"{one}@firm.example", "employment": {"started": "2025-01-01", **more}}
        for one, more in (("P5", {"manager": "P6"}), ("P6", {}))
    ]
    assert len(call("POST", "", {"members": listed}).json["members"]) == 2
    led = managers_of(service.services, find_member(service.services, "P5").id, service.clock.now)
    assert led == {find_member(service.services, "P6").id}


def test_a_list_is_taken_as_a_whole_and_tells_the_place_of_each_fault(service: Service, call: Any) -> None:
    good = {"reference": "P7", "email": "p7@firm.example"}
    answer = call("POST", "", {"members": [good, {"reference": "P8"}]})
    assert answer.status_code == 422
    assert answer.json["faults"][0]["place"] == "/members/1/email"
    with pytest.raises(NotFoundError):
        find_member(service.services, "P7")


def test_a_number_never_leads_into_another_wallet(service: Service, call: Any) -> None:
    """Who may tell of people cannot put an address of their own beside somebody's."""
    employed(call, "P9")
    mine = {"email": "thief@evil.example"}
    assert call("PUT", "/P9", mine).json["code"] == "conflict"
    employed(call, "P10")
    assert call("PUT", "/P10", {"email": "p9@firm.example"}).json["code"] == "conflict"
    assert find_member(service.services, "P9").id != find_member(service.services, "P10").id


def test_a_program_ends_nobody_who_rules_the_organisation(service: Service, call: Any) -> None:
    employed(call, "P11")
    member = find_member(service.services, "P11")
    service.services.store.colleagues.set_roles(member.id, {Role.OWNER}, date(2026, 3, 14))
    assert call("POST", "/P11/leaving", {"ended": "2025-12-31"}).status_code == 200
    assert find_member(service.services, "P11").ends_on is None
    assert spells(service, "P11")[0].ended is not None


def test_a_change_of_job_is_kept_once_and_shows_in_the_roster(service: Service, call: Any) -> None:
    employed(call, "P12")
    row = {"effective": "2025-10-01", "before": POSITION, "after": {**POSITION, "department": "Sales"}}
    first, second = (call("POST", "/P12/moves", row) for _ in range(2))
    assert first.status_code == 201
    assert first.json == second.json
    member = find_member(service.services, "P12")
    assert member.unit == "Sales"
    (kept,) = service.services.store.employment.changes(member.id)
    assert (kept.before.level, kept.after.department, kept.correction) == ("3", "Sales", False)
    assert call("POST", "/nobody/moves", row).status_code == 404
    wrong = call("POST", "/P12/moves", {**row, "effective": "soon"})
    assert wrong.json["faults"][0]["place"] == "/effective"


# --- exports of personnel systems -----------------------------------------------------------------

BAMBOO = """employeeId,date,location,department,division,jobTitle,reportsTo
P20,2024-02-01,Graz,Delivery,Services,Consultant,P6
P20,2026-01-01,Graz,Delivery,Services,Senior Consultant,P6
P20,2026-02-01,Lisbon,Advisory,Services,Senior Consultant,P6
P404,2024-02-01,Graz,Delivery,Services,Consultant,P6
"""


def bamboo(text: str = BAMBOO) -> PersonnelFile:
    return read_personnel_file(PersonnelSystem.BAMBOOHR, text.encode())


def moves_of(service: Service, number: str) -> list[tuple[str, str]]:
    member, store = find_member(service.services, number), service.services.store.employment
    found = find_moves(store.spells(member.id), store.changes(member.id), service.services.zone)
    return [(one.effective.date().isoformat(), one.kind.value) for one in found]


def test_an_export_is_looked_at_first_and_taken_in_once(service: Service, call: Any) -> None:
    call("PUT", "/P20", {"email": "p20@firm.example"})
    now = service.clock.now
    looked = look_at_personnel(service.services, bamboo(), now)
    assert [one.kind for one in looked.new] == ["title-change", "lateral"]
    assert looked.unknown == ("P404",)
    assert moves_of(service, "P20") == []
    taken = take_personnel(service.services, bamboo(), actor="test", now=now)
    assert len(taken.new) == 2
    assert moves_of(service, "P20") == [("2026-01-01", "title-change"), ("2026-02-01", "lateral")]
    assert spells(service, "P20")[0].started == datetime(2024, 2, 1, tzinfo=UTC)
    again = take_personnel(service.services, bamboo(), actor="test", now=service.clock.advance(days=1))
    assert (len(again.found), again.new) == (2, ())


def test_a_later_export_restates_what_an_earlier_one_said(service: Service, call: Any) -> None:
    call("PUT", "/P20", {"email": "p20@firm.example"})
    take_personnel(service.services, bamboo(), actor="test", now=service.clock.now)
    later = service.clock.advance(days=1)
    lines = BAMBOO.splitlines(keepends=True)
    last = lines[3].replace("Senior Consultant", "Consultant")
    shorter = bamboo("".join([*lines[:2], last]))  # the title never changed in January
    take_personnel(service.services, shorter, actor="test", now=later)
    assert moves_of(service, "P20") == [("2026-02-01", "lateral")]
    take_personnel(service.services, bamboo(), actor="test", now=service.clock.advance(days=1))
    assert moves_of(service, "P20") == [("2026-01-01", "title-change"), ("2026-02-01", "lateral")]


def test_scim_tells_what_changed_since_it_was_looked_at_last(service: Service, call: Any) -> None:
    employed(call, "P21", department="Advisory", role="Consultant")
    user = (
        '{"title":"Senior Consultant","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":'
        '{"employeeNumber":"P21","department":"Advisory"}}'
    )
    file = read_personnel_file(PersonnelSystem.SCIM, user.encode())
    taken = take_personnel(service.services, file, actor="test", now=service.clock.now)
    assert [(one.kind, one.is_seen) for one in taken.new] == [("title-change", True)]
    again = take_personnel(service.services, file, actor="test", now=service.clock.advance(days=1))
    assert again.found == ()


def test_who_led_somebody_then_is_told_by_what_was_said_then(service: Service, call: Any) -> None:
    """Another manager is told of under the same beginning: the one before led them until then."""
    for number in ("P31", "P32"):
        employed(call, number)
    employed(call, "P30", manager="P31")
    before = service.clock.now
    service.clock.advance(days=30)
    employed(call, "P30", manager="P32")
    known, first, second = (find_member(service.services, one).id for one in ("P30", "P31", "P32"))
    assert managers_of(service.services, known, before) == {first}
    assert managers_of(service.services, known, service.clock.now) == {second}
    long_before = datetime(2025, 4, 1, tzinfo=UTC)  # when nothing was told yet
    assert managers_of(service.services, known, long_before) == {second}


# --- the page -------------------------------------------------------------------------------------

PAGE = "/console/personnel"


def look(person: Person, text: str, system: str = "bamboohr") -> Any:
    return person.submit(PAGE, system=system, file=(io.BytesIO(text.encode()), "jobs.csv"))


def test_an_export_is_looked_at_on_the_page_and_then_taken_in(service: Service, call: Any) -> None:
    call("PUT", "/P40", {"email": "p40@firm.example"})
    text = BAMBOO.replace("P20", "P40")
    owner = Person(service).sign_in_to_console()
    looked = look(owner, text).text
    assert "2 changes are new, 0 known before" in looked
    assert "P404" in looked
    assert (looked.count("title-change"), looked.count("lateral")) == (1, 1)
    assert moves_of(service, "P40") == [], "a look changes nothing"
    packed = re.search(r'name="packed" value="([^"]+)"', looked)
    assert packed is not None
    taken = {"on": PAGE, "system": "bamboohr"}
    broken = owner.submit(f"{PAGE}/taken", **taken, packed=packed[1][:-9])
    assert (broken.status_code, "choose it again" in broken.text) == (400, True)
    assert moves_of(service, "P40") == []
    assert "2 changes taken in" in owner.follow(owner.submit(f"{PAGE}/taken", **taken, packed=packed[1]))
    assert len(moves_of(service, "P40")) == 2
    again = look(owner, text).text
    assert ("0 changes are new, 2 known before" in again, 'name="packed"' in again) == (True, False)


def test_each_row_that_cannot_be_used_is_told_and_nothing_is_read(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    faulty = look(owner, BAMBOO.replace("2026-01-01", "01.01.2026").replace("P404", ""))
    assert faulty.status_code == 400
    assert ("/3/date" in faulty.text, "/5/employeeId" in faulty.text) == (True, True)
    assert "has no column" in look(owner, "a,b\n1,2\n").text
    assert "which system" in look(owner, BAMBOO, "oracle").text
    assert "Choose a file first" in owner.submit(PAGE, system="scim").text
    Person(service).sign_in_as(Role.AUDITOR).get(PAGE, status=403)
