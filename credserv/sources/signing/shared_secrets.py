"""A secret sent with the message. It shows who sent it, not that nobody changed it."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl

from credserv.ground.errors import InputError
from credserv.sources.adapter import Message
from credserv.sources.members import read_json
from credserv.sources.pointers import resolve_pointer
from credserv.sources.signing.authentication import Authentication, find_match, fingerprint
from credserv.sources.signing.settings import Method, Settings

_MAX_CHARS = 1_000


def verify_bearer(message: Message, secrets: tuple[str, ...]) -> Authentication | None:
    """Verify `Authorization: Bearer SECRET` (RFC 6750, section 2.1)."""
    return _compare(Method.BEARER, _after(message, "bearer"), secrets)


def verify_basic(settings: Settings, message: Message, secrets: tuple[str, ...]) -> Authentication | None:
    """Verify `Authorization: Basic base64(USER:SECRET)` (RFC 7617)."""
    try:
        user, _, password = base64.b64decode(_after(message, "basic"), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    found = _compare(Method.BASIC, password, secrets)
    is_user = find_match(user.encode(), [("", settings.username.encode())]) is not None
    return found if is_user else None


def verify_body_token(
    settings: Settings, message: Message, secrets: tuple[str, ...]
) -> Authentication | None:
    """Verify a member of the body, such as `token` of Moodle's local_webhooks; also a form field."""
    return _compare(Method.BODY_TOKEN, _token(settings.pointer, message), secrets)


def verify_path(path_secret: str, secrets: tuple[str, ...]) -> Authentication | None:
    """Verify the last part of the address, for senders that can do nothing else."""
    return _compare(Method.SECRET_PATH, path_secret, secrets)


def _compare(method: Method, given: str, secrets: tuple[str, ...]) -> Authentication | None:
    if not given or len(given) > _MAX_CHARS:
        return None
    known = ((secret, secret.encode()) for secret in secrets if secret)
    secret = find_match(given.encode("utf-8", "surrogatepass"), known)
    return None if secret is None else Authentication(method, is_signed=False, key=fingerprint(secret))


def _after(message: Message, scheme: str) -> str:
    given, _, value = message.headers.get("authorization", "").partition(" ")
    return value.strip() if given.lower() == scheme else ""


def _token(pointer: str, message: Message) -> str:
    try:
        found = resolve_pointer(read_json(message), pointer)
    except InputError:
        found = None
        if pointer.count("/") == 1:
            fields = parse_qsl(message.body.decode("utf-8", "replace"), max_num_fields=1_000)
            found = dict(fields).get(pointer[1:])
    return found if isinstance(found, str) else ""
