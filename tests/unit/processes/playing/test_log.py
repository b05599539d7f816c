"""Reading an event log: all of it before any of it is played, and the line that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from credserv.ground.errors import InputError
from credserv.processes.playing.log import MEMBERS, read_log
from credserv.processes.playing.simulation import PLAYS

DESCRIBED = Path(__file__).parents[4] / "docs" / "accreditation.md"
JOINED = '{"at":"2026-01-01T08:00:00Z","type":"person.joined","person":"ann","employer":"North"}'


def written(folder: Path, *lines: str) -> Path:
    path = folder / "log.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_events_come_in_order_with_their_line(tmp_path: Path) -> None:
    left = JOINED.replace("joined", "left").replace("T08", "T09")
    one, other = read_log(written(tmp_path, JOINED, "", left))
    assert (one.line, one.type, one["person"], one.get("site", "none")) == (
        1,
        "person.joined",
        "ann",
        "none",
    )
    assert (other.line, other.at) == (3, datetime(2026, 1, 1, 9, tzinfo=UTC))


def test_a_line_that_stands_too_late_moves_to_its_place_and_of_one_instant_the_numbers_tell(
    tmp_path: Path,
) -> None:
    def line(seq: int, at: str, kind: str = "joined") -> str:
        return JOINED.replace("2026-01-01T08:00:00Z", at).replace("joined", kind)[:-1] + f',"seq":{seq}}}'

    same = "2026-01-01T09:00:00+01:00"  # is 08:00 UTC
    lines = (line(3, "2026-01-02T08:00:00Z"), line(2, same, "left"), line(1, "2026-01-01T08:00:00Z"))
    found = read_log(written(tmp_path, *lines, line(2, same, "left")))
    assert [(one.number, one.line) for one in found] == [(1, 3), (2, 2), (2, 4), (3, 1)]
    twice = read_log(written(tmp_path, line(1, same), line(1, same, "left")))
    assert [one.number for one in twice] == [1, 2], "a number of two events numbers nothing"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 2: "),
        ("[]", "line 2: "),
        ('{"type":"person.left","person":"ann","employer":"North"}', "line 2: `at` is missing"),
        (JOINED.replace("T08:00:00Z", ""), "line 2: "),
        (JOINED.replace('"person":"ann",', ""), "line 2: person.joined needs person"),
    ],
)
def test_a_line_that_cannot_be_played_is_named(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        read_log(written(tmp_path, JOINED, line))
    assert refused.value.detail.startswith("log.jsonl, ")
    assert why in refused.value.detail


def test_a_log_without_events_and_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no events"):
        read_log(written(tmp_path, ""))
    with pytest.raises(InputError, match="No such file"):
        read_log(tmp_path / "none.jsonl")


def test_every_type_of_event_is_played_and_described() -> None:
    assert PLAYS.keys() == MEMBERS.keys()
    page = DESCRIBED.read_text()
    assert [kind for kind in MEMBERS if f"`{kind}`" not in page] == []
