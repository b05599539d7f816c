"""What a verification found: named checks, and verdicts derived from them, never stored.

Verification decides whether a credential is authentic, validation whether a policy trusts it. *Unknown* is
neither *failed* nor *passed*: a credential with a required UNKNOWN check is not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from credserv.ground.errors import (
    CredservError,
    InputError,
    ProofError,
    StatusListLengthError,
    StatusListUnusableError,
    TooComplexError,
    TooLargeError,
    UnavailableError,
    UnknownContextError,
    UnsupportedProofError,
)

Fact = str | int | bool | None
NO_FACTS: Mapping[str, Fact] = MappingProxyType({})
# These mean that nothing was established, not that something is wrong; see `unmet`.
NOT_ESTABLISHED = (
    UnavailableError,
    UnsupportedProofError,
    UnknownContextError,
    TooComplexError,
    TooLargeError,
    StatusListLengthError,
    StatusListUnusableError,
)


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """The overall result. *Could not be checked* is neither good nor bad."""

    VERIFIED = "verified"
    ISSUER_UNKNOWN = "verified_issuer_unknown"
    NOT_VERIFIED = "not_verified"
    NOT_CHECKED = "could_not_be_checked"


@dataclass(frozen=True)
class Check:
    """One check of a credential.

    Attributes:
        name: stable identifier (`parse`, `schema`, `subject`, `proof`, `refresh`, `status`, `validity`,
            `endorsements`, `issuer_trusted`, `recipient`).
        reason: one plain sentence.
        spec: the section it rests on.
        required: whether `verified` depends on it.
        code: machine-readable condition (an error's code, or `expired`, `revoked`, `suspended`,
            `not-yet-valid`); empty when passed.
        data: the facts it rests on, by name, as a machine would need them next (key, list, index, instants).
    """

    name: str
    outcome: Outcome
    reason: str
    spec: str = ""
    required: bool = True
    code: str = ""
    data: Mapping[str, Fact] = field(default_factory=lambda: NO_FACTS)


@dataclass(frozen=True)
class VerificationResult:
    """All checks in order; `policy` has those of validation.

    Each derived value is read several times and computed once.
    """

    checks: tuple[Check, ...]
    policy: tuple[Check, ...] = ()

    @cached_property
    def verified(self) -> bool:
        """True only when there are required checks and each of them PASSED or was not applicable.

        A required check may be SKIPPED only where there was nothing to check. One skipped because an earlier
        check failed is beside that FAILED check, which already decides.
        """
        required = self._required
        proof_passed = any(c.name == "proof" and c.outcome is Outcome.PASSED for c in required)
        return proof_passed and all(c.outcome in (Outcome.PASSED, Outcome.SKIPPED) for c in required)

    @property
    def unknown(self) -> bool:
        """True when nothing failed but something required could not be established."""
        required = self._required
        return any(c.outcome is Outcome.UNKNOWN for c in required) and not any(
            c.outcome is Outcome.FAILED for c in required
        )

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict. An issuer that no list vouches for leaves it *verified*, and is reported."""
        if not self.verified:
            return Verdict.NOT_CHECKED if self.unknown else Verdict.NOT_VERIFIED
        trusted = self.check("issuer_trusted")
        known = trusted is not None and trusted.outcome is Outcome.PASSED
        return Verdict.VERIFIED if known else Verdict.ISSUER_UNKNOWN

    @property
    def _required(self) -> list[Check]:
        return [check for check in (*self.checks, *self.policy) if check.required]

    def check(self, name: str) -> Check | None:
        for made in (*self.checks, *self.policy):
            if made.name == name:
                return made
        return None

    def passed(self, name: str) -> bool:
        made = self.check(name)
        return made is not None and made.outcome is Outcome.PASSED

    def require(self) -> None:
        """Raise ProofError naming the first required check that did not pass."""
        if not self.verified:
            for check in self._required:
                if check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
                    raise ProofError(f"{check.name}: {check.reason}")
            raise ProofError("the credential carries no proof that was verified")


# --- words and outcomes that every check shares ---------------------------------------------------


def unmet(name: str, error: CredservError, spec: str, data: Mapping[str, Fact] = NO_FACTS) -> Check:
    """Return the check for an error: *it is wrong* and *we could not find out* are never the same."""
    outcome = Outcome.UNKNOWN if isinstance(error, NOT_ESTABLISHED) else Outcome.FAILED
    return Check(name, outcome, sentence(error.detail), spec, code=error.code, data=data)


def sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


# --- results of what never came to its checks -----------------------------------------------------

_LATER = ("refresh", "status", "validity", "endorsements")


def not_asked(why: str) -> tuple[Check, ...]:
    """Return the checks that are made only on proven content."""
    return tuple(
        Check(name, Outcome.SKIPPED, f"Not checked: {why}.", required=name != "endorsements")
        for name in _LATER
    )


def unsupported(reason: str) -> VerificationResult:
    """Return the result for an unsupported securing mechanism: nothing is established."""
    check = Check("proof", Outcome.UNKNOWN, sentence(reason), code=UnsupportedProofError.code)
    return VerificationResult((check, *not_asked("the proof could not be judged")))


def unread(error: ProofError | InputError) -> VerificationResult:
    """Return the result for a token or envelope that cannot be read, so that nothing else can be reported."""
    if isinstance(error, UnsupportedProofError):
        return unsupported(error.detail)
    if isinstance(error, TooLargeError):
        check = Check("parse", Outcome.UNKNOWN, sentence(error.detail), code=error.code)
        return VerificationResult((check, *not_asked("it could not be read")))
    name = "proof" if isinstance(error, ProofError) else "parse"
    check = Check(name, Outcome.FAILED, sentence(error.detail), code=error.code)
    return VerificationResult((check, *not_asked("it could not be read")))
