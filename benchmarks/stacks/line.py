"""One JSON command a line in, one JSON answer a line out, with the CPU time of each repetition.

    {"operation": "sign", "count": 20, ...}  ->  {"microseconds": [...], "answer": the last result}
    or {"error": "..."}

Reading and writing the lines is not measured. Only the standard library, for this runs in the peers'
environment too.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

Operation = Callable[[dict[str, Any]], Any]


def serve(operations: Mapping[str, Operation]) -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = repeat(operations[command["operation"]], command, command["count"])
        except Exception:  # the other side tells what went wrong, and ends
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def repeat(operation: Operation, command: dict[str, Any], count: int) -> dict[str, Any]:
    microseconds, answer = [], None
    for _ in range(count):
        before = time.process_time_ns()
        answer = operation(command)
        microseconds.append((time.process_time_ns() - before) / 1e3)
    return {"microseconds": microseconds, "answer": answer}
