"""Contexts that the operator pinned are asked for where a document names one that is not carried."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from credserv.verifying.checks import operator_contexts
from credserv.verifying.checks.operator_contexts import PinnedReading
from tests.testkit.proofs import V2, canonizer

OWN = "https://school.example/context.json"
ISSUER = "did:web:school.example"
PINNED: dict[str, Any] = {OWN: {"@context": {"house": "https://school.example/#house"}}}


def test_only_what_is_not_carried_is_looked_for_of_its_issuer() -> None:
    asked: list[tuple[str, Any]] = []

    def pinned(issuer: str, urls: Any) -> dict[str, Any]:
        asked.append((issuer, list(urls)))
        return PINNED

    reading = PinnedReading(canonizer())
    named = {"@context": [V2, OWN, {"a": "b"}], "issuer": {"id": ISSUER}}
    assert reading.find(named, pinned) == PINNED
    assert reading.find(named | {"@context": OWN}, pinned) == PINNED
    assert asked == [(ISSUER, [OWN])] * 2
    for document in ({"@context": [V2], "issuer": ISSUER}, {"@context": [V2, OWN]}, {"issuer": ISSUER}):
        assert reading.find(document, pinned) == {}
    assert len(asked) == 2


def test_suites_are_made_once_for_the_same_contexts(monkeypatch: Any) -> None:
    made: list[Collection[str]] = []

    def build(reader: Any) -> dict[str, Any]:
        made.append(reader.contexts.urls)
        return {}

    monkeypatch.setattr(operator_contexts, "build_suites", build)
    monkeypatch.setattr(operator_contexts, "_MAX_KEPT", 2)
    reading = PinnedReading(canonizer())
    first = reading.suites(PINNED)
    assert OWN in made[0]
    assert reading.suites(dict(PINNED)) is first
    other = {OWN: {"@context": {"house": "https://school.example/#hall"}}}
    reading.suites(other)
    assert reading.suites(PINNED) is first  # two are kept
    assert len(made) == 2
    reading.suites({OWN + "2": PINNED[OWN]})
    assert reading.suites(PINNED) is not first
    assert len(made) == 4
