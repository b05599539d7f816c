"""What is said of what never came to its checks."""

from __future__ import annotations

import pytest

from credserv.ground import errors
from credserv.ground.errors import (
    BakingError,
    CredservError,
    FetchRefusedError,
    GoneError,
    MalformedJsonError,
    NoCredentialError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UncheckedError,
    UnreadFileError,
)
from credserv.ground.verification import Verdict
from credserv.journeys.check.reports.report import build_unread_report
from credserv.journeys.check.reports.statement import LOOKS, STANDINGS, Tone, statement_of_error
from credserv.journeys.hold.wallet import Standing
from tests.testkit.proofs import NOW

LEAVES = [
    kind("it is so")
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CredservError)
]


@pytest.mark.parametrize(
    ("error", "tone", "step"),
    [
        (UnavailableError("the host is silent"), Tone.UNKNOWN, "Try again in a few minutes."),
        (FetchRefusedError("not an address"), Tone.UNKNOWN, "begins with https://"),
        (NotFoundError("no such thing"), Tone.UNKNOWN, "a new link"),
        (GoneError("ended"), Tone.UNKNOWN, "a new link"),
        (TooLargeError("too much"), Tone.UNKNOWN, "the credential alone"),
        (BakingError("no picture"), Tone.UNKNOWN, "screenshots"),
        (UnreadFileError("the PDF is protected"), Tone.UNKNOWN, "as its issuer gave it"),
        (NoCredentialError("nothing in it"), Tone.BAD, "as its issuer gave it"),
        (MalformedJsonError("column 1"), Tone.BAD, "as its issuer gave it"),
    ],
)
def test_what_never_came_to_a_check(error: CredservError, tone: Tone, step: str) -> None:
    said = statement_of_error(error)
    assert said.tone is tone
    assert step in said.next_step
    assert "column" not in said.detail


def test_a_fault_of_ours_is_told_as_ours() -> None:
    said = statement_of_error(UncheckedError("something went wrong on our side"))
    assert "fetched" not in said.sentence
    assert (said.tone, said.next_step) == (Tone.UNKNOWN, "Try again in a few minutes.")


@pytest.mark.parametrize("error", LEAVES)
def test_the_look_of_what_was_never_checked_is_that_of_its_verdict(error: CredservError) -> None:
    report = build_unread_report(error, now=NOW)
    assert report["tone"] == LOOKS[Verdict(report["verdict"])][0].value
    assert report["label"] == ("Not readable" if report["tone"] == "bad" else "Could not be checked")


def test_every_standing_has_a_look() -> None:
    assert {standing.value for standing in Standing} == set(STANDINGS)
