"""Which rules something touches: those that judge it otherwise, and none that cannot."""

from __future__ import annotations

from credserv.mastery.facts import PriorCredential
from credserv.mastery.index import CurrentRule, RuleIndex
from credserv.mastery.reading import parse_rule
from credserv.records.observations import Kind
from tests.unit.mastery.samples import fact

INDEX = RuleIndex(
    CurrentRule(3, parse_rule({"when": when}, achievement=key))
    for key, when in {
        "a": {"observed": {"kind": "completed", "activity": "course"}},
        "b": {"result": {"activity": {"value": "course", "source": "campus"}, "of": "scaled", "at_least": 1}},
        "c": {"gain": {"pre": "before", "post": "course", "at_least": 0.1}},
        "d": {"all": [{"credential": {"achievement": "a"}}, {"credential": {"alignment": "esco:1"}}]},
        "e": {"endorsements": {"count": 1}},
    }.items()
)


def keys(found: tuple[CurrentRule, ...]) -> list[str]:
    return [one.rule.achievement for one in found]


def test_an_observation_touches_the_rules_that_look_at_what_it_is_about() -> None:
    assert keys(INDEX.touching(fact("1", Kind.COMPLETED))) == ["a", "b", "c"]
    assert keys(INDEX.touching(fact("1", Kind.COMPLETED, source="elsewhere"))) == ["a", "c"]
    assert keys(INDEX.touching(fact("1", Kind.COMPLETED, "before"))) == ["c"]
    assert keys(INDEX.touching(fact("1", Kind.COMPLETED, "quiz", within="course"))) == []
    assert keys(INDEX.touching(fact("1", Kind.REVOKED, None), fact("2", Kind.COMPLETED, "before"))) == ["c"]
    assert INDEX.rules["a"].version == 3


def test_a_credential_touches_the_rules_that_wait_for_it() -> None:
    ours = PriorCredential("1", "did:a", "https://a/1", "a")
    theirs = PriorCredential("2", "did:b", "https://b/1", alignments=frozenset({"esco:1", "esco:2"}))
    assert keys(INDEX.awaiting(ours)) == keys(INDEX.awaiting(theirs)) == ["d"]
    assert keys(INDEX.awaiting(PriorCredential("3", "did:b", "https://b/1"))) == []
