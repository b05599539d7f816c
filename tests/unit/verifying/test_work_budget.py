"""What one verification has budget for: up to the last of it, and nothing beyond."""

from __future__ import annotations

import pytest

from credserv.ground.errors import TooComplexError
from credserv.verifying.work_budget import MAX_SCHEMAS, WorkBudget


def test_of_credentials_the_first_have_room() -> None:
    budget = WorkBudget(credentials=5)
    assert [list(budget.take(range(count))) for count in (3, 4, 1)] == [[0, 1, 2], [0, 1], []]


def test_so_many_schemas_are_run_and_no_more() -> None:
    budget = WorkBudget()
    for _ in range(MAX_SCHEMAS):
        budget.take_schema()
    with pytest.raises(TooComplexError, match="schemas"):
        budget.take_schema()


def test_lists_are_read_as_long_as_a_byte_is_left() -> None:
    budget = WorkBudget(list_bytes=5)
    assert [budget.read_list(lambda: b"1234"), budget.read_list(lambda: b"5678")] == [b"1234", b"5678"]
    with pytest.raises(TooComplexError, match="status lists"):
        budget.read_list(lambda: pytest.fail("it was read"))


def test_proofs_take_time_from_each_other_also_where_they_do_not_hold() -> None:
    times = iter([1.0, 2.0, 10.0, 11.5])
    budget = WorkBudget(proof_seconds=2.5, clock=lambda: next(times))
    with budget.proving():
        pass
    with pytest.raises(ValueError, match="it does not hold"), budget.proving():
        raise ValueError("it does not hold")
    assert budget.proof_seconds == 0
    with pytest.raises(TooComplexError, match="more work"), budget.proving():
        pytest.fail("it was verified")
