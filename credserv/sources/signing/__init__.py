"""How a message proves who sent it: one file for each method.

    {"method": "hmac", "header": "x-hub-signature-256", "prefix": "sha256=", "signed": "body"}

The source's option `authentication` names the method; the default is Standard Webhooks. Every failure gets
the same answer, at the same cost to a stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from credserv.ground.errors import InputError, WebhookSignatureError
from credserv.ground.json_types import JsonObject
from credserv.sources.adapter import Message
from credserv.sources.signing.authentication import Authentication as Authentication
from credserv.sources.signing.canvas_jwt import read_kid as read_kid
from credserv.sources.signing.canvas_jwt import verify_token
from credserv.sources.signing.header_hmac import verify_hmac
from credserv.sources.signing.settings import Method, parse_settings
from credserv.sources.signing.settings import Settings as Settings
from credserv.sources.signing.shared_secrets import (
    verify_basic,
    verify_bearer,
    verify_body_token,
    verify_path,
)
from credserv.sources.webhook import verify_webhook

_NO_MATCH = "this message does not show that it comes from this source"


def authenticate(
    settings: JsonObject,
    message: Message,
    secrets: Sequence[str],
    now: datetime,
    keys: Sequence[JsonObject] = (),
    *,
    path_secret: str = "",
) -> Authentication:
    """Authenticate a message by the source's method.

    Args:
        settings: `authentication` of the source's options.
        secrets: all that are valid now, newest first.
        keys: the sender's public keys (JWK), for signed tokens. Where `read_kid` names one that is not among
            them, fetch them again first.
        path_secret: what followed the source's name in the address.

    Raises:
        WebhookSignatureError: any failure, including unreadable settings.
    """
    try:
        chosen = parse_settings(settings)
    except InputError as error:
        raise WebhookSignatureError("the authentication of this source is not set up") from error
    found = _verify(chosen, message, tuple(secrets), now, keys, path_secret)
    if found is None:
        raise WebhookSignatureError(_NO_MATCH)
    return found


def _verify(
    chosen: Settings,
    message: Message,
    secrets: tuple[str, ...],
    now: datetime,
    keys: Sequence[JsonObject],
    path_secret: str,
) -> Authentication | None:
    match chosen.method:
        case Method.STANDARD_WEBHOOKS:
            event_id = verify_webhook(
                message.headers,
                message.body,
                secrets=secrets,
                now=now,
                tolerance_seconds=chosen.tolerance_seconds,
            )
            return Authentication(chosen.method, is_signed=True, message_id=event_id, is_id_signed=True)
        case Method.HMAC:
            return verify_hmac(chosen, message, secrets, now)
        case Method.BEARER:
            return verify_bearer(message, secrets)
        case Method.BASIC:
            return verify_basic(chosen, message, secrets)
        case Method.BODY_TOKEN:
            return verify_body_token(chosen, message, secrets)
        case Method.SECRET_PATH:
            return verify_path(path_secret, secrets)
        case Method.CANVAS_JWT:
            return verify_token(message, keys)
