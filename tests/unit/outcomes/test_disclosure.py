"""What may be published of counts, rates and means."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from credserv.outcomes.disclosure import (
    BASE,
    FEW,
    Share,
    may_stand_for_all,
    range_of,
    show_count,
    show_mean,
    show_rate,
    show_share,
)
from tests.testkit.shared import shared_path

VECTORS: dict[str, Any] = json.loads(shared_path("accreditation/disclosure-vectors.json").read_text())


def test_counts() -> None:
    for people, shown in (*VECTORS["counts"], *VECTORS["not_counted"]):
        assert show_count(people) == shown


def test_rates() -> None:
    for count, of, shown in VECTORS["rates"]:
        assert show_rate(count, of) == shown
    assert show_rate(1, 20) == "5 %"
    assert show_rate(19, 20) == "95 %"
    assert show_rate(191, 200) == "more than 95 %"


def test_a_cell_that_changes_changes_by_its_rounding() -> None:
    told = VECTORS["over_time"]
    assert [show_count(told["week 1"]), show_count(told["week 2"])] == told["shown"]
    shown = [0 if show_count(people) in ("0", FEW) else int(show_count(people)) for people in range(400)]
    assert {after - before for before, after in pairwise(shown)} == {0, BASE}


def test_subtraction_finds_no_small_cell() -> None:
    told = VECTORS["recoverable_by_subtraction"]
    sites = {site: range_of(show_count(people)) for site, people in told["site totals"].items()}
    everybody = range_of(show_count(told["all"]))
    known = range_of(show_count(33 + 28))
    low = min(everybody) - max(sites["North"]) - max(sites["East"]) - max(known)
    high = max(everybody) - min(sites["North"]) - min(sites["East"]) - min(known)
    assert high - low > 4


def test_a_shown_count_stands_for_a_range() -> None:
    for people in range(120):
        assert people in range_of(show_count(people))
        assert len(range_of(show_count(people))) >= 3 or people == 0


def test_means_need_eight_people() -> None:
    assert show_mean(11.849, 8) == "11.8"
    assert show_mean(11.8, 7) is None
    assert show_mean(None, 40) is None


def test_a_rate_that_tells_a_small_count_is_left_out() -> None:
    assert show_share(Share(23, 3)) == {"n": "25", "took_part": FEW, "rate": None}
    assert show_share(Share(21, 8)) == {"n": "20", "took_part": "10", "rate": "38 %"}
    assert show_share(Share(200, 80)) == {"n": "200", "took_part": "80", "rate": "40 %"}
    assert show_share(Share(7, 3)) == {"n": "5", "took_part": FEW, "rate": None}


def test_under_85_per_cent_may_not_stand_for_all() -> None:
    assert may_stand_for_all(85, 100)
    assert not may_stand_for_all(84, 100)
    assert not may_stand_for_all(0, 0)
