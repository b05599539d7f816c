"""What every door for messages does after it refused one: it leaves a note for the console."""

from __future__ import annotations

from flask import Response, request

from credserv.journeys.connect.refused import note_refused
from credserv.web.frame.context import now, services

# Not 429: whoever is over their limit must not cost the database a question each time.
_SENDERS_FAULT = (400, 401, 409, 413, 415, 422)


def note_if_refused(response: Response) -> Response:
    """Note a refused message once the response is sent: an unknown source must not answer faster."""
    source = (request.view_args or {}).get("source")
    if source and request.method in ("POST", "PUT") and response.status_code in _SENDERS_FAULT:
        own, at = services(), now()
        told = response.get_json(silent=True) if response.is_json else None
        why = str(told.get("detail", "")) if isinstance(told, dict) else ""
        response.call_on_close(
            lambda: note_refused(own, source, why or f"the response was {response.status}", now=at)
        )
    return response
