"""The figure of mobility, from what the API was told, as known at the cut."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.journeys.measure.mobility import mobility_figures
from tests.testkit.service import Service, make_service

CUT = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Eight people, told of as it happened."""
    folder = tmp_path_factory.mktemp("mobility")
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
    client, headers = service.client(), service.api_headers()

    def call(at: str, method: str, path: str, body: dict[str, Any]) -> None:
        service.clock.now = datetime.fromisoformat(at).replace(hour=12, tzinfo=UTC)
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        assert answer.status_code < 300, answer.text

    def join(at: str, number: str, started: str, employer: str = "") -> None:
        told = {"started": started, "role": "A", "level": 3, "department": "D", "site": "S"}
        body = {"email": f"{number}@firm.example", "employment": {**told, "employer": employer}}
        call(at, "PUT", f"/members/{number}", body)

    def move(at: str, number: str, effective: str, correction: bool = False, **after: Any) -> None:
        before = {"role": "A", "level": 3, "department": "D", "site": "S"}
        told = {"effective": effective, "correction": correction, "before": before}
        call(at, "POST", f"/members/{number}/moves", {**told, "after": {**before, **after}})

    for number in ("a", "b", "c", "d"):
        join("2025-01-01", number, "2024-01-01")
    join("2025-01-01", "e", "2024-01-01", employer="Other Ltd")
    move("2025-02-02", "a", "2025-02-01", level=4)
    move("2025-03-02", "b", "2025-03-01", department="E")
    move("2025-03-03", "b", "2025-03-01", correction=True, department="E")
    move("2025-04-02", "c", "2025-04-01", site="T")
    move("2025-05-02", "e", "2025-05-01", level=9)
    fact = {"kind": "credential.mastered", "person": "a", "pathway": "leadership"}
    fact["occurred_at"] = "2025-06-01T00:00:00Z"
    call("2025-06-01", "POST", "/outcomes/facts", {"items": [fact]})
    call("2025-07-02", "POST", "/members/d/leaving", {"ended": "2025-07-02T00:00:00Z"})
    move("2025-08-02", "d", "2025-08-01", level=4)  # gone
    move("2025-09-02", "a", "2025-09-01", level=2)
    join("2025-10-01", "d", "2025-10-01")
    move("2026-01-15", "d", "2025-12-01", role="B")
    move("2026-02-15", "b", "2026-02-01", level=4)
    move("2026-08-01", "c", "2025-12-01", level=4)  # told after the cut
    return service


def test_the_year_before_the_cut(service: Service) -> None:
    told = mobility_figures(service.services, cut=CUT)
    assert told["moves_2025"] == {"demotion": 1, "lateral": 2, "promotion": 1}
    assert told["movers_2025"] == 3
    assert told["average_headcount_2025"] == round((3 * 365 + 182 + 92) / 365, 2)
    assert told["rate_per_100"] == pytest.approx(100 * 4 * 365 / (3 * 365 + 182 + 92))
    assert told["recorded_after_year_end"] == 1
    assert told["moves_at_other_employers"] == 1


def test_time_before_a_credential_is_time_without_one(service: Service) -> None:
    told = mobility_figures(service.services, cut=CUT)["credential_and_moves"]
    day = 1 / 365.25
    start, mastered = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    gone, back = datetime(2025, 7, 2, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
    without = (mastered - start).days + 2 * (CUT - start).days + (gone - start).days + (CUT - back).days
    assert told["person_years"] == {
        "before_or_without": pytest.approx(without * day),
        "after": pytest.approx((CUT - mastered).days * day),
    }
    assert told["moves"] == {"before_or_without": 4, "after": 0}
    assert told["per_100_person_years"]["before_or_without"] == pytest.approx(400 / (without * day))
    assert told["per_100_person_years"]["after"] == 0
    assert told["naive_share_ever_moved"] == {"holders": 1, "others": pytest.approx(2 / 3)}


def test_what_is_told_later_restates_the_year(service: Service) -> None:
    later = mobility_figures(service.services, cut=datetime(2026, 8, 31, tzinfo=UTC))
    assert later["moves_2025"]["promotion"] == 2
    assert later["recorded_after_year_end"] == 2


def test_with_no_effect_no_effect_appears(service: Service) -> None:
    """Holders moved, all of them, and only before they held it: person-years say 0, the share 100 %."""
    told = mobility_figures(service.services, cut=CUT)["credential_and_moves"]
    assert told["naive_share_ever_moved"]["holders"] > told["naive_share_ever_moved"]["others"]
    assert told["per_100_person_years"]["after"] < told["per_100_person_years"]["before_or_without"]
