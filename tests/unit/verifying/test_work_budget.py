"""What one verification has room for: up to the last of it, and nothing beyond."""

from __future__ import annotations

import pytest

from credserv.ground.errors import TooComplexError
from credserv.verifying.work_budget import MAX_SCHEMAS, Room


def test_of_credentials_the_first_have_room() -> None:
    room = Room(credentials=5)
    assert [list(room.take(range(count))) for count in (3, 4, 1)] == [[0, 1, 2], [0, 1], []]


def test_so_many_schemas_are_run_and_no_more() -> None:
    room = Room()
    for _ in range(MAX_SCHEMAS):
        room.take_schema()
    with pytest.raises(TooComplexError, match="schemas"):
        room.take_schema()


def test_lists_are_read_as_long_as_a_byte_is_left() -> None:
    room = Room(list_bytes=5)
    assert [room.read_list(lambda: b"1234"), room.read_list(lambda: b"5678")] == [b"1234", b"5678"]
    with pytest.raises(TooComplexError, match="status lists"):
        room.read_list(lambda: pytest.fail("it was read"))


def test_proofs_take_time_from_each_other_also_where_they_do_not_hold() -> None:
    times = iter([1.0, 2.0, 10.0, 11.5])
    room = Room(proof_seconds=2.5, clock=lambda: next(times))
    with room.proving():
        pass
    with pytest.raises(ValueError, match="it does not hold"), room.proving():
        raise ValueError("it does not hold")
    assert room.proof_seconds == 0
    with pytest.raises(TooComplexError, match="more work"), room.proving():
        pytest.fail("it was verified")
