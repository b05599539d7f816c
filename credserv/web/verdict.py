"""How the verify page lists what was checked: a row for each check, with its look."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.journeys.check import Checked
from credserv.journeys.verdict import TITLES, Tone, day
from credserv.verification import Check, Outcome


@dataclass(frozen=True)
class CheckRow:
    """One named check as the page lists it."""

    title: str
    tone: Tone
    icon: str
    outcome: str
    reason: str
    spec: str


_LOOKS = {
    Outcome.PASSED: (Tone.GOOD, "check", "Passed"),
    Outcome.FAILED: (Tone.BAD, "cross", "Failed"),
    Outcome.UNKNOWN: (Tone.UNKNOWN, "question", "Could not be checked"),
    Outcome.SKIPPED: (Tone.NEUTRAL, "skip", "Not checked"),
}
_STRANGE_ISSUER = (Tone.UNKNOWN, "question", "Not known here")


def build_rows(checked: Checked) -> tuple[tuple[CheckRow, ...], tuple[CheckRow, ...]]:
    """Every check in the order in which it was made, those of policy last; and apart from them what there
    was nothing to check of."""
    checks = (*checked.result.checks, *checked.result.policy)
    aside = [c for c in checks if checked.established and c.outcome is Outcome.SKIPPED]
    rows = tuple(_row(c, _unchanged(checked)) for c in checks if c not in aside)
    return rows, tuple(_row(c, "") for c in aside)


def _unchanged(checked: Checked) -> str:
    issued = checked.display.valid_from
    dated = f" on {day(issued)}" if issued else ""
    by = f"issued by {checked.issuer}{dated}"
    return f"It has not been changed since it was {by}, with a key that is the issuer's."


def _row(check: Check, unchanged: str) -> CheckRow:
    tone, icon, outcome = _LOOKS[check.outcome]
    if check.name == "issuer_trusted" and check.outcome is not Outcome.PASSED:
        tone, icon, outcome = _STRANGE_ISSUER
    elif check.outcome is Outcome.FAILED and not check.required:
        tone = Tone.ATTENTION  # told, and decides nothing
    title = TITLES.get(check.name, check.name.replace("_", " ").capitalize())
    holds = check.name == "proof" and check.outcome is Outcome.PASSED
    return CheckRow(title, tone, icon, outcome, unchanged if holds else check.reason, check.spec)
