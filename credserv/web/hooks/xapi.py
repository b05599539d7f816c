"""/xapi/{source}: the statements resource of a learning record store, and `about` (xAPI 1.0.3 and 2.0).

State, profiles, agents and activities are not provided: we keep what somebody achieved, and do not store
other systems' content. Clients that need those get a 404 that says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.strict_json import parse_json
from credserv.journeys.award.statements import Delivery, find_statement, find_statements, take_statements
from credserv.journeys.connect.sources import find_source
from credserv.records.sources import SourceRecord
from credserv.records.statements import StatementFilter
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.xapi import data_types as types
from credserv.sources.xapi.actors import IDENTIFIERS
from credserv.sources.xapi.identity import actor_key
from credserv.sources.xapi.multipart import is_multipart, read_parts
from credserv.sources.xapi.reading import STATEMENT_ID, VERSION_HEADER
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.frame.limits import note_intake, spend_intake
from credserv.web.hooks.refused import note_if_refused
from credserv.web.hooks.xapi_call import Call, authenticate, read_call

bp = Blueprint("xapi", __name__, url_prefix="/xapi")

OLD, NEW = "1.0.3", "2.0.0"
_METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
_FILTERS = ("verb", "activity", "agent", "registration", "since", "until", "limit", "ascending", "after")
_HARMLESS = ("format", "attachments", "related_activities", "related_agents")
_CROSS_ORIGIN = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Experience-API-Version",
    "Access-Control-Expose-Headers": "X-Experience-API-Version, X-Experience-API-Consistent-Through, "
    "Last-Modified, Retry-After, X-Request-Id",
    "Access-Control-Max-Age": "3600",
}


@bp.route("/<string:source>/about", methods=["GET", "HEAD", "OPTIONS"], provide_automatic_options=False)
@door(budget="hooks", machine=True, shown=("source",))
def about(**_place: str) -> Response:
    """Return the supported versions; 2.0 only to clients that use it, because tincan 1.0.0 raises on it."""
    if request.method == "OPTIONS":
        return Response(status=204)
    asked = request.headers.get(VERSION_HEADER, "")
    return _json({"version": [OLD, NEW] if asked.startswith("2.") else [OLD]})


@bp.route("/<string:source>/statements", methods=_METHODS, provide_automatic_options=False)
@door(budget="hooks", machine=True, shown=("source",), body=Body.BATCH)
def statements(source: str) -> Response:
    """POST one or a list, PUT one with its id, GET what this source has sent."""
    if request.method == "OPTIONS":
        return Response(status=204)
    call = read_call()
    record = find_source(services(), source)
    verdict = authenticate(call, record)
    if record is None:
        raise NotFoundError("there is no such source")
    _require_version(call)
    if call.method in ("GET", "HEAD"):
        return _find(record, call)
    spend_intake()
    return _take(record, call, verdict)


@bp.route("/<string:source>/<path:resource>", methods=[*_METHODS, "DELETE"], provide_automatic_options=False)
@door(budget="hooks", machine=True, shown=("source",))
def others(**_place: str) -> Response:
    """Refuse everything else of a record store. Raises NotFoundError with the reason."""
    if request.method == "OPTIONS":
        return Response(status=204)
    raise NotFoundError(
        "Of xAPI only `statements` and `about` are served here. State, profiles, agents and activities "
        "belong to the record store or player that shows the content: only its statements come here."
    )


bp.after_request(note_if_refused)


@bp.after_request
def _add_headers(response: Response) -> Response:
    """Add headers (part three, 1.6.1 and 2.1), and let pages of the source's origins read the response."""
    asked = request.headers.get(VERSION_HEADER, "")
    response.headers["X-Experience-API-Version"] = NEW if asked.startswith("2.") else OLD
    if request.endpoint == "xapi.statements":
        response.headers["X-Experience-API-Consistent-Through"] = _stamp(now())
    origin = request.headers.get("Origin")
    if origin and origin in _allowed_origins((request.view_args or {}).get("source", "")):
        response.headers.update(_CROSS_ORIGIN)
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers.add("Vary", "Origin")
    return response


def _allowed_origins(source: str) -> list[Any]:
    found = find_source(services(), source)
    told = found.options.get("origins") if found is not None else None
    return told if isinstance(told, list) else []


def _require_version(call: Call) -> None:
    """Require the version header of every request (part three, 1.6.2; 3.3 of 1.0.3)."""
    if not call.version:
        raise InputError("the header X-Experience-API-Version is required, as in 1.0.3")
    if not types.is_version(call.version):
        raise InputError(f"xAPI {OLD} and {NEW} are spoken here; the header names another version")


# --- statements in -----------------------------------------------------------------------------------


def _take(source: SourceRecord, call: Call, verdict: Authentication) -> Response:
    known = ("statementId",) if call.method == "PUT" else ()
    _refuse_unknown(call, known)
    body, hashes = call.body, frozenset[str]()
    if is_multipart(call.content_type):
        body, hashes = read_parts(call.body, call.content_type)
    elif call.content_type and not call.content_type.lower().startswith("application/json"):
        raise InputError("statements are sent as application/json, or as multipart/mixed with attachments")
    headers = {VERSION_HEADER: call.version}
    if call.method == "PUT":
        headers[STATEMENT_ID] = _require_statement_id(call, body)
    delivery = Delivery(Message(body, headers), verdict, hashes)
    ids = take_statements(services(), source, delivery, now=now())
    note_intake(len(ids))
    return Response(status=204) if call.method == "PUT" else _json(list(ids))


def _require_statement_id(call: Call, body: bytes) -> str:
    """Return the id of a PUT, which has one statement, without any other id than in its address."""
    wanted = call.params.get("statementId", "")
    if not types.is_uuid(wanted):
        raise InputError("PUT needs the parameter statementId, a UUID")
    sent = parse_json(body)
    if not isinstance(sent, dict):
        raise InputError("PUT takes one statement")
    own = sent.get("id", wanted)
    if not isinstance(own, str) or own.lower() != wanted.lower():
        raise InputError("the id of the statement is not the one that statementId names")
    return wanted


# --- statements out ----------------------------------------------------------------------------------


def _find(source: SourceRecord, call: Call) -> Response:
    _refuse_unknown(call, ("statementId", "voidedStatementId", *_FILTERS, *_HARMLESS))
    for name in ("statementId", "voidedStatementId"):
        if name in call.params:
            _refuse_unknown(call, (name, "format", "attachments"))
            if not types.is_uuid(call.params[name]):
                raise InputError(f"{name} is a UUID")
            voided = name == "voidedStatementId"
            found = find_statement(services(), source, call.params[name], voided=voided)
            response = _json(found)
            response.last_modified = types.read_timestamp(found["stored"])
            return response
    wanted = _read_filter(call.params)
    page = find_statements(services(), source, wanted, limit=_limit(call.params))
    more = ""
    if page.after is not None:
        after = f"{_stamp(page.after[0])},{page.after[1]}"
        again = urlencode({**call.params, "after": after})
        more = f"{url_for('xapi.statements', source=source.name)}?{again}"
    return _json({"statements": list(page.statements), "more": more})


def _read_filter(params: Mapping[str, str]) -> StatementFilter:
    if "registration" in params and not types.is_uuid(params["registration"]):
        raise InputError("registration is a UUID")
    if params.get("ascending", "false") not in ("true", "false"):
        raise InputError("ascending is true or false")
    wanted = StatementFilter(
        verb=params.get("verb"),
        activity=params.get("activity"),
        actor=_actor(params["agent"]) if "agent" in params else None,
        registration=params.get("registration"),
        since=_time(params, "since"),
        until=_time(params, "until"),
        ascending=params.get("ascending") == "true",
    )
    if "after" not in params:
        return wanted
    when, _, last = params["after"].partition(",")
    stored_at = types.read_timestamp(when)
    if stored_at is None or not types.is_uuid(last):
        raise InputError("after is not one that `more` gave")
    return replace(wanted, after=(stored_at, last))


def _actor(text: str) -> str:
    agent = parse_json(text.encode())
    found = actor_key(agent)
    if found is None:
        raise InputError(f"agent is the JSON of an agent with one of {', '.join(IDENTIFIERS)}")
    return found


def _time(params: Mapping[str, str], name: str) -> datetime | None:
    if name not in params:
        return None
    found = types.read_timestamp(params[name])
    if found is None:
        raise InputError(f"{name} is a date and time (RFC 3339)")
    return found


def _limit(params: Mapping[str, str]) -> int:
    text = params.get("limit", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError("limit is a whole number, 0 for as many as are given at once")
    return int(text)


def _refuse_unknown(call: Call, known: tuple[str, ...]) -> None:
    """Refuse unknown parameters; known ones need their exact spelling (part three, 1.1)."""
    for name in call.params:
        if name not in known:
            raise InputError(f"the parameter {name!r:.60} does not belong here")


def _stamp(when: datetime) -> str:
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: object) -> Response:
    return Response(json.dumps(value, allow_nan=False), mimetype="application/json")
