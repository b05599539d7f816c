"""A span for each request, by route: without the query and identifying parts of the address."""

from __future__ import annotations

from flask import Flask, Response

from credserv.ground.spans import tracer
from credserv.web.frame.context import current_notes, current_request

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def install_spans(app: Flask) -> None:
    """Install spans, if this process sends traces, before anything else sees a request."""
    if tracer() is not None:
        app.before_request(_begin)
        app.after_request(_tell)
        app.teardown_request(_end)


def _begin() -> None:
    tracing = tracer()
    if tracing is not None:
        notes = current_notes()
        notes.span = tracing.request(current_request().headers.get("Traceparent", "")[:200])
        notes.tell_span = notes.span.__enter__()


def _tell(response: Response) -> Response:
    tell = current_notes().get("tell_span")
    if tell is not None:
        rule, method = current_request().url_rule, current_request().method
        known = method if method in _METHODS else "_OTHER"  # as in OpenTelemetry's HTTP conventions
        attributes = {"http.request.method": known, "http.response.status_code": response.status_code}
        if rule is not None:
            attributes["http.route"] = rule.rule
        tell(f"{known} {rule.rule}" if rule else known, attributes)
    return response


def _end(_error: BaseException | None) -> None:
    begun = current_notes().pop("span", None)
    if begun is not None:
        begun.__exit__(None, None, None)
