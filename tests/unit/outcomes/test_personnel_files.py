"""Exports of BambooHR, Workday and SCIM, and the moves in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.outcomes.personnel_files import PersonnelSystem, changes_of, read_personnel_file
from tests.testkit.shared import shared_path

HRIS = shared_path("accreditation/hris")
EXPECTED: dict[str, Any] = json.loads((HRIS / "expected-moves.json").read_text())


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("bamboohr-jobinfo.csv", PersonnelSystem.BAMBOOHR),
        ("workday-job-changes.csv", PersonnelSystem.WORKDAY),
    ],
)
def test_the_moves_in_an_export(name: str, system: PersonnelSystem) -> None:
    file = read_personnel_file(system, (HRIS / name).read_bytes())
    moves = [
        {"employee": one.employee, "effective": one.day.isoformat(), "kind": one.kind}
        for employee in sorted(file.states)
        for one in changes_of(file, employee)
        if one.kind is not None
    ]
    expected = [{key: move[key] for key in ("employee", "effective", "kind")} for move in EXPECTED[name]]
    assert moves == expected


def test_scim_has_the_state_of_today_alone() -> None:
    file = read_personnel_file(PersonnelSystem.SCIM, (HRIS / "scim-user.json").read_bytes())
    ((state,),) = file.states.values()
    assert (state.employee, state.day) == ("1041", None)
    assert state.position.role == "Senior Consultant"
    assert (state.position.level, state.position.department) == (None, "Advisory")
    assert changes_of(file, "1041") == ()


@pytest.mark.parametrize(
    ("system", "data", "error"),
    [
        (PersonnelSystem.BAMBOOHR, b"name,date\nAna,2026-01-01\n", InputError),
        (PersonnelSystem.BAMBOOHR, b"employeeId,date,jobTitle\n1,soon,A\n,2026-01-01,B\n", SchemaFaultsError),
        (PersonnelSystem.SCIM, b"[1]", InputError),
        (PersonnelSystem.SCIM, b'{"userName":"a@b.example"}', SchemaFaultsError),
    ],
)
def test_what_cannot_be_used_says_where(
    system: PersonnelSystem, data: bytes, error: type[InputError]
) -> None:
    with pytest.raises(error) as caught:
        read_personnel_file(system, data)
    if error is SchemaFaultsError:
        assert caught.value.faults
