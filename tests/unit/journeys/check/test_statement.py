"""What is said of what never came to its checks."""

from __future__ import annotations

import pytest

from credserv.ground.errors import (
    BakingError,
    CredservError,
    FetchRefusedError,
    GoneError,
    MalformedJsonError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UncheckedError,
)
from credserv.journeys.check.told.statement import Tone, statement_of_error


@pytest.mark.parametrize(
    ("error", "tone", "step"),
    [
        (UnavailableError("the host is silent"), Tone.UNKNOWN, "Try again in a few minutes."),
        (FetchRefusedError("not an address"), Tone.UNKNOWN, "begins with https://"),
        (NotFoundError("no such thing"), Tone.UNKNOWN, "a new link"),
        (GoneError("ended"), Tone.UNKNOWN, "a new link"),
        (TooLargeError("too much"), Tone.BAD, "the credential alone"),
        (BakingError("no picture"), Tone.BAD, "screenshots"),
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
