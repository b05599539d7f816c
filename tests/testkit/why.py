"""Why something is not verified, so that no test passes for another reason than its own (found M8)."""

from __future__ import annotations

from typing import Any

from credserv.ground.verification import Outcome, VerificationResult

_FINE = ("passed", "skipped")


def why(told: Any) -> set[str]:
    """`check: code` of each check that neither passed nor was skipped. told: a result, what holds one as
    `result`, or a report as JSON."""
    told = getattr(told, "result", told)
    if isinstance(told, VerificationResult):
        fine = (Outcome.PASSED, Outcome.SKIPPED)
        return {f"{one.name}: {one.code}" for one in told.checks if one.outcome not in fine}
    return {f"{one['name']}: {one.get('code', '')}" for one in told["checks"] if one["outcome"] not in _FINE}
