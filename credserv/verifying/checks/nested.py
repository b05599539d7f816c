"""Verify the credentials inside a presentation or a record of learning, each by itself and in full.

VC Data Model 2.0, section 4.13; CLR 2.0, `ClrSubject.verifiableCredential`. A container is no better than its
contents: if one credential fails, the whole fails (docs/adr/0012).
"""

from __future__ import annotations

from collections.abc import Sequence

from credserv.ground.errors import TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Fact, Outcome, VerificationResult
from credserv.openbadges.data_model import issuer_of, listed, subjects_of

MAX_DEPTH = 3
IN_PRESENTATION = "VC Data Model 2.0, 4.13"
IN_RECORD = "CLR 2.0, ClrSubject"


def nested_of(document: JsonObject) -> list[object]:
    """Return what the subjects of a credential hold: objects, enveloped or not, and compact tokens."""
    return [item for subject in subjects_of(document) for item in listed(subject.get("verifiableCredential"))]


def too_deep() -> Check:
    reason = f"It holds credentials that hold others, deeper than {MAX_DEPTH}: those were not looked at."
    return Check("credential", Outcome.UNKNOWN, reason, IN_RECORD, code=TooLargeError.code)


def check_nested(
    found: Sequence[tuple[JsonObject, VerificationResult]], count: int, *, spec: str
) -> tuple[Check, ...]:
    """Return one check for each credential inside, worded by the first check of it that did not pass.

    Args:
        found: document and result of each credential that was judged.
        count: how many there are in all.
    """
    checks = [_check(number, *item, spec) for number, item in enumerate(found, 1)]
    if count > len(found):
        reason = f"Only the first {len(found)} credentials were looked at."
        checks.append(Check("credential", Outcome.UNKNOWN, reason, spec, code=TooLargeError.code))
    return tuple(checks)


def renew_nested(
    checks: Sequence[Check], found: Sequence[tuple[JsonObject, VerificationResult]]
) -> tuple[Check, ...]:
    """Return the checks with those of nested credentials rebuilt where they had passed.

    Args:
        found: as for `check_nested`, with later findings, such as a revocation.
    """
    made: list[Check] = []
    for check in checks:
        number = check.data.get("number")
        passed = check.name == "credential" and check.outcome is Outcome.PASSED
        if passed and isinstance(number, int):
            check = _check(number, *found[number - 1], check.spec)
        made.append(check)
    return tuple(made)


def _check(number: int, document: JsonObject, result: VerificationResult, spec: str) -> Check:
    facts = _facts(number, document)
    if result.verified:
        return Check("credential", Outcome.PASSED, f"Credential {number} is verified.", spec, data=facts)
    outcome = Outcome.UNKNOWN if result.unknown else Outcome.FAILED
    bad = [check for check in result.checks if check.required and check.outcome is outcome]
    first = bad[0] if bad else Check("proof", outcome, "It carries no proof that was verified.")
    reason = f"Credential {number} does not hold: {first.reason}"
    if outcome is Outcome.UNKNOWN:
        reason = f"Credential {number} could not be checked: {first.reason}"
    return Check("credential", outcome, reason, spec, code=first.code, data=facts)


def _facts(number: int, document: JsonObject) -> dict[str, Fact]:
    identifier = document.get("id")
    return {
        "number": number,
        "id": identifier if isinstance(identifier, str) else None,
        "issuer": issuer_of(document),
    }
