"""One line for each request: its route and its outcome.

Only those parts of the address that its door names are written; all others (ids of credentials, tokens of
links) appear as an ellipsis, so that a log opens nothing and identifies nobody. No query, no client address,
no user agent.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, Response

from credserv.ground.meters import measure
from credserv.ground.request_ids import current_request as current_request_id
from credserv.web.frame.context import current_notes, current_request
from credserv.web.frame.door import current_door
from credserv.web.frame.problems import request_id

_HIDDEN = "…"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

logger = logging.getLogger("credserv.access")


def install_access_log(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_write)
    app.teardown_request(_end)


def shown_path() -> str:
    """Return the route of the current request, with the parts that its door allows in the log."""
    asked = current_request()
    if asked.url_rule is None:
        return "(no route)"
    path, harmless = asked.url_rule.rule, current_door().shown
    for name, value in (asked.view_args or {}).items():
        shown = str(value) if name in harmless else _HIDDEN
        start = path.find(f"{name}>")
        opening = path.rfind("<", 0, start)
        path = path[:opening] + shown + path[start + len(name) + 1 :]
    return path


def _begin() -> None:
    current_notes().begun = time.perf_counter()
    current_notes().request_before = current_request_id.set(request_id())


def _end(_error: BaseException | None) -> None:
    before = current_notes().pop("request_before", None)
    if before is not None:
        current_request_id.reset(before)


def _write(response: Response) -> Response:
    ended = time.perf_counter()
    begun: float = current_notes().get("begun", ended)
    method = current_request().method
    line = {
        "method": method if len(method) <= 10 else _HIDDEN,
        "path": shown_path(),
        "status": response.status_code,
        "milliseconds": round((ended - begun) * 1_000, 1),
        "bytes": response.calculate_content_length(),
        "request_id": request_id(),
    }
    _measure(method, response.status_code, ended - begun)
    logger.info("request", extra={"line": line})  # the most frequent line of all: see `app/logs.py`
    return response


def _measure(method: str, status: int, seconds: float) -> None:
    """Measure by route, of which there are few."""
    rule = current_request().url_rule
    route, known = "(none)" if rule is None else rule.rule, method if method in _METHODS else "other"
    measure("requests", 1, known, route, str(status))
    measure("answering", seconds, known, route)
