"""A result that its reader wants to show: kept under a link nobody can guess, until its stated end."""

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
from credserv.journeys.check.reports.report import complete_report
from credserv.journeys.services import Services

MAX_RESULT_BYTES = 65_536
_MAX_TEXT_CHARS = 2_000


def keep_result(
    services: Services, report: JsonObject, *, secret: bytes, now: datetime, ends_at: datetime
) -> str:
    """The token of its link: the same for the same report, and nobody's guess without our `secret`.

    What one reader typed of a person is left out, and long texts are cut. Raises InputError for a report that
    is too large to keep.
    """
    shown = _cut(_without_names_of_people(report))
    text = json.dumps(shown, sort_keys=True)
    if len(text) > MAX_RESULT_BYTES:
        raise InputError("this result is too large for a link: export it as a file")
    token = hmac.new(secret, b"credserv: result link\0" + text.encode(), hashlib.sha256).hexdigest()
    kept = {"report": shown, "ends_at": format_instant(ends_at)}
    return services.store.shared_results.create(kept, now=now, ends_at=ends_at, token=token)


def kept_result(services: Services, token: str, now: datetime) -> JsonObject | None:
    """`report` and `ends_at`; None for an unknown token, and for one that has ended."""
    kept = services.store.shared_results.get(token, now)
    return None if kept is None else {**kept, "report": complete_report(kept["report"])}


def end_result(services: Services, token: str) -> None:
    """Nothing is left of it. An unknown token is no error."""
    services.store.shared_results.end(token)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT_CHARS else value[:_MAX_TEXT_CHARS] + "…"
    if isinstance(value, Mapping):
        return {name: _cut(below) for name, below in value.items()}
    return [_cut(below) for below in value] if isinstance(value, list | tuple) else value


def _without_names_of_people(report: JsonObject) -> JsonObject:
    """Whether it is a certain person's was asked by one reader; what they typed is for nobody else."""
    policy = [
        {**made, "data": {}, "reason": "Whether it is a certain person's is told to who asked."}
        if made["name"] == "recipient"
        else made
        for made in report["policy"]
    ]
    return {**report, "policy": policy}
