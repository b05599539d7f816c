"""What federations said is remembered within its dates, and within bounds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from credserv.verifying import federation_memory
from credserv.verifying.federation_memory import Answer, FederationMemory
from tests.testkit.proofs import NOW

HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)
ANSWER = Answer(None, NOW + HOUR, NOW)


@pytest.mark.parametrize(
    ("now", "found"),
    [(NOW - MOMENT, None), (NOW, ANSWER), (NOW + HOUR - MOMENT, ANSWER), (NOW + HOUR, None)],
)
def test_an_answer_counts_from_when_it_was_asked_for_until_its_end(
    now: datetime, found: Answer | None
) -> None:
    memory = FederationMemory()
    memory.keep(("anchor", "issuer"), ANSWER)
    assert memory.find(("anchor", "issuer"), now) is found
    assert memory.find(("other", "issuer"), now) is None
    assert not ANSWER.away


def test_what_is_asked_for_least_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(federation_memory, "MAX_KEPT", 3)
    memory = FederationMemory()

    def kept() -> list[str]:
        return [name for _, name in memory._kept]

    for name in "abc":
        memory.keep(("anchor", name), ANSWER)
    memory.find(("anchor", "a"), NOW)
    memory.keep(("anchor", "b"), ANSWER)
    assert kept() == ["c", "a", "b"]
    memory.keep(("anchor", "d"), ANSWER)
    assert kept() == ["a", "b", "d"]
