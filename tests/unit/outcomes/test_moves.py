"""What the rows of a personnel system come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from credserv.outcomes.headcount import average_headcount, year_of
from credserv.outcomes.moves import MoveKind, find_moves, kind_of, position_at
from credserv.records.employment import OWN, JobChange, LevelOrder, Position, Spell

ZONE = ZoneInfo("UTC")
HERE = Position("Analyst", "3", "Advisory", "Graz")
UP = Position("Analyst", "4", "Advisory", "Graz")
SALES = Position("Analyst", "3", "Sales", "Graz")
KINDS = MoveKind


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spell(
    started: str = "2024-01-01", ended: str | None = None, employer: str = OWN, position: Position = HERE
) -> Spell:
    left = None if ended is None else day(ended)
    return Spell(f"{employer}{started}", "p1", employer, day(started), position, day(started), left)


def row(
    effective: str,
    after: Position,
    *,
    before: Position = HERE,
    recorded: str = "",
    correction: bool = False,
    employer: str | None = None,
) -> JobChange:
    known = day(recorded or effective)
    return JobChange("c", "p1", day(effective), known, before, after, correction, employer)


def found(spells: list[Spell], *rows: JobChange) -> list[tuple[str, str, MoveKind]]:
    return [
        (move.effective.date().isoformat(), move.employer, move.kind)
        for move in find_moves(spells, rows, ZONE)
    ]


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (UP, KINDS.PROMOTION),
        (Position("Analyst", "2", "Advisory", "Graz"), KINDS.DEMOTION),
        (Position("Engineer", "4", "Sales", "Wien"), KINDS.PROMOTION),
        (SALES, KINDS.LATERAL),
        (Position("Engineer", "3", "Advisory", "Graz"), KINDS.LATERAL),
        (Position("Analyst", "3", "Advisory", "Wien"), None),
        (HERE, None),
        (Position("Engineer", None, "Advisory", "Graz"), KINDS.TITLE_CHANGE),
        (Position("Engineer", None, "Sales", "Graz"), KINDS.LATERAL),
        (Position("Engineer", "lead", "Advisory", "Graz"), KINDS.TITLE_CHANGE),
        (Position(None, "3", None, None), None),
    ],
)
def test_the_kind_is_derived(after: Position, kind: MoveKind | None) -> None:
    assert kind_of(HERE, after) is kind


def test_levels_may_count_downwards() -> None:
    before, after = Position(level="8 Individual Contributor"), Position(level="7 Senior")
    assert kind_of(before, after, LevelOrder.DESCENDING) is MoveKind.PROMOTION
    assert kind_of(before, after) is MoveKind.DEMOTION


def test_levels_are_numbers_and_no_texts() -> None:
    assert kind_of(Position(level="9"), Position(level="10")) is MoveKind.PROMOTION


def test_who_is_not_employed_then_does_not_move() -> None:
    """Before the first day, in a gap, and from the instant of leaving on; the first day is one of it."""
    spells = [spell("2024-01-01", "2024-06-01"), spell("2024-09-01")]
    days = ("2023-12-31", "2024-01-01", "2024-05-31", "2024-06-01", "2024-08-31", "2024-09-01")
    told = [row(one, Position("Analyst", str(10 + place))) for place, one in enumerate(days)]
    assert [at for at, _, _ in found(spells, *told)] == ["2024-01-01", "2024-05-31", "2024-09-01"]


def test_a_first_day_begins_in_the_morning_wherever_in_it_the_system_says() -> None:
    late = spell()
    late = Spell(late.id, "p1", OWN, late.started + timedelta(hours=9), HERE, late.started)
    assert len(find_moves([late], [row("2024-01-01", UP)], ZONE)) == 1


def test_rows_of_one_day_are_one_change_from_the_first_to_the_last() -> None:
    there_and_back = (row("2025-03-01", UP), row("2025-03-01", HERE, before=UP))
    assert found([spell()], *there_and_back) == []
    twice = (row("2025-03-01", UP), row("2025-03-01", UP))
    assert found([spell()], *twice) == [("2025-03-01", OWN, MoveKind.PROMOTION)]
    on_and_on = (row("2025-03-01", UP), row("2025-03-01", Position("Analyst", "4", "Sales"), before=UP))
    assert found([spell()], *on_and_on) == [("2025-03-01", OWN, MoveKind.PROMOTION)]


def test_a_correction_is_no_move_and_replaces_what_was_said_of_that_day() -> None:
    assert found([spell()], row("2025-03-01", UP, correction=True)) == []
    kept = row("2025-03-01", UP, correction=True, recorded="2025-04-01")
    assert found([spell()], row("2025-03-01", UP), kept) == [("2025-03-01", OWN, MoveKind.PROMOTION)]
    undone = row("2025-03-01", HERE, before=UP, correction=True, recorded="2025-04-01")
    assert found([spell()], row("2025-03-01", UP), undone) == []
    other = row("2025-03-01", SALES, before=UP, correction=True, recorded="2025-04-01")
    assert found([spell()], row("2025-03-01", UP), other) == [("2025-03-01", OWN, MoveKind.LATERAL)]


def test_what_a_correction_says_holds_for_what_comes_after() -> None:
    told = [
        row("2025-01-01", Position(level="5"), correction=True),
        row("2025-03-01", Position(level="5"), before=Position()),
    ]
    assert found([spell()], *told) == []
    assert position_at([spell()], told, day("2025-02-01"), ZONE) == Position(
        "Analyst", "5", "Advisory", "Graz"
    )
    assert position_at([spell()], told, day("2024-12-01"), ZONE) == HERE
    assert position_at([spell()], told, day("2023-12-01"), ZONE) is None


def test_a_move_is_known_since_it_was_first_told() -> None:
    late = row("2025-12-10", UP, recorded="2026-01-12")
    corrected = row("2025-12-10", UP, recorded="2026-02-01", correction=True)
    (move,) = find_moves([spell()], [late, corrected], ZONE)
    assert (move.effective, move.recorded_at) == (day("2025-12-10"), day("2026-01-12"))


def test_at_two_employers_at_once_a_row_is_of_the_one_where_they_work_as_it_says() -> None:
    other = Position("Chair", "9", "Board", "Wien")
    spells = [spell(), spell("2024-06-01", employer="Other", position=other)]
    moves = [
        row("2025-01-01", Position("Chair", "10", "Board", "Wien"), before=other),
        row("2025-02-01", UP),
        row("2025-03-01", Position("Chair", "11"), before=Position("Chair", "10", "Board", "Wien")),
        row("2025-04-01", Position(level="12"), before=Position(level="0")),
        row("2025-05-01", Position(level="20"), before=Position(level="1"), employer="Other"),
    ]
    assert [employer for _, employer, _ in found(spells, *moves)] == ["Other", OWN, "Other", OWN, "Other"]


def test_the_headcount_is_that_of_each_day() -> None:
    spells = [
        spell("2020-05-01"),  # all 365
        spell("2025-07-02", "2025-07-12"),  # ten mornings
        spell("2025-12-31", "2026-03-01"),  # one
        spell("2024-01-01", "2025-01-01"),  # gone on the first morning
        spell("2026-01-01"),
    ]
    assert average_headcount(spells, 2025, ZONE) == pytest.approx((365 + 10 + 1) / 365)
    assert average_headcount([spell("2024-02-29", "2024-03-01")], 2024, ZONE) == pytest.approx(1 / 366)
    graz = ZoneInfo("Europe/Vienna")  # at one in the morning, there: the next one is the first
    assert average_headcount([spell("2025-12-30")], 2025, graz) == pytest.approx(1 / 365)


def test_the_year_is_the_last_that_was_over() -> None:
    assert year_of(day("2026-06-30"), ZONE) == 2025
    assert year_of(day("2026-12-31"), ZONE) == 2026
    assert year_of(day("2026-01-01"), ZONE) == 2025
