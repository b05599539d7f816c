"""Turn an error into its public form: the one table, and the two forms of a response.

Programs get a problem document (RFC 9457): `type`, `title`, `status`, `detail`, `instance` (the request's id,
as in our log), and our members `code` and `faults` (each a JSON Pointer and a sentence). People get the same
as HTML. An unforeseen error shows only its request id.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from credserv.ground import errors
from credserv.ground.errors import CredservError, Fault
from credserv.ground.request_ids import read_request_id
from credserv.web.frame.context import current_notes, services
from credserv.web.frame.door import NO_CACHE_KEEPS_IT, PAGE_POLICY, current_door

PROBLEM_JSON = "application/problem+json"
_MAX_FAULTS = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem. `status` is of HTTP; `title` is the same for the kind; `said`: whether callers
    see `detail`."""

    status: int
    title: str
    said: bool = True
    headers: tuple[tuple[str, str], ...] = ()


KINDS: Mapping[type[CredservError], Kind] = {
    CredservError: Kind(500, "Something went wrong on our side", said=False),
    errors.InputError: Kind(400, "The request cannot be used as it is"),
    errors.MalformedJsonError: Kind(400, "The JSON cannot be read"),
    errors.TooLargeError: Kind(413, "The request is too large"),
    errors.SchemaFaultsError: Kind(422, "The document has faults"),
    errors.RequirementsOpenError: Kind(422, "What the programme asks is not met yet"),
    errors.UnknownContextError: Kind(422, "A JSON-LD context is not known here"),
    errors.UndefinedTermError: Kind(422, "A term is not defined by any context"),
    errors.TooComplexError: Kind(422, "The document is too complex to be checked"),
    errors.BakingError: Kind(422, "The image cannot be used"),
    errors.NoCredentialError: Kind(422, "No credential was found in it"),
    errors.ArchiveError: Kind(422, "The archive cannot be used"),
    errors.UnknownFrameworkError: Kind(422, "No framework was found in it"),
    errors.MissingBaseError: Kind(422, "The framework does not say where its ids belong"),
    errors.UnknownOrganisationError: Kind(400, "The organisation is not known here"),
    errors.AppRequestError: Kind(400, "The app asks in a way that is not answered"),
    errors.AbsentError: Kind(404, "Not found"),
    errors.NotFoundError: Kind(404, "Not found"),
    errors.GoneError: Kind(410, "No longer here"),
    errors.AccessError: Kind(403, "Not allowed"),
    errors.WalletRequestError: Kind(400, "The wallet app asked for what it cannot have"),
    errors.UnauthenticatedError: Kind(
        401, "Who are you?", headers=(("WWW-Authenticate", 'Bearer realm="credserv"'),)
    ),
    errors.SourceLoginError: Kind(
        401,
        "The learning system is not known here",
        headers=(("WWW-Authenticate", 'Basic realm="xAPI", charset="UTF-8"'),),
    ),
    errors.LaunchError: Kind(403, "This launch cannot be opened"),
    errors.ForbiddenError: Kind(403, "Not allowed"),
    errors.InvolvedError: Kind(403, "Somebody else has to do this"),
    errors.NotEntitledError: Kind(403, "Not entitled"),
    errors.ConflictOfInterestError: Kind(403, "A conflict of interest"),
    errors.StepUpError: Kind(403, "Prove that it is you"),
    errors.WebhookSignatureError: Kind(
        401,
        "The webhook cannot be trusted",
        headers=(("WWW-Authenticate", 'StandardWebhooks realm="credserv"'),),
    ),
    errors.SigningKeyError: Kind(
        503, "Signing is not possible now", said=False, headers=(("Retry-After", "30"),)
    ),
    errors.ProofError: Kind(422, "The proof does not hold"),
    errors.StatusError: Kind(422, "The status cannot be used"),
    errors.MappingError: Kind(422, "No rule covers this event"),
    errors.ConflictError: Kind(409, "In conflict with what happened before"),
    errors.DeclinedError: Kind(409, "The person wants to be awarded nothing"),
    errors.TooEarlyError: Kind(409, "It is too early for it"),
    errors.ApplyAnewError: Kind(409, "Too late to renew: apply again"),
    errors.SuspendedError: Kind(409, "It is suspended"),
    errors.AppealOpenError: Kind(409, "An appeal is still open"),
    errors.TooLateError: Kind(409, "The time for it is over"),
    errors.ClosedError: Kind(409, "It is closed"),
    errors.AttemptsUsedError: Kind(409, "No attempt is left"),
    errors.AlreadyCountedError: Kind(409, "Counted already"),
    errors.OrganisationClosedError: Kind(409, "The organisation is closed"),
    errors.OrganisationMovedError: Kind(409, "The organisation was moved"),
    errors.RateLimitedError: Kind(429, "Too many requests"),
    errors.UnavailableError: Kind(503, "Not available now", headers=(("Retry-After", "5"),)),
    errors.FetchRefusedError: Kind(422, "An address that is not fetched from here"),
    errors.SettingsError: Kind(500, "Something went wrong on our side", said=False),
}

HTTP_CODES = {
    400: "invalid-input",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    410: "gone",
    411: "length-required",
    413: "too-large",
    414: "too-large",
    415: "media-type",
    422: "schema-faults",
    429: "rate-limited",
    431: "too-large",
    503: "unavailable",
}
_SILENT = "Nothing more can be said here. Quote the request id when you ask the operator about it."
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate", "Accept", "Accept-Encoding")


def kind_of(error_class: type[CredservError]) -> Kind:
    """Return the row of the class itself, or of its nearest ancestor."""
    return next(KINDS[ancestor] for ancestor in error_class.__mro__ if ancestor in KINDS)


def unread_status(error: CredservError) -> int:
    """Return the status for something that could not be read as a credential; if only absent, it was not
    malformed."""
    absent = isinstance(error, errors.UnavailableError | errors.AbsentError)
    return 200 if absent else kind_of(type(error)).status


def problem_type(code: str) -> str:
    """Return the `type` URI for problems with this code: their place in our documentation."""
    return f"{services().public_url}/api/v1/docs#problem-{code}"


def request_id() -> str:
    """Return the id of the current request: the forwarding system's, if valid; else our own."""
    notes = current_notes()
    known: str | None = notes.get("request_id")
    if known is None:
        sent = request.headers
        given = read_request_id(sent.get("X-Request-Id", ""), sent.get("Traceparent", ""))
        known = notes.request_id = given or str(uuid.uuid4())
    return known


def problem(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    """Return the response for one problem, as a document or a page, as the request requires."""
    document: dict[str, Any] = {
        "type": problem_type(code),
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": f"urn:uuid:{uuid.UUID(request_id())}",
    }
    if faults:
        document["faults"] = [
            {"place": fault.place, "message": fault.message} for fault in faults[:_MAX_FAULTS]
        ]
    if is_page_request():
        response = make_response(render_template("error.html", problem=document))
    else:
        response = Response(json.dumps(document), mimetype=PROBLEM_JSON)
    response.status_code = status
    response.headers["Cache-Control"] = NO_CACHE_KEEPS_IT
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers.add("Vary", "Accept")
    for name, value in headers:
        response.headers[name] = value
    return response


def is_page_request() -> bool:
    """Return whether a person with a browser asked: the door is not for programs, and HTML is preferred."""
    if current_door().machine:
        return False
    accepted = request.accept_mimetypes
    return accepted.best_match([PROBLEM_JSON, "application/json", "text/html"]) == "text/html"


def install_problems(app: Flask) -> None:
    """Register the handlers: for our errors, for those of HTTP, and for everything else."""
    app.register_error_handler(CredservError, _from_error)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(Exception, from_surprise)


def _from_error(error: CredservError) -> Response:
    kind = kind_of(type(error))
    if kind.status >= 500:
        logger.error("%s: %s", error.code, error.detail, exc_info=not kind.said)
    return problem(
        kind.status,
        code=error.code if kind.said else _hidden_code(kind),
        title=kind.title,
        detail=error.detail if kind.said else _SILENT,
        faults=error.faults if kind.said else (),
        headers=kind.headers,
    )


def _hidden_code(kind: Kind) -> str:
    return "internal-error" if kind.status == 500 else "unavailable"


_PLAIN = {
    404: "There is nothing at this address.",
    405: "This address does not take that method: Allow names those that it takes.",
}


def from_http(error: HTTPException) -> Response | HTTPException:
    """Answer errors of werkzeug and webargs; a redirect passes unchanged. The 405 keeps its `Allow` here."""
    status = error.code or 500
    if status < 400:
        return error
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    ready = error.get_response().headers
    faults = flatten_messages(data.get("messages", {}))
    return problem(
        status,
        code=HTTP_CODES.get(status, "http-error" if status < 500 else "internal-error"),
        title=error.name,
        detail=_detail(error, faults) if status < 500 else _SILENT,
        faults=faults,
        headers=[(name, ready[name]) for name in _KEPT_HEADERS if name in ready],
    )


def _detail(error: HTTPException, faults: Sequence[Fault]) -> str:
    if faults:
        return f"{len(faults)} fault(s), each with its place."
    return _PLAIN.get(error.code or 0, error.description or error.name)


def from_surprise(error: Exception) -> Response:
    logger.error("an error nobody foresaw", exc_info=error)
    kind = KINDS[CredservError]
    return problem(500, code=CredservError.code, title=kind.title, detail=_SILENT)


def flatten_messages(messages: Any, place: str = "") -> tuple[Fault, ...]:
    """Return marshmallow's nested messages as faults, without the location that webargs adds."""
    if place == "" and isinstance(messages, Mapping) and set(messages) <= {"json", "query", "headers"}:
        return tuple(fault for below in messages.values() for fault in _flatten(below, ""))
    return _flatten(messages, place)


def _flatten(messages: Any, place: str) -> tuple[Fault, ...]:
    if isinstance(messages, Mapping):
        found: list[Fault] = []
        for key, below in messages.items():
            token = str(key).replace("~", "~0").replace("/", "~1")
            found.extend(_flatten(below, place if key == "_schema" else f"{place}/{token}"))
        return tuple(found)
    if isinstance(messages, list):
        return tuple(fault for message in messages for fault in _flatten(message, place))
    return (Fault(place, str(messages)),)
