"""Refuse what a sandbox issued: it is genuine, but nobody has earned it."""

from __future__ import annotations

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Outcome
from credserv.openbadges.sandbox import is_marked

NAME = "sandbox"


def check_sandbox(document: JsonObject) -> tuple[Check, ...]:
    """Return a FAILED check for a document with the sandbox mark; no check for any other."""
    return (from_sandbox(),) if is_marked(document) else ()


def from_sandbox() -> Check:
    reason = "It was issued in a sandbox, for trying out: it proves nothing."
    return Check(NAME, Outcome.FAILED, reason, "Open Badges 3.0, IdentifierEntry", code="sandbox")
