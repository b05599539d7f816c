"""The settings of a source's authentication: the method, and the details of its sender."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader
from credserv.ground.strict_json import parse_json_object

TOLERANCE_SECONDS = 300
T = TypeVar("T", bound=StrEnum)
_MEMBERS = (
    *("method", "header", "prefix", "encoding", "signed", "secret", "id_header", "timestamp_header"),
    *("tolerance_seconds", "username", "pointer"),
)


class Method(StrEnum):
    STANDARD_WEBHOOKS = "standard-webhooks"
    HMAC = "hmac"
    BEARER = "bearer"
    BASIC = "basic"
    BODY_TOKEN = "body-token"  # noqa: S105 - the name of a way, no secret
    SECRET_PATH = "secret-path"  # noqa: S105 - the name of a way, no secret
    CANVAS_JWT = "canvas-jwt"


SIGNING = frozenset((Method.STANDARD_WEBHOOKS, Method.HMAC, Method.CANVAS_JWT))  # they cover the body


class Encoding(StrEnum):
    HEX = "hex"
    BASE64 = "base64"
    TEXT = "text"


class Signed(StrEnum):
    """What an HMAC covers."""

    BODY = "body"
    TIMESTAMP_BODY = "ts.body"
    ID_TIMESTAMP_BODY = "id.ts.body"


@dataclass(frozen=True)
class Settings:
    """The settings.

    Attributes:
        header, prefix, encoding, signed: of an HMAC, always SHA-256.
        secret: how the secret's text represents the key's bytes.
        id_header, timestamp_header: what is signed besides the body, and where the sender puts it.
        username: of Basic.
        pointer: where the token is in the body.
    """

    method: Method = Method.STANDARD_WEBHOOKS
    header: str = "x-hub-signature-256"
    prefix: str = ""
    encoding: Encoding = Encoding.HEX
    signed: Signed = Signed.BODY
    secret: Encoding = Encoding.TEXT
    id_header: str = ""
    timestamp_header: str = ""
    tolerance_seconds: int = TOLERANCE_SECONDS
    username: str = ""
    pointer: str = "/token"


def parse_settings(settings: JsonObject) -> Settings:
    """Parse settings. Raises SchemaFaultsError with every fault and its place."""
    return _parse(json.dumps(dict(settings), sort_keys=True).encode())


@lru_cache(maxsize=256)  # used for each message
def _parse(settings: bytes) -> Settings:
    faults = FaultList()
    reader = ObjectReader(parse_json_object(settings), "", faults, members=_MEMBERS)
    read = {name: reader.read_text(name, max_chars=200) for name in _MEMBERS if name != "tolerance_seconds"}
    default = Settings()
    found = Settings(
        method=_choice(reader, "method", Method, read["method"], default.method),
        header=(read["header"] or default.header).lower(),
        prefix=read["prefix"] or "",
        encoding=_choice(reader, "encoding", Encoding, read["encoding"], default.encoding),
        signed=_choice(reader, "signed", Signed, read["signed"], default.signed),
        secret=_choice(reader, "secret", Encoding, read["secret"], default.secret),
        id_header=(read["id_header"] or "").lower(),
        timestamp_header=(read["timestamp_header"] or "").lower(),
        tolerance_seconds=reader.read_whole("tolerance_seconds", low=1, high=86_400) or TOLERANCE_SECONDS,
        username=read["username"] or "",
        pointer=read["pointer"] or default.pointer,
    )
    _tell_missing(found, reader)
    faults.require("the authentication")
    return found


def _choice(reader: ObjectReader, name: str, among: type[T], value: str | None, default: T) -> T:
    if value is None:
        return default
    if value not in set(among):
        reader.fault(name, f"one of {', '.join(among)}")
        return default
    return among(value)


def _tell_missing(found: Settings, reader: ObjectReader) -> None:
    if found.method is Method.HMAC and found.encoding is Encoding.TEXT:
        reader.fault("encoding", "a signature is hex or base64")
    if found.method is Method.HMAC and found.signed is not Signed.BODY and not found.timestamp_header:
        reader.fault("timestamp_header", "is required, for the time is signed")
    if found.method is Method.HMAC and found.signed is Signed.ID_TIMESTAMP_BODY and not found.id_header:
        reader.fault("id_header", "is required, for the id is signed")
    if found.method is Method.BASIC and not found.username:
        reader.fault("username", "is required")
    if not found.pointer.startswith("/"):
        reader.fault("pointer", "a JSON pointer begins with /")
