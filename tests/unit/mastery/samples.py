"""Rules and facts in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from credserv.mastery.facts import ASSESSED_HERE, Fact, PriorCredential
from credserv.mastery.judging import judge_rule
from credserv.mastery.reading import parse_rule
from credserv.mastery.rule import Rule
from credserv.mastery.verdict import Verdict
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = "mentor"
SCALES = [
    {
        "description": "#mastery",
        "levels": [
            {"level": "#developing", "from": 0.6, "words": ["2"]},
            {"level": "#proficient", "from": 0.8, "words": ["3", "Proficient!"]},
            {"level": "#exemplary", "from": 0.95},
        ],
    }
]


def rule(when: dict[str, Any], *, scales: bool = False) -> Rule:
    return parse_rule({"when": when, **({"scales": SCALES} if scales else {})}, achievement=KEY)


def fact(
    event_id: str,
    kind: Kind,
    activity: str | None = "course",
    *,
    day: int | None = 0,
    at: ActivityKind = ActivityKind.COURSE,
    within: str | None = None,
    source: str = "campus",
    by: str | None = None,
    roles: set[str] | None = None,
    is_self: bool = False,
    **seen: Any,
) -> Fact:
    """day: from 1 May on; None for no time. Numbers are given as text."""
    for name in ("raw", "min", "max", "scaled"):
        if name in seen:
            seen[name] = Decimal(seen[name])
    activities = [ActivityReference(at, activity)] if activity is not None else []
    if within is not None:
        activities.append(ActivityReference(ActivityKind.COURSE, within))
    when = None if day is None else datetime(2026, 5, 1, 9, tzinfo=UTC) + timedelta(days=day)
    observation = Observation(event_id, "sample", kind, (), tuple(activities), when, **seen)
    return Fact(
        f"o-{event_id}",
        observation,
        source,
        source,
        asserter=by,
        by_roles=None if roles is None else frozenset(roles),
        is_self=is_self,
    )


def word(event_id: str, by: str, *roles: str, day: int = 0, **seen: Any) -> Fact:
    """An observation on a page of ours, of the achievement itself."""
    return fact(
        event_id,
        Kind.OBSERVED,
        KEY,
        at=ActivityKind.BADGE,
        source=ASSESSED_HERE,
        by=by,
        roles=set(roles),
        day=day,
        **seen,
    )


def judge(when: dict[str, Any], *facts: Fact, scales: bool = False) -> Verdict:
    return judge_rule(rule(when, scales=scales), facts, (), NOW)


def judge_held(leaf: dict[str, Any], *credentials: PriorCredential) -> Verdict:
    return judge_rule(rule({"credential": leaf}), (), credentials, NOW)
