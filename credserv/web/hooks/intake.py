"""What every endpoint for messages does: authenticate by the source's method, accept, and answer.

The answer is what this sender takes for success. An unknown source and a bad signature get the same answer
after the same work, so that sources cannot be found by trial.
"""

from __future__ import annotations

from flask import Response, json, request

from credserv.ground.errors import WebhookSignatureError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.award import Award, award_event
from credserv.journeys.award.judging import is_ordered
from credserv.journeys.award.take import take_message
from credserv.journeys.connect.sender_keys import keys_for
from credserv.journeys.connect.sources import find_source
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapter import Answer, Message
from credserv.sources.signing import Authentication, authenticate
from credserv.sources.signing.settings import Method
from credserv.sources.webhook import create_secret
from credserv.web.frame.context import context, now, services
from credserv.web.frame.limits import body_bytes, note_intake, spend_intake

_NOBODYS = (create_secret(),)
_BY_PATH: JsonObject = {"method": Method.SECRET_PATH.value}


def take_in(name: str, path_secret: str = "") -> Response:
    """Accept one delivery. `path_secret` is what followed the source's name in the address.

    Raises WebhookSignatureError, and UnavailableError when it could not be stored.
    """
    message = Message(body_bytes(), {name.lower(): value for name, value in request.headers.items()})
    source = find_source(services(), name)
    verdict = _authenticate(source, message, path_secret)
    if source is None:
        raise WebhookSignatureError("a webhook of an unknown source cannot be signed well")
    spend_intake()
    if is_ordered(source, verdict.method) and verdict.message_id:
        return _tell_award(award_event(services(), source, verdict.message_id, message.body, now=now()))
    taken = take_message(services(), source, message, verdict, now=now())
    note_intake(len(taken.observations))
    return tell(taken.answer)


def tell(answer: Answer) -> Response:
    """Send an adapter's answer over HTTP."""
    body = None if answer.body is None else json.dumps(answer.body)
    kind = "application/json" if body is not None else None
    return Response(body, status=answer.status, mimetype=kind, headers=dict(answer.headers))


def _authenticate(source: SourceRecord | None, message: Message, path_secret: str) -> Authentication:
    """Authenticate; an unknown, disabled or secretless source costs the same work and gets the same
    answer."""
    is_open = source is not None and source.enabled
    secrets = source.secrets_at(now()) if source is not None and is_open else ()
    told = source.options.get("authentication") if source is not None and is_open else None
    settings: JsonObject = {
        "tolerance_seconds": context().webhook_tolerance_seconds,
        **(told if isinstance(told, dict) else {}),
    }
    try:
        keys: tuple[JsonObject, ...] = ()
        if source is not None and settings.get("method") == Method.CANVAS_JWT:
            # Instructure signs all its customers' events with the same keys and for no particular receiver.
            # The secret in the address shows that this is our customer's.
            authenticate(_BY_PATH, message, secrets or _NOBODYS, now(), path_secret=path_secret)
            keys = keys_for(services(), source, message, now=now())
        return authenticate(settings, message, secrets or _NOBODYS, now(), keys, path_secret=path_secret)
    except WebhookSignatureError:
        # Answer as for an unknown source, whatever this one's method.
        authenticate(_BY_PATH if path_secret else {}, message, _NOBODYS, now(), path_secret=path_secret)
        raise


def _tell_award(award: Award) -> Response:
    url = award.credential_url
    body = {"credential_url": url, "credential": url, "state": award.state.value}
    if award.note:
        body["note"] = award.note
    response = Response(json.dumps(body), mimetype="application/json", status=_status(award))
    if award.credential_url is not None:
        response.headers["Location"] = award.credential_url
    return response


def _status(award: Award) -> int:
    if award.state is EventState.QUARANTINED:
        return 202
    return 201 if award.created else 200
