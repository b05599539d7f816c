"""What a sandbox issued is genuine, and good for nothing: no reader may take it for earned."""

from __future__ import annotations

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Outcome
from credserv.openbadges.sandbox import is_marked

NAME = "sandbox"


def check_sandbox(document: JsonObject) -> tuple[Check, ...]:
    """FAILED for what bears the mark of a sandbox; no check at all for everything else."""
    return (from_sandbox(),) if is_marked(document) else ()


def from_sandbox() -> Check:
    reason = "It was issued in a sandbox, for trying out: it proves nothing."
    return Check(NAME, Outcome.FAILED, reason, "Open Badges 3.0, IdentifierEntry", code="sandbox")
