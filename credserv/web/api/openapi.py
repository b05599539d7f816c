"""The API's OpenAPI 3.1 document, and the same as a page that needs no scripts or other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, request

from credserv import __version__
from credserv.ground import errors
from credserv.journeys.check.reports.statement import TITLES
from credserv.web.frame.context import services
from credserv.web.frame.door import door
from credserv.web.frame.problems import HTTP_CODES, PROBLEM_JSON, kind_of
from credserv.web.frame.rendering import page
from credserv.web.frame.shapes import Instant, ListOrOne, Number, ObjectOrText
from credserv.web.frame.strict import Api

_NAME = "credserv.openapi"
_END = r"\Z"  # ends a regular expression in Python
_ISSUER, _ADDRESS = "did:web:badges.example", "https://badges.example"  # in the examples
_FIVE_MINUTES = "public, max-age=300"
_ALTERNATIVES = {"array": {"type": "array", "items": {}}}
_METHODS = ("get", "post", "put", "patch", "delete")

_TAGS = {
    "Achievements": "What can be earned. Requires an API key.",
    "Credentials": "Issue, find, revoke, suspend and restore. Requires an API key.",
    "Verification": "Check credentials and presentations, and the skills they show. No key is needed.",
    "Skills": "Competency frameworks, and the search for skills in them. Requires an API key.",
    "Accreditation": "Programmes, applications, decisions, audits and appeals. Requires an API key.",
    "Mentoring": "Sessions with mentors, and which of them count. Requires an API key.",
    "Outcomes": "What became of people: you report facts and get figures for groups. Requires an API key.",
    "People": "Who the people in learning systems are. Requires an API key.",
    "Events": "For learning systems, signed according to Standard Webhooks.",
    "VC": "The W3C's VC-API.",
}

AddShapes = Callable[[Api, bytes], None]

bp = Blueprint("openapi", __name__)


@dataclass(frozen=True)
class Operation:
    """One row of the page: a call, and the OpenAPI object behind it."""

    method: str
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    members: Mapping[str, Any]
    tag: str


@dataclass(frozen=True)
class Problem:
    """One row of the table of problems."""

    code: str
    status: int
    title: str
    meaning: str


def install_api(
    app: Flask, blueprints: tuple[Blueprint, ...], add_shapes: AddShapes, report_schema: bytes
) -> None:
    """Register the blueprints of every room for programs, and their description.

    Args:
        add_shapes: adds the schemas of reports, from their published schema, to the description.
    """
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.extensions[_NAME] = partial(_describe, blueprints, add_shapes, report_schema)
    app.register_blueprint(bp)


@cache
def _describe(
    blueprints: tuple[Blueprint, ...], add_shapes: AddShapes, report_schema: bytes
) -> dict[str, Any]:
    """Return the document, the same for every installation.

    Made at first use, on an application that serves nobody.
    """
    app = Flask("credserv")
    app.config.update(API_TITLE="credserv", API_VERSION=__version__, OPENAPI_VERSION="3.1.0")
    made = Api(app)
    made.register_field(Instant, "string", "date-time")
    made.register_field(ObjectOrText, ["object", "string"], None)
    made.register_field(Number, "number", None)
    made.register_field(ListOrOne, ["object", "array"], None)
    schemes = made.spec.components
    schemes.security_scheme(
        "apiKey", {"type": "http", "scheme": "bearer", "bearerFormat": "csk_<id>_<secret>"}
    )
    schemes.security_scheme("webhook", {"type": "apiKey", "in": "header", "name": "webhook-signature"})
    for blueprint in blueprints:
        made.register_blueprint(blueprint)
    add_shapes(made, report_schema)
    described: dict[str, Any] = _readable(made.spec.to_dict())
    described["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items()]
    return described


def document() -> dict[str, Any]:
    """Return the OpenAPI document of this installation, whose issuer and address its examples name."""
    own = services()
    named: dict[str, Any] = _named(
        current_app.extensions[_NAME](), {_ISSUER: own.issuer.did, _ADDRESS: own.public_url}
    )
    return {**named, "servers": [{"url": own.public_url}]}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """Return `value` with each of the names replaced in its texts."""
    if isinstance(value, dict):
        return {key: _named(below, names) for key, below in value.items()}
    if isinstance(value, list):
        return [_named(below, names) for below in value]
    if isinstance(value, str):
        for example, ours in names.items():
            value = value.replace(example, ours)
    return value


def _readable(value: Any) -> Any:
    """Return `value` as client generators read it.

    Patterns, which ours match from the start, become those of JSON Schema, and several types become
    alternatives.
    """
    if isinstance(value, dict) and isinstance(value.get("type"), list):
        types = value["type"]
        if len({*types} - {"null"}) > 1:
            rest = {key: below for key, below in value.items() if key != "type"}
            return _readable(rest | {"anyOf": [_ALTERNATIVES.get(name, {"type": name}) for name in types]})
    if isinstance(value, dict):
        return {
            key: f"^(?:{below.removesuffix(_END)})$"
            if key == "pattern" and isinstance(below, str)
            else _readable(below)
            for key, below in value.items()
        }
    return [_readable(below) for below in value] if isinstance(value, list) else value


@bp.route("/api/v1/openapi.json")
@door(machine=True, any_site=True, cache=_FIVE_MINUTES)
def openapi_json() -> Response:
    response = Response(json.dumps(document(), indent=1), mimetype="application/json")
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.route("/api/v1/docs")
@door(machine=True)
def docs() -> Response:
    """Show what the API offers, and what each problem means. Each part has a page of its own."""
    calls = list(_operations(document()))
    return page(
        "api/docs.html",
        parts=[(tag, text, [call for call in calls if call.tag == tag]) for tag, text in _TAGS.items()],
        problems=_problems(),
        checks=TITLES,
        base_url=services().public_url,
        problem_type=PROBLEM_JSON,
    )


@bp.route("/api/v1/docs/<string:part>")
@door(machine=True, shown=("part",))
def docs_part(part: str) -> Response:
    """Show the calls of one part, and the schemas of their requests and responses."""
    found = document()
    calls = [call for call in _operations(found) if call.tag.lower() == part]
    if not calls:
        raise errors.NotFoundError("the API has no such part")
    return page(
        "api/docs_part.html",
        tag=calls[0].tag,
        said=_TAGS[calls[0].tag],
        operations=calls,
        schemas=_shapes_of(found, [call.members for call in calls]),
    )


def _shapes_of(found: Mapping[str, Any], within: Any) -> dict[str, Any]:
    """Return everything referenced, directly or indirectly, by name."""
    known: Mapping[str, Any] = found.get("components", {}).get("schemas", {})
    shapes: dict[str, Any] = {}
    waiting = [within]
    while waiting:
        for name in _named_in(waiting.pop()):
            if name in known and name not in shapes:
                shapes[name] = known[name]
                waiting.append(known[name])
    return dict(sorted(shapes.items()))


def _named_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "$ref" and isinstance(below, str):
                yield below.rpartition("/")[2]
            else:
                yield from _named_in(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _named_in(below)


def _operations(found: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                members = item[method]
                yield Operation(
                    method=method.upper(),
                    path=path,
                    summary=members.get("summary", ""),
                    description=members.get("description", ""),
                    scopes=tuple(
                        scope for need in members.get("security", []) for scope in need.get("apiKey", [])
                    ),
                    members={
                        **members,
                        "parameters": [*item.get("parameters", []), *members.get("parameters", [])],
                    },
                    tag=members["tags"][0],
                )


def _problems() -> list[Problem]:
    """Return every problem that callers can receive, by status."""
    classes = [found for found in vars(errors).values() if _is_ours(found) and kind_of(found).said]
    rows = {code: Problem(code, status, HTTPStatus(status).phrase, "") for status, code in HTTP_CODES.items()}
    rows |= {
        found.code: Problem(found.code, kind_of(found).status, kind_of(found).title, _meaning(found))
        for found in classes
    }
    return sorted(rows.values(), key=lambda row: (row.status, row.code))


def _is_ours(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, errors.CredservError)


def _meaning(found: type) -> str:
    """Return the first paragraph of the class's own docstring, or nothing."""
    return " ".join((found.__doc__ or "").partition("\n\n")[0].split())
