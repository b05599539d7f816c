"""How many endorsements count, in words; whose word that is where nobody here knows the issuer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.ground.verification import Check, Outcome, VerificationResult
from credserv.journeys.check.check import Checked
from credserv.journeys.check.reports.checks import tell_check
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.check.reports.statement import Tone
from credserv.openbadges.display import build_display

NOW = datetime(2026, 3, 14, tzinfo=UTC)
ALONE = ", by the word of its issuer alone, who is not known here."


def told(*counts: bool | None, known: bool = True) -> dict[str, Any]:
    """counts: of each endorsement, None for one that does not hold."""
    checks = [Check("proof", Outcome.PASSED, "It holds.")]
    for one in counts:
        data = {} if one is None else {"counts": one}
        outcome = Outcome.FAILED if one is None else Outcome.PASSED
        checks.append(Check("endorsements", outcome, "As it is.", required=False, data=data))
    if not counts:
        checks.append(Check("endorsements", Outcome.SKIPPED, "None.", required=False))
    trusted = Check(
        "issuer_trusted", Outcome.PASSED if known else Outcome.UNKNOWN, "So it is.", required=False
    )
    result = VerificationResult(tuple(checks), (trusted,))
    return build_report(Checked({}, b"", result, build_display({})), now=NOW)


@pytest.mark.parametrize(
    ("counts", "known", "sentence"),
    [
        ((True, True, False), True, "2 of 3 endorsements count."),
        ((True, None), True, "1 of 2 endorsements counts."),
        ((False,), True, "None of 1 endorsement counts."),
        ((False, False), False, "None of 2 endorsements counts."),
        ((True, True), False, f"2 of 2 endorsements count{ALONE}"),
    ],
)
def test_how_many_count(counts: tuple[bool | None, ...], known: bool, sentence: str) -> None:
    report = told(*counts, known=known)
    assert report["endorsements"] == {
        "given": len(counts),
        "counting": sum(one is True for one in counts),
        "sentence": sentence,
    }


def test_without_any_nothing_is_said_of_them() -> None:
    assert "endorsements" not in told()


def test_one_that_does_not_count_does_not_look_like_one_that_does() -> None:
    report = told(True, False, None)
    looks = [tell_check(made, report) for made in report["checks"] if made["name"] == "endorsements"]
    assert [(one.tone, one.outcome) for one in looks] == [
        (Tone.GOOD, "Counts"),
        (Tone.NEUTRAL, "Does not count"),
        (Tone.ATTENTION, "Failed, but decides nothing"),
    ]
