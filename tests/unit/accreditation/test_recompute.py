"""Anybody recomputes an audit from the file that is published of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.accreditation.recompute import differences
from credserv.ground.errors import InputError
from tests.testkit.shared import shared_path


def told(**changed: Any) -> dict[str, Any]:
    known = json.loads(shared_path("accreditation/audit-vectors.json").read_text())
    file = {name: known[name] for name in ("population", "share", "minimum", "drawn")}
    return {**file, "seed": known["seed_hex"], "sha256": known["commitment"], **changed}


def test_an_honest_audit_differs_in_nothing() -> None:
    assert differences(told()) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sha256": "0" * 64}, "not the one that was committed to"),
        ({"seed": "ab" * 32}, "not the one that was committed to"),
        ({"drawn": ["c0001", "c0003", "c0029", "c0038"]}, "draws others"),
        ({"drawn": ["c0002", "c0003", "c0029"]}, "draws others"),
        ({"share": 0.2}, "draws others"),
        ({"population": [f"c{number:04}" for number in range(1, 42)]}, "draws others"),
    ],
)
def test_whatever_was_changed_is_found(changed: dict[str, Any], said: str) -> None:
    assert any(said in one for one in differences(told(**changed)))


def test_somebody_twice_is_found() -> None:
    twice = told()["population"]
    assert any("twice" in one for one in differences(told(population=[*twice, twice[0]])))


@pytest.mark.parametrize(
    "missing", [{"seed": None}, {"seed": "not hex"}, {"population": None}, {"drawn": [1]}, {"share": True}]
)
def test_what_is_no_revealed_audit_is_refused(missing: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the file"):
        differences(told(**missing))
