from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.openbadges.subject import check_subject
from tests.testkit.proofs import badge, issuer

GOOD = badge(issuer())
NOBODY = {key: value for key, value in GOOD["credentialSubject"].items() if key not in ("id", "identifier")}


def test_a_badge_about_somebody_says_so() -> None:
    assert check_subject(GOOD).outcome is Outcome.PASSED


@pytest.mark.parametrize("kind", ["OpenBadgeCredential", "AchievementCredential"])
def test_a_badge_about_nobody_is_told_and_decides_nothing(kind: str) -> None:
    made = check_subject({**GOOD, "type": ["VerifiableCredential", kind], "credentialSubject": NOBODY})
    assert (made.outcome, made.code, made.required) == (Outcome.FAILED, "no-recipient", False)


def test_the_rules_of_open_badges_are_not_asked_of_another_credential() -> None:
    plain: dict[str, Any] = {**GOOD, "type": ["VerifiableCredential"], "credentialSubject": NOBODY}
    assert check_subject(plain).outcome is Outcome.SKIPPED


def test_whatever_it_is_a_subject_that_cannot_be_read_decides() -> None:
    made = check_subject({**GOOD, "type": ["VerifiableCredential"], "credentialSubject": []})
    assert (made.outcome, made.required) == (Outcome.FAILED, True)
