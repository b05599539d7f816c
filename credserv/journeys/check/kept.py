"""Results to pass on: stored under a link that nobody can guess, until a stated end."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.journeys.check.reports.report import complete_report
from credserv.journeys.services import Services

MAX_RESULT_BYTES = 65_536
_MAX_TEXT_CHARS = 2_000


def keep_result(
    services: Services, report: JsonObject, *, secret: bytes, now: datetime, ends_at: datetime
) -> str:
    """Store a report and return the token of its link.

    The token is the same for the same report, and cannot be guessed without our `secret`. What the reader
    typed about a person is left out, and long texts are cut.

    Args:
        ends_at: When the link expires.

    Raises:
        InputError: The report is too large.
    """
    shown = _cut(_without_names_of_people(report))
    text = json.dumps(shown, sort_keys=True)
    if len(text) > MAX_RESULT_BYTES:
        raise InputError("this result is too large for a link: export it as a file")
    token = hmac.new(secret, b"credserv: result link\0" + text.encode(), hashlib.sha256).hexdigest()
    kept = {"report": shown, "ends_at": format_instant(ends_at)}
    return services.store.shared_results.create(kept, now=now, ends_at=ends_at, token=token)


def kept_result(services: Services, token: str, now: datetime) -> JsonObject | None:
    """Return `report` and `ends_at`; None if the token is unknown or has expired."""
    kept = services.store.shared_results.get(token, now)
    return None if kept is None else {**kept, "report": complete_report(kept["report"])}


def end_result(services: Services, token: str) -> None:
    """Delete a result. An unknown token is no error."""
    services.store.shared_results.end(token)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT_CHARS else cut(value, _MAX_TEXT_CHARS) + "…"
    if isinstance(value, Mapping):
        return {name: _cut(below) for name, below in value.items()}
    return [_cut(below) for below in value] if isinstance(value, list | tuple) else value


def _without_names_of_people(report: JsonObject) -> JsonObject:
    """Remove what a reader typed to ask whether it is a certain person's; that is nobody else's business."""
    policy = [
        {**made, "data": {}, "reason": "Whether it is a certain person's is told to who asked."}
        if made["name"] == "recipient"
        else made
        for made in report["policy"]
    ]
    return {**report, "policy": policy}
