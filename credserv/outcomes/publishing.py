"""Turn computed figures into figures that anybody may read: rounded or left out, with cautions.

Intervals of shares are not published, because together with a rounded count and a rate they would reveal
both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from credserv.outcomes.disclosure import MEAN_NEEDS, RATE_NEEDS, Share, show_count, show_mean, show_share
from credserv.outcomes.figure import NO_CAUSE, NO_COMPARISON, Figure, Row
from credserv.outcomes.headcount import PER_HEAD
from credserv.outcomes.metrics import Metric
from credserv.outcomes.rows import GROUPS, TOO_EARLY, cautions_of, days_row, is_compared, mean_row, smaller
from credserv.outcomes.statistics import fisher_exact
from credserv.outcomes.survival import Survival
from credserv.outcomes.waiting import erlang_c

NONE_COUNTED = "none counted on one side"
_HOLDING = (
    ("before_or_without", "A person-year without the credential, or before it"),
    ("after", "A person-year with it"),
)
_FOUR_FIFTHS, _UNLIKELY = 0.8, 0.05
GROWS = "the queue grows"
COMPUTED = (
    "What a wait would be is computed (Erlang C, sessions of 30 minutes, any mentor for anybody); "
    "the median was measured."
)
UNANSWERED = (
    "Of each who was asked, the first time in the year before; who has not answered counts with the days "
    "until now."
)
_SESSION_MINUTES, _WEEKS = 30, 90 / 7
_WHAT_IF = ((1, "Computed, if as many ask"), (2, "Computed, if twice as many ask"))


def gain_figure(metric: Metric, found: Mapping[str, Any]) -> Figure:
    """Publish a gain.

    Args:
        found: From `mastery_gain`.
    """
    rows = [mean_row(label, found[name], "mean") for name, label in GROUPS]
    compared = is_compared(found)
    if compared and found["difference"] is not None:
        rows.append(mean_row("Difference", {**found["difference"], "n": smaller(found)}, "difference"))
    rows += [
        Row(f"{label}, share of what could be gained", show_count(found[name]["n"]), share)
        for name, label in GROUPS
        if (share := show_mean(found[name]["normalised_gain"], found[name]["n"], 2)) is not None
    ]
    return Figure(
        metric.key, metric.name, "points from before to after", tuple(rows), cautions_of(metric, compared)
    )


def rate_figure(metric: Metric, windows: Sequence[tuple[str, Mapping[str, Any] | None]]) -> Figure:
    """Publish rates.

    Args:
        windows: By label, `errors` within that time after; None if it is too early.
    """
    rows = []
    for label, found in windows:
        if found is None:
            rows.append(Row(label, "0", TOO_EARLY))
            continue
        people = found["people"]
        rows.append(
            Row(
                label,
                show_count(people),
                _ratio(found),
                show_mean(found["low_by_person"], people, 2),
                show_mean(found["high_by_person"], people, 2),
            )
        )
    return Figure(metric.key, metric.name, "times as often as before", tuple(rows), (NO_COMPARISON,))


def time_figure(metric: Metric, found: Mapping[str, Any]) -> Figure:
    """Publish times.

    Args:
        found: From `time_to_competency`.
    """
    rows = [
        Row(
            label,
            show_count(found[name]["n"]),
            _reached(found[name]),
            show_mean(found[name]["median_low"], found[name]["n"], 0),
            show_mean(found[name]["median_high"], found[name]["n"], 0),
        )
        for name, label in GROUPS
    ]
    compared = is_compared(found)
    difference = days_row(f"Difference of means up to {metric.tau_days} days", found)
    if difference is not None:
        rows.append(difference)
    return Figure(
        f"{metric.key}-time",
        f"{metric.name}: time to competency",
        "days, median",
        tuple(rows),
        cautions_of(metric, compared),
    )


def moves_figure(metric: Metric, found: Mapping[str, Any], year: int) -> Figure:
    """Publish mobility, in whole numbers, because with decimals a known headcount would reveal the moves.

    Args:
        found: `mobility`.
    """
    people = found[f"movers_{year}"]
    moves = sum(found[f"moves_{year}"].values())
    after = found["credential_and_moves"]
    rows = [Row(f"Moves in {year} {PER_HEAD}", show_count(people), _per_100(found["rate_per_100"], moves))]
    for name, label in _HOLDING:
        shown = _per_100(after["per_100_person_years"][name], after["moves"][name])
        rows.append(Row(label, "", shown))
    return Figure(
        f"{metric.key}-moves",
        f"{metric.name}: moves within the organisation",
        "promotions, demotions and lateral moves per 100 people, or per 100 person-years",
        tuple(rows),
        (NO_CAUSE,),
    )


def share_figure(metric: Metric, shares: Mapping[str, Share], cautions: Sequence[str] = ()) -> Figure:
    """Publish shares, by name: how many of how many."""
    rows = []
    for name, share in shares.items():
        shown = show_share(share)
        rows.append(Row(name, str(shown["n"]), shown["rate"]))
    return Figure(metric.key, metric.name, "per cent", tuple(rows), tuple(cautions))


def gap_words(shares: Mapping[str, Share]) -> list[str]:
    """Return how each group compares with the highest, if both are large enough.

    Both the four-fifths rule and Fisher's exact test are reported, because they disagree 10 to 40 times in a
    hundred. Neither number itself is, because it would reveal the counts.
    """
    large = {name: share for name, share in shares.items() if share.n >= RATE_NEEDS}
    if len(large) < 2:
        return []
    highest = max(large, key=lambda name: large[name].took_part / large[name].n)
    top = large[highest]
    best = top.took_part / top.n
    words = []
    for name, share in large.items():
        if name == highest or best == 0:
            continue
        below = share.took_part / share.n < _FOUR_FIFTHS * best
        chance = fisher_exact(share.took_part, share.n, top.took_part, top.n)
        fifths = "below four fifths" if below else "not below four fifths"
        explains = "hardly explains" if chance < _UNLIKELY else "may explain"
        words.append(f"{name} against {highest}: {fifths}; chance alone {explains} it.")
    return words


def supply_figures(metric: Metric, found: Mapping[str, Any]) -> tuple[Figure, Figure]:
    """Publish mentors' time, in whole hours and only with enough mentors; more would reveal what one has.

    Args:
        found: As the supply is computed.
    """
    mentors = found["mentors_in_force"]
    rows = [
        _hours("Offered a week", found["minutes_offered_a_week"], mentors),
        _hours("Free this week", found["free_minutes_this_week"], mentors),
        *(
            _hours(f"Free this week: {name}", one["free_minutes_this_week"], one["mentors_in_force"])
            for name, one in found["by_competency"].items()
        ),
    ]
    asked = found["people_who_asked"]
    waits = [
        Row("From request to session, median", show_count(asked), show_mean(_days(found), asked, 0)),
        *(_what_if(found, times, label) for times, label in _WHAT_IF),
    ]
    return (
        Figure(metric.key, metric.name, "hours of mentors in force", tuple(rows)),
        Figure(f"{metric.key}-time", f"{metric.name}: the wait", "days", tuple(waits), (COMPUTED,)),
    )


def across_figure(metric: Metric, share: Share, people: int) -> Figure:
    """Publish sessions across departments.

    Args:
        share: Of sessions, those between two departments.
        people: How many people took part.
    """
    rate = show_share(share)["rate"] if people >= RATE_NEEDS else None
    row = Row("Of two departments", show_count(people), rate)
    return Figure(metric.key, metric.name, "per cent of sessions that both confirmed", (row,))


def barriers_figure(metric: Metric, found: Mapping[str, tuple[int, int]]) -> Figure:
    """Publish barriers. With few people, their number of requests would reveal something about each.

    Args:
        found: By reason or language, how many requests, and of how many people.
    """
    rows = [
        Row(label, show_count(people), show_count(requests) if people >= MEAN_NEEDS else None)
        for label, (requests, people) in found.items()
    ]
    title = f"{metric.name}: what stood in the way"
    return Figure(f"{metric.key}-barriers", title, "requests declined or expired in 90 days", tuple(rows))


def answers_figure(metric: Metric, found: Mapping[str, Survival]) -> Figure:
    """Publish answer times.

    Args:
        found: By role, how long until an answer.
    """
    rows = [
        Row(
            label,
            show_count(told.n),
            _reached(vars(told)),
            show_mean(told.median_low, told.n, 0),
            show_mean(told.median_high, told.n, 0),
        )
        for label, told in found.items()
    ]
    unit = "days from asked to answered, median"
    return Figure(metric.key, metric.name, unit, tuple(rows), (UNANSWERED,))


def relations_figures(
    metric: Metric, people: int, sessions: int, lasting: Share, shadowing: Share
) -> tuple[Figure, Figure]:
    """Publish mentoring relations.

    Args:
        people: Who took part in `sessions`.
        lasting: A share of relations.
        shadowing: A share of sessions.
    """
    mean = sessions / lasting.n if lasting.n else None
    depth = Row("Sessions of one relation", show_count(people), show_mean(mean, people))
    shares = [
        Row(label, show_count(people), show_share(share)["rate"] if people >= RATE_NEEDS else None)
        for label, share in (
            ("Relations of two sessions or more", lasting),
            ("Sessions of shadowing", shadowing),
        )
    ]
    kinds = Figure(f"{metric.key}-kinds", f"{metric.name}: of which kind", "per cent", tuple(shares))
    return Figure(metric.key, metric.name, "sessions that both confirmed, mean", (depth,)), kinds


def survey_figure(metric: Metric, scores: Sequence[float], maximum: float | None) -> Figure:
    """Publish a survey; eNPS if the scale ends at 10: per cent of 9 and 10 minus per cent of 0 to 6."""
    people = len(scores)
    enough = people >= RATE_NEEDS
    rows = [Row("Mean", show_count(people), f"{sum(scores) / people:.1f}" if enough else None)]
    if maximum == 10:
        for_it = sum(one >= 9 for one in scores) - sum(one <= 6 for one in scores)
        rows.append(
            Row(
                "Would recommend (eNPS)",
                show_count(people),
                f"{100 * for_it / people:.0f}" if enough else None,
            )
        )
    return Figure(metric.key, metric.name, "points", tuple(rows), (NO_COMPARISON,))


def _hours(label: str, minutes: int, mentors: int) -> Row:
    return Row(label, show_count(mentors), show_mean(minutes / 60, mentors, 0))


def _days(found: Mapping[str, Any]) -> float | None:
    days: float | None = found["median_days_to_session"]
    return days


def _what_if(found: Mapping[str, Any], times: int, label: str) -> Row:
    """Return a row by Erlang's C formula, for a multiple of a week's requests and the time offered."""
    mentors, asked = found["mentors_in_force"], found["people_who_asked"]
    people = min(mentors, asked)
    if people < MEAN_NEEDS:
        return Row(label, show_count(asked), None)
    each = found["minutes_offered_a_week"] / mentors / _SESSION_MINUTES
    queue = erlang_c(mentors, times * found["requests"] / _WEEKS, each) if each else None
    days = GROWS if queue is None else f"{7 * queue.mean_wait_weeks:.1f}"
    return Row(label, show_count(asked), days)


def _per_100(rate: float | None, moves: int) -> str | None:
    return show_mean(rate, moves, 0)


def _ratio(found: Mapping[str, Any]) -> str | None:
    if found["people"] < MEAN_NEEDS:
        return None
    return show_mean(found["rate_ratio"], found["people"], 2) or NONE_COUNTED


def _reached(found: Mapping[str, Any]) -> str | None:
    if found["n"] < MEAN_NEEDS:
        return None
    return show_mean(found["median"], found["n"], 0) or "not reached"
