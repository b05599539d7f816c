"""How a message shows who sent it: one file per way.

    {"method": "hmac", "header": "x-hub-signature-256", "prefix": "sha256=", "signed": "body"}

A source names its way in its options, as `authentication`; without it, it is Standard Webhooks. Every failure
is told alike, and costs a stranger the same.
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
    """Who sent the message, by the way that the source has settled on.

    settings: `authentication` of the source's options. secrets: all that count now, newest first. keys: the
    sender's public keys (JWK), for signed tokens; where `read_kid` names one that is not among them, fetch
    them again before this. path_secret: what followed the source's name in the address.

    Raises WebhookSignatureError for every failure, settings that cannot be read among them.
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
            return Authentication(chosen.method, is_signed=True, message_id=event_id)
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
