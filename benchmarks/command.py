"""What one call of `credserv verify` costs, from an empty process to its answer, in CPU seconds.

    python -m benchmarks.command [--calls N]

The process starts in a folder of its own, and there is no installation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import cores, on_core
from benchmarks.reference import build_reference
from benchmarks.visits import Issuers

TARGET = 1.0  # found H6


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.command", description=__doc__)
    parser.add_argument("--calls", type=int, default=5, help="how often it is called [5]")
    calls: int = parser.parse_args().calls
    measured, _ = cores()
    with on_core(measured), tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder:
        path = Path(folder) / "badge.json"
        path.write_text(json.dumps(_credential()))
        call = [sys.executable, "-m", "credserv", "verify", str(path)]
        spent = min(_cpu_seconds(call, folder) for _ in range(calls))
        bare = min(_cpu_seconds([sys.executable, "-c", "pass"], folder) for _ in range(calls))
    told = f"{spent:.2f} s CPU (Python alone {bare:.2f}; at most {TARGET:.1f} wanted)"
    sys.stdout.write(f"credserv verify, one call: {told}\n")
    return 0


def _credential() -> object:
    document = Issuers(build_reference()).credential(0, 0)
    return {name: value for name, value in document.items() if name != "credentialStatus"}


def _cpu_seconds(command: list[str], folder: str) -> float:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    environ = {**kept, "PYTHONPATH": str(Path(__file__).parents[1])}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
