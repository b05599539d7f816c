"""A date that jumps is seen against the time that passes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from credserv.ground.errors import UnavailableError
from credserv.ground.steadiness import Steadiness

DAY = 86_400.0


class Clocks:
    date, running = 1_790_000_000.0, 5_000.0


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def steadiness(clocks: Clocks) -> Steadiness:
    return Steadiness(lambda: clocks.date, lambda: clocks.running)


def test_years_that_pass_are_no_jump(clocks: Clocks, steadiness: Steadiness) -> None:
    clocks.date += 700 * DAY
    clocks.running += 700 * DAY - 3_600  # corrected now and then
    steadiness.require()


@pytest.mark.parametrize(("days", "said"), [(30, "30 days ahead"), (-30, "30 days back")])
def test_attack_132_a_jump_is_told_until_it_is_taken_back(
    clocks: Clocks, steadiness: Steadiness, days: int, said: str
) -> None:
    clocks.date += days * DAY
    with pytest.raises(UnavailableError, match=said):
        steadiness.require()
    clocks.running += 60
    clocks.date += 60 - days * DAY
    steadiness.require()


def test_who_begins_after_it_goes_by_the_new_date(clocks: Clocks) -> None:
    clocks.date += 30 * DAY
    Steadiness(lambda: clocks.date, lambda: clocks.running).require()


def test_by_the_clocks_of_this_machine() -> None:
    Steadiness(time.time).require()


def test_processes_that_a_hangup_starts_take_the_date_that_is_then() -> None:
    """gunicorn's master, which stays, has begun no clock that they would inherit."""
    asked = "import sys, credserv.processes.web_log; print('credserv.ground.steadiness' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
