"""The endorsements of a credential: where there are none, that is told, and nothing is judged."""

from __future__ import annotations

from typing import NoReturn

import pytest

from credserv.ground.verification import Outcome
from credserv.verifying.checks.endorsements import check_endorsements
from tests.testkit.tokens import token_issuer

TOKENS = token_issuer()


def nobody(_endorsement: object) -> NoReturn:
    raise AssertionError("there is nothing to judge")


def test_a_credential_without_endorsements_says_so() -> None:
    (told,) = check_endorsements({}, judge=nobody, judge_entitlement=nobody)
    assert (told.outcome, told.required) == (Outcome.SKIPPED, False)
    assert "no endorsements" in told.reason


@pytest.mark.parametrize(
    ("endorsement", "outcome"),
    [
        (TOKENS.forge(TOKENS.header(alg="RS512"), TOKENS.badge()), Outcome.UNKNOWN),
        ("no token", Outcome.FAILED),
    ],
    ids=["not read here", "none"],
)
def test_an_endorsement_that_is_not_read_here_is_not_called_false(endorsement: str, outcome: Outcome) -> None:
    (told,) = check_endorsements({"endorsementJwt": [endorsement]}, judge=nobody, judge_entitlement=nobody)
    assert told.outcome is outcome
    assert "cannot be read" in told.reason
