"""One call of an xAPI client, in either of its two forms, before its content is examined.

The second form is the alternate request syntax of 1.0.3 (part three, 1.3), for browsers that could not set
headers: a POST with `?method=`, whose form has the headers, the parameters and the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import request

from credserv.ground.errors import InputError, SourceLoginError, WebhookSignatureError
from credserv.ground.json_types import JsonObject
from credserv.records.sources import SourceRecord
from credserv.sources import signing
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.signing.settings import Method
from credserv.sources.webhook import create_secret
from credserv.web.frame.context import now
from credserv.web.frame.limits import body_bytes

_FORM = "application/x-www-form-urlencoded"
_AS_FIELDS = (
    *("authorization", "x-experience-api-version", "content-type", "content-length"),
    *("if-match", "if-none-match", "accept", "accept-language"),
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_MAX_FIELDS = 64
_NOBODYS_SECRET = create_secret()
_NEEDED = "the user name and password of a source are needed: Authorization: Basic"


@dataclass(frozen=True)
class Call:
    """A call. `params`: each once; `headers`: those of `_AS_FIELDS`, in lower case."""

    method: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def version(self) -> str:
        return self.headers.get("x-experience-api-version", "").strip()


def read_call() -> Call:
    """Read the call. Raises InputError."""
    headers = {name: request.headers[name] for name in _AS_FIELDS if name in request.headers}
    if request.method == "POST" and "method" in request.args:
        return _alternate(headers)
    return Call(request.method, _once(list(request.args.items(multi=True))), headers, body_bytes())


def _alternate(headers: Mapping[str, str]) -> Call:
    method = request.args["method"].upper()
    if list(request.args) != ["method"] or method not in _METHODS:
        raise InputError("in the alternate request syntax the query holds `method` alone")
    if not headers.get("content-type", "").lower().startswith(_FORM):
        raise InputError(f"in the alternate request syntax the body is {_FORM}")
    try:
        pairs = parse_qsl(
            body_bytes().decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MAX_FIELDS
        )
    except ValueError as error:
        raise InputError("the form cannot be read") from error
    fields = _once(pairs)
    own = {name.lower(): value for name, value in fields.items() if name.lower() in _AS_FIELDS}
    params = {n: v for n, v in fields.items() if n.lower() not in _AS_FIELDS and n != "content"}
    return Call(
        method,
        params,
        {"authorization": headers.get("authorization", "")} | own,
        fields.get("content", "").encode(),
    )


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("a parameter stands twice")
    return found


def authenticate(call: Call, source: SourceRecord | None) -> Authentication:
    """Authenticate by user name and password (part three, 4.1), or by the source's method.

    A source that is unknown, paused or of another dialect costs the same work and gets the same answer.
    Raises SourceLoginError.
    """
    is_live = source is not None and source.enabled and source.dialect == "xapi"
    secrets = source.secrets_at(now()) if source is not None and is_live else ()
    message = Message(b"", {"authorization": call.headers.get("authorization", "").strip()})
    try:
        return signing.authenticate(_settings(source), message, secrets or (_NOBODYS_SECRET,), now())
    except WebhookSignatureError as error:
        raise SourceLoginError(_NEEDED) from error


def _settings(source: SourceRecord | None) -> JsonObject:
    if source is None:
        return {"method": Method.BASIC, "username": "nobody"}
    told = source.options.get("authentication")
    return {"method": Method.BASIC, "username": source.name, **(told if isinstance(told, Mapping) else {})}
