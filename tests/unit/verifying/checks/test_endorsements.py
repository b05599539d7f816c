"""The endorsements of a credential: where there are none, that is told, and nothing is judged."""

from __future__ import annotations

from typing import NoReturn

from credserv.ground.verification import Outcome
from credserv.verifying.checks.endorsements import check_endorsements


def nobody(_endorsement: object) -> NoReturn:
    raise AssertionError("there is nothing to judge")


def test_a_credential_without_endorsements_says_so() -> None:
    (told,) = check_endorsements({}, judge=nobody, judge_entitlement=nobody)
    assert (told.outcome, told.required) == (Outcome.SKIPPED, False)
    assert "no endorsements" in told.reason
