"""Figures and intervals against published vectors, and what each must not find where there is nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from credserv.outcomes.person_time import Stay, without_and_with
from credserv.outcomes.statistics import (
    Person,
    difference_of_means,
    fisher_exact,
    gain,
    newcombe,
    rate_ratio,
    t_quantile,
    wilson,
)
from credserv.outcomes.survival import Wait, kaplan_meier, rmst_difference, survival
from credserv.outcomes.waiting import erlang_c
from tests.testkit.shared import shared_path

VECTORS: dict[str, Any] = json.loads(shared_path("accreditation/stats-vectors.json").read_text())


def near(value: float) -> Any:
    """The vectors are rounded to six decimals."""
    return pytest.approx(value, abs=5.1e-7)


def expected_regression(reliability: float, population_mean: float, pre_mean: float) -> float:
    """What a group that was chosen for its low scores gains without any effect (regression to the mean)."""
    return (1 - reliability) * (population_mean - pre_mean)


# --- vectors ------------------------------------------------------------------------------------


def test_quantiles() -> None:
    for probability, df, expected in VECTORS["t_quantile"]:
        assert t_quantile(probability, df) == pytest.approx(expected, abs=5.1e-11)


def test_gain() -> None:
    told = VECTORS["gain"]
    found = gain(told["pre"], told["post"], told["maximum"])
    for name in ("n", "mean", "sd", "low", "high", "d_pre_hedges"):
        assert getattr(found, name) == near(told[name])
    assert found.normalised_gain == near(told["normalised_gain_of_means"])
    assert found.normalised_gain != near(told["not_this_mean_of_normalised_gains"])


def test_gain_at_its_edges() -> None:
    full, one = VECTORS["gain_edges"]
    assert gain(full["pre"], full["post"], 100).normalised_gain is None
    alone = gain(one["pre"], one["post"], 100)
    assert (alone.mean, alone.low, alone.high, alone.sd) == (20, None, None, None)
    assert gain([], [], 100).mean is None
    assert gain([50, 60], [55, 66], None).normalised_gain is None


def test_difference_of_gains() -> None:
    told = VECTORS["difference_of_gains"]
    found = difference_of_means(told["a"], told["b"])
    assert found is not None
    for name in ("difference", "low", "high", "df"):
        assert getattr(found, name) == near(told[name])
    assert difference_of_means([], [1]) is None
    alone = difference_of_means([3], [1, 2])
    assert alone is not None
    assert (alone.difference, alone.low) == (1.5, None)


def test_shares_and_their_difference() -> None:
    for count, of, low, high in VECTORS["wilson"]:
        assert wilson(count, of) == (near(low), near(high))
    assert wilson(0, 0) is None
    told = VECTORS["newcombe_difference"]
    found = newcombe(*told["a"], *told["b"])
    assert found is not None
    assert (found.difference, found.low, found.high) == tuple(
        near(told[name]) for name in ("difference", "low", "high")
    )
    for *counts, expected in VECTORS["fisher_exact_p"]:
        assert fisher_exact(*counts) == near(expected)


def test_kaplan_meier() -> None:
    told = VECTORS["kaplan_meier"]
    waits = [Wait(days, bool(happened)) for days, happened in told["rows_days_event"]]
    curve, found = kaplan_meier(waits), survival(waits, told["tau"])
    for time, share in told["survival"]:
        assert curve.at(time) == near(share)
    place = curve.times.index(10)
    assert [curve.low[place], curve.high[place]] == [near(one) for one in told["band_at_10_log_log"]]
    assert (found.median, found.median_low, found.median_high) == (23, 13, None)
    assert (found.rmst, found.rmst_se) == (near(told["rmst"]), near(told["rmst_se"]))
    assert (found.rmst_se or 0) ** 2 != near(told["lifelines_variance"])


def test_a_median_that_nobody_reached_is_none() -> None:
    rows = VECTORS["kaplan_meier_edges"][0]["rows_days_event"]
    assert survival([Wait(days, False) for days, _ in rows], 30).median is None
    assert survival([], 30).median is None


def test_rate_ratio_by_person() -> None:
    told = VECTORS["rate_ratio_by_person"]
    found = rate_ratio([Person(*row) for row in told["rows_e1_x1_e2_x2"]])
    assert (found.ratio, found.low, found.high) == tuple(
        near(told[name]) for name in ("rate_ratio", "low", "high")
    )
    assert found.people == 6
    assert rate_ratio([Person(1, 10, 0, 10), Person(2, 10, 0, 10)]).ratio is None
    assert rate_ratio([Person(1, 10, 1, 10)]).ratio is None


def test_queues() -> None:
    for told in VECTORS["erlang_c"]:
        found = erlang_c(told["mentors"], told["requests_per_week"], told["sessions_per_mentor_week"])
        if told["p_wait"] is None:
            assert found is None
        else:
            assert found is not None
            assert (found.p_wait, found.mean_wait_weeks) == (
                near(told["p_wait"]),
                near(told["mean_wait_weeks"]),
            )


def test_impact_ratio() -> None:
    told = VECTORS["impact_ratio"][0]
    (a, of_a), (b, of_b) = told["groups"].values()
    assert (b / of_b) / (a / of_a) == near(told["ratio"])
    assert fisher_exact(a, of_a, b, of_b) == near(told["fisher_exact_p"])


# --- data without an effect: none may be found ------------------------------------------------


def test_errors_that_cluster_by_person_are_no_effect() -> None:
    """Some make many, before as after: an interval by counts would too often leave out the ratio of 1."""
    made = np.random.default_rng(12)
    covered = by_counts = 0
    for _ in range(200):
        rates = made.gamma(0.7, 0.02, size=30)
        drift = made.gamma(2.0, 0.5, size=(30, 2))
        rows = made.poisson(rates[:, None] * drift * 400)
        if not rows.sum(axis=0).all():
            continue
        found = rate_ratio([Person(int(e1), 400, int(e2), 400) for e1, e2 in rows])
        assert found.low is not None
        assert found.high is not None
        assert found.ratio is not None
        covered += found.low <= 1 <= found.high
        half = 1.96 * float(np.sqrt(1 / rows[:, 0].sum() + 1 / rows[:, 1].sum()))
        by_counts += abs(np.log(found.ratio)) <= half
    assert covered >= 176  # 88 % of the time at least
    assert by_counts < 150


def test_who_is_not_there_yet_makes_no_time_shorter() -> None:
    """The later cohort is looked at for a shorter time; both need as long. Its mean of completers is a fifth
    shorter, its median is not."""
    made = np.random.default_rng(5)
    days = made.gamma(6, 15, size=(2, 600))

    def seen(cohort: int, longest: float) -> list[Wait]:
        looked_at = made.uniform(40, longest, size=600)
        return [
            Wait(float(min(one, end)), bool(one <= end))
            for one, end in zip(days[cohort], looked_at, strict=True)
        ]

    early, late = seen(0, 400), seen(1, 130)
    naive = [fmean(one.days for one in cohort if one.happened) for cohort in (early, late)]
    assert naive[1] < 0.85 * naive[0]
    first, second = survival(early, 120), survival(late, 120)
    assert first.median is not None
    assert second.median is not None
    assert second.median == pytest.approx(first.median, rel=0.08)
    found = rmst_difference(second, first)
    assert found is not None
    assert found[1] < 0 < found[2]


def test_time_lived_before_a_credential_is_not_its_effect() -> None:
    """Moves come by chance. Who is counted as a holder had less time left for one."""
    made = np.random.default_rng(3)
    start, stays = datetime(2025, 1, 1, tzinfo=UTC), []
    for _ in range(3_000):
        length = float(made.uniform(30, 540))
        earned = float(made.uniform(120, 900))
        moves = [float(at) for at in made.uniform(0, length, size=made.poisson(length / 900))]
        since = start + timedelta(days=earned) if earned < length else None
        end = start + timedelta(days=length)
        stays.append(Stay(start, end, since, tuple(start + timedelta(days=at) for at in moves)))
    after = [any(at >= stay.since for at in stay.events) for stay in stays if stay.since is not None]
    never = [bool(stay.events) for stay in stays if stay.since is None]
    assert fmean(after) / fmean(never) < 0.75  # the trap: holders who moved, against others who did
    without, holding = without_and_with(stays)
    assert without.per_100 is not None
    assert holding.per_100 is not None
    assert holding.per_100 / without.per_100 == pytest.approx(1, abs=0.15)
    assert without.events + holding.events == sum(len(stay.events) for stay in stays)


def test_who_was_chosen_for_low_scores_gains_by_that_alone() -> None:
    told = VECTORS["regression_to_the_mean"]
    expected = told["expected_gain_without_effect"]
    assert expected_regression(told["r"], told["population_mean"], told["cohort_pre_mean"]) == near(expected)
    made = np.random.default_rng(1)
    ability = made.normal(60, 10 * 0.7**0.5, size=20_000)
    noise = 10 * 0.3**0.5
    pre, post = (ability + made.normal(0, noise, size=20_000) for _ in range(2))
    lowest = pre <= np.quantile(pre, 1 / 3)
    found = gain(pre[lowest].tolist(), post[lowest].tolist(), 100)
    assert found.low is not None
    assert found.low > 2.5  # a gain with a fine interval, and no effect at all
    assert found.mean == pytest.approx(expected_regression(0.7, 60, float(pre[lowest].mean())), abs=0.4)
    # A group beside it that was chosen alike takes it away.
    half = np.arange(int(lowest.sum())) % 2 == 0
    gains = (post - pre)[lowest]
    between = difference_of_means(gains[half].tolist(), gains[~half].tolist())
    assert between is not None
    assert between.low is not None
    assert between.high is not None
    assert between.low < 0 < between.high
