"""What a verification found: named checks, and verdicts that are derived from them, never stored.

Verification asks whether a credential is authentic; validation asks whether a policy trusts it.
*Unknown* is neither *failed* nor *passed*: anything required and UNKNOWN is not verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from credserv.errors import ProofError


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One question asked of a credential.

    name: stable identifier (`parse`, `schema`, `subject`, `proof`, `refresh`, `status`, `validity`,
    `endorsements`, `issuer_trusted`, `recipient`). reason: one plain sentence. spec: section it rests on.
    required: whether `verified` depends on it. code: machine-readable condition (an error's code,
    or `expired`, `revoked`, `suspended`, `not-yet-valid`), empty when passed.
    """

    name: str
    outcome: Outcome
    reason: str
    spec: str = ""
    required: bool = True
    code: str = ""


@dataclass(frozen=True)
class VerificationResult:
    """All checks in the order they were made; `policy` holds the validation ones."""

    checks: tuple[Check, ...]
    policy: tuple[Check, ...] = ()

    @property
    def verified(self) -> bool:
        """True only when there are required checks and each of them PASSED or was not applicable.

        A required check may be SKIPPED only where there was nothing to check; one skipped because an
        earlier check failed stands beside that FAILED check, which already decides.
        """
        required = [check for check in self.checks if check.required]
        proof_passed = any(c.name == "proof" and c.outcome is Outcome.PASSED for c in required)
        return proof_passed and all(c.outcome in (Outcome.PASSED, Outcome.SKIPPED) for c in required)

    @property
    def unknown(self) -> bool:
        """True when nothing failed, yet something required could not be established."""
        required = [check for check in self.checks if check.required]
        return any(c.outcome is Outcome.UNKNOWN for c in required) and not any(
            c.outcome is Outcome.FAILED for c in required
        )

    def check(self, name: str) -> Check | None:
        return next((c for c in (*self.checks, *self.policy) if c.name == name), None)

    def require(self) -> None:
        """Raise ProofError naming the first required check that did not pass."""
        if not self.verified:
            for check in self.checks:
                if check.required and check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
                    raise ProofError(f"{check.name}: {check.reason}")
            raise ProofError("the credential carries no proof that was verified")
