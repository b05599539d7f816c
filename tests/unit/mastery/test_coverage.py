"""One skill in several contexts: what covers one, how many are covered, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.mastery.facts import Fact
from credserv.mastery.index import CurrentRule
from credserv.mastery.results import build_evidence
from credserv.records.observations import ActivityKind, Kind
from tests.unit.mastery.samples import KEY, fact, judge, rule, word

VECTORS = json.loads(Path(__file__).with_name("coverage-vectors.json").read_text())


def said(at: int, one: dict[str, Any]) -> Fact:
    if "takes_back" in one:
        back = {"by": one["by"], "roles": {"assessor"}, "day": one["day"], "context": one["context"]}
        about = {"at": ActivityKind.BADGE, "source": ":here", "supersedes": one["takes_back"]}
        return fact(str(at), Kind.REVOKED, KEY, **back, **about)
    more = {name: one[name] for name in ("level", "context", "is_self") if name in one}
    if "level" not in one:
        more["success"] = one.get("shown", True)
    return word(one.get("id", str(at)), one["by"], one.get("as", "assessor"), day=one["day"], **more)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["name"]))
@pytest.mark.parametrize("turned", [False, True])
def test_contexts_are_covered_as_the_vectors_say(case: dict[str, Any], turned: bool) -> None:
    leaf = {"contexts": VECTORS["contexts"], "count": case["count"], "by": "assessor"}
    leaf |= {name: case[key] for name, key in _MORE if key in case}
    facts = [said(at, one) for at, one in enumerate(case["said"])]
    verdict = judge({"coverage": leaf}, *(reversed(facts) if turned else facts), scales=True)
    (found,) = verdict.leaves
    assert [name for name, is_covered in found.contexts if is_covered] == case["covered"]
    assert verdict.is_met is case["met"]
    if "missing" in case:
        assert "; ".join(verdict.missing) == case["missing"]


_MORE = (("level_at_least", "level"), ("within_days", "within_days"))


def test_the_evidence_names_each_context() -> None:
    when = {"coverage": {"contexts": ["a call", "a review", "a talk"], "count": 2}}
    facts = [word(str(at), "ann", "peer", context=one) for at, one in enumerate(("a call", "a review"))]
    verdict = judge(when, *facts)
    told = build_evidence(verdict, {one.id: one for one in facts}, CurrentRule(3, rule(when)))
    assert {one["name"] for one in told} == {"Seen in 2 of 3 contexts: “mentor”", "Rule"}
    assert ["in the context “a call” on" in one["narrative"] for one in told] == [True, False, False]


def test_what_was_taken_back_without_a_time_leaves_it_open() -> None:
    back = fact("9", Kind.REVOKED, KEY, day=None, at=ActivityKind.BADGE, source=":here")
    verdict = judge({"coverage": {"contexts": ["a"], "count": 1}}, word("1", "ann", context="a"), back)
    assert (verdict.is_met, "it is not known when" in verdict.missing[0]) == (False, True)
