"""The made firm and what is right about it: held against what was worked out by hand elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.testkit.firm import make_firm
from tests.testkit.firm.answers import answers
from tests.testkit.firm.credential import instant
from tests.testkit.firm.measured import gain, rate_ratio, survival, welch
from tests.testkit.firm.standing import Register
from tests.testkit.shared import shared_path

GIVEN = shared_path("accreditation")
STATS = json.loads((GIVEN / "stats-vectors.json").read_text())
FOUNDATION = {
    "endorsements": 2,
    "assessment_min": 60,
    "observed": 1,
    "observed_level": 2,
    "term_months": 12,
    "notice_days": 90,
    "grace_days": 60,
    "late_days": 300,
    "renewal": {"sessions": 6, "cpd_hours": 8, "supervision": 2},
    "endorsement_received_within_hours": 24,
    "in_force_counts": ["live", "due", "grace"],
}


def test_the_answers_of_the_case_that_was_worked_by_hand() -> None:
    events = [json.loads(line) for line in (GIVEN / "small-case.jsonl").read_text().splitlines()]
    expected = json.loads((GIVEN / "small-case.expected.json").read_text())
    register = Register(events, FOUNDATION)
    assert register.judge(register.cases["a1"], instant(events[-1]["at"])) == expected["endorsements"]
    assert [event["seq"] for event in register.refused] == [11]
    one = register.credentials["c1"]
    for at, state, since in expected["states"]:
        assert one.state(instant(at), instant(at)) == (state, instant(since))


def test_the_answers_measure_as_the_vectors_do() -> None:
    told = STATS["gain"]
    found = gain(list(zip(told["pre"], told["post"], strict=True)), told["maximum"])
    assert found["normalised_gain"] == pytest.approx(told["normalised_gain_of_means"], abs=1e-6)
    for name in ("mean", "sd", "low", "high", "d_pre_hedges"):
        assert found[name] == pytest.approx(told[name], abs=1e-6)
    told = STATS["difference_of_gains"]
    assert welch(told["a"], told["b"]) == pytest.approx(
        {name: told[name] for name in ("difference", "df", "low", "high")}, abs=1e-6
    )
    told = STATS["kaplan_meier"]
    waits = survival([(days, bool(came)) for days, came in told["rows_days_event"]], told["tau"])
    for name in ("median", "median_low", "median_high", "rmst", "rmst_se"):
        assert waits[name] == (None if told[name] is None else pytest.approx(told[name], abs=1e-6))
    told = STATS["rate_ratio_by_person"]
    ratio = rate_ratio([tuple(one) for one in told["rows_e1_x1_e2_x2"]])
    assert ratio["rate_ratio"] == pytest.approx(told["rate_ratio"], abs=1e-6)
    assert ratio["low_by_person"] == pytest.approx(told["low"], abs=1e-6)


def test_a_firm_of_500_has_each_thing_that_can_go_wrong(tmp_path: Path) -> None:
    firm = make_firm(500, 18, seed=1)
    assert firm.write(tmp_path)[0].read_text().count("\n") == len(firm.events) > 10_000
    assert make_firm(500, 18, seed=1).events == firm.events, "a seed makes one log"
    told = answers(firm.events, firm.programme, firm.cut, firm.instants)
    codes = set(told["endorsements"]["counts_by_reason"])
    assert codes == {
        *("counts", "self", "conflict", "backdated", "not-accredited", "out-of-scope", "suspended"),
        *("lapsed", "revoked", "revoked-from-before", "duplicate"),
    }
    grants = told["grants"]
    assert set(grants["applications_by_verdict"]) == {
        *("assessment", "endorsements", "observed-level", "grantable"),
    }
    assert grants["to_review_after_retroactive_revocation"]
    seen = Counter[str]()
    for states in told["states"].values():
        seen += Counter(states)
    assert set(seen) == {"live", "due", "grace", "lapsed", "suspended", "revoked", "not-yet"}
    refused = Counter(event["type"] for event in Register(firm.events, firm.programme).refused)
    assert {"accreditation.renewed", "accreditation.suspended", "session.observed"} <= set(refused)
