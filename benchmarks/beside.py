"""One measurement of two checkouts in turns: which is faster, on a machine that is busy with other things."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.load import LoadError
from benchmarks.processes import ROOT

# The package of the other checkout, and whatever measures of this one.
_MEASURE = (
    "import sys; sys.path[0] = sys.argv[1]; import credserv; sys.path[0] = sys.argv[2];"
    "from benchmarks.requests import answer_turns; answer_turns(int(sys.argv[3]), int(sys.argv[4]))"
)


def compare(other: Path, calls: int, rounds: int, threads: int) -> int:
    """Prints of each kind the least of the other checkout and of this one, and the ratio: the median of the
    rounds. Raises LoadError."""
    measured = [_measuring(folder, calls, threads) for folder in (other, ROOT)]
    try:
        kinds: list[str] = json.loads(_line(measured[0]))
        _line(measured[1])  # the same
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name in kinds:
                before, after = [_turn(process, name) for process in measured]
                found[name].append((before, after))
    finally:
        for process in measured:
            process.kill()
    sys.stdout.write(f"{'microseconds of CPU':32s} {'before':>8s} {'now':>8s} {'ratio':>6s}\n")
    for name, each in found.items():
        least = [min(column) for column in zip(*each, strict=True)]
        ratio = statistics.median(before / after for before, after in each)
        sys.stdout.write(f"{name:32s} {least[0]:8.0f} {least[1]:8.0f} {ratio:6.2f}\n")
    return 0


def _measuring(folder: Path, calls: int, threads: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _MEASURE, str(folder), str(ROOT), str(calls), str(threads)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _turn(process: subprocess.Popen[str], kind: str) -> float:
    if process.stdin is None:
        raise LoadError("a process has no pipes")
    process.stdin.write(f"{kind}\n")
    process.stdin.flush()
    return float(_line(process))


def _line(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise LoadError("what is measured has ended")
    return line
