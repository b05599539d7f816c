"""Reports that a visitor's browser returns to us: signed, so that nobody can store a forged one.

A page stores nothing on the server. What it shows is also in its forms for exports and links, signed, so that
no verdict from elsewhere is ever presented as ours.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.reports.content import without_content
from credserv.web.frame.context import now

_SALT = "credserv: verification reports"
_LIFE = timedelta(days=1)
MAX_CHARS = 500_000
MAX_UNPACKED_BYTES = 8_388_608


def sign_reports(reports: Sequence[JsonObject]) -> str:
    """Return the reports as URL-safe text, compressed.

    It contains the verdict, never the credential's content.
    """
    text = _serializer().dumps([without_content(report) for report in reports])
    return text if isinstance(text, str) else text.decode("ascii")


def read_reports(text: str) -> list[JsonObject]:
    """Return what was signed here within a day. Raises InputError for anything else."""
    try:
        if len(text) > MAX_CHARS:
            raise BadData("too long")
        reports: list[JsonObject] = _serializer().loads(text)
    except BadData as error:
        raise InputError("this is not a result of this service, or it was altered: check it again") from error
    if any(now() - parse_instant(report["checked_at"]) > _LIFE for report in reports):
        raise InputError("this result is older than a day: check it again")
    return reports


class _Bounded(URLSafeSerializer):
    """Unpacks only content with a good signature, and at most the largest size that we sign."""

    def load_payload(self, payload: bytes, *args: Any, **kwargs: Any) -> Any:
        if payload.startswith(b"."):
            unpacked = zlib.decompressobj().decompress(base64_decode(payload[1:]), MAX_UNPACKED_BYTES + 1)
            if len(unpacked) > MAX_UNPACKED_BYTES:
                raise BadData("too long")
        return super().load_payload(payload, *args, **kwargs)


def _serializer() -> URLSafeSerializer:
    """Return the serializer, with a key derived from the application's under a label of its own."""
    key = current_app.config["SECRET_KEY"]
    return _Bounded(key, salt=_SALT, signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"})
