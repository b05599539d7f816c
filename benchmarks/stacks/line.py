"""One JSON command a line in, one JSON answer a line out, with the CPU time of each repetition.

    {"operation": "sign", "inputs": [{...}, ...], "answers": true}
    -> {"microseconds": [...], "answers": [...]}, or {"error": "..."}

The operation is done once for each of the inputs; unless all answers are asked for, the last alone is told.

Reading and writing the lines is not measured. Only the standard library, for this runs in the peers'
environment too.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Operation = Callable[[dict[str, Any]], Any]


def serve(operations: Mapping[str, Operation]) -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        try:
            operation = operations[command["operation"]]
            found: dict[str, Any] = repeat(operation, command["inputs"], keep=command["answers"])
        except Exception:  # the other side tells what went wrong, and ends
            found = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def repeat(
    operation: Operation, inputs: Iterable[dict[str, Any]], *, keep: bool = False
) -> dict[str, list[Any]]:
    """keep: whether every answer is told, or the last alone."""
    microseconds: list[float] = []
    answers: list[Any] = []
    for given in inputs:
        before = time.process_time_ns()
        answer = operation(given)
        microseconds.append((time.process_time_ns() - before) / 1e3)
        if not keep:
            answers.clear()
        answers.append(answer)
    return {"microseconds": microseconds, "answers": answers}
