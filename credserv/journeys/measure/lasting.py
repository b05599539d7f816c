"""What lasts, unrounded: what people still know later, and who is still here."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from credserv.journeys.measure.figures import by_mentoring
from credserv.journeys.measure.population import Population
from credserv.outcomes.pairing import Kept, Scale, find_kept, find_stays
from credserv.outcomes.statistics import gain
from credserv.outcomes.survival import Wait, kaplan_meier, rmst_difference, survival


def kept_of(found: Population, pathway: str) -> list[dict[str, Any]]:
    """Return, by version of the assessment, the gain of the same people at the end and
    later, and the change in between.

    Returns:
        The most used version first. `people` were assessed before and after; `due` of them could have been
        assessed again by now.
    """
    by_scale: defaultdict[Scale, list[Kept]] = defaultdict(list)
    for one in find_kept(found.facts, pathway, found.cut):
        by_scale[one.pair.scale].append(one)
    return [
        {
            "instrument": instrument,
            "maximum": maximum,
            "people": len(kept),
            "due": sum(one.is_due for one in kept),
            **_gains(kept, maximum),
        }
        for (instrument, maximum), kept in sorted(by_scale.items(), key=lambda one: -len(one[1]))
    ]


def leaving_of(found: Population, pathway: str, tau: float) -> dict[str, Any]:
    """Return how many stay after the start of a pathway.

    Args:
        tau: The time horizon in days.

    Returns:
        `share` is the share still here after `tau` days, None if nobody was observed for that long. `left` is
        how many left within that time.
    """
    stays = find_stays(found.facts, pathway, found.ends, found.cut)
    groups = {
        name: [Wait(one.days, one.happened) for one in spans] for name, spans in by_mentoring(stays).items()
    }
    told = {name: survival(waits, tau) for name, waits in groups.items()}
    between = rmst_difference(told["mentored"], told["not_mentored"])
    return {
        **{
            name: {
                "n": len(waits),
                "left": sum(one.happened and one.days <= tau for one in waits),
                "share": _share(waits, tau),
                "mean_days": told[name].rmst,
            }
            for name, waits in groups.items()
        },
        "rmst_difference": None
        if between is None
        else dict(zip(("days", "low", "high"), between, strict=True)),
    }


def _gains(kept: list[Kept], maximum: float | None) -> dict[str, dict[str, Any]]:
    again = [(one.pair.pre, one.pair.post, one.later) for one in kept if one.later is not None]
    pre, post, later = ([one[place] for one in again] for place in range(3))
    return {
        "then": dict(vars(gain(pre, post, maximum))),
        "later": dict(vars(gain(pre, later, maximum))),
        "change": dict(vars(gain(post, later, maximum))),
    }


def _share(waits: list[Wait], tau: float) -> float | None:
    if not waits:
        return None
    share = kaplan_meier(waits).at(tau)
    return share if share == 0 or any(one.days >= tau for one in waits) else None
