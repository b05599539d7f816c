"""Send all JSON to the web through the one strict reader, for webargs and Flask."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import flask
import flask_smorest  # type: ignore[import-untyped]  # the library has no types
from flask import Request, request
from flask.json.provider import DefaultJSONProvider
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from credserv.ground.errors import CredservError
from credserv.ground.strict_json import parse_json
from credserv.web.frame.limits import body_bytes
from credserv.web.frame.problems import PROBLEM_JSON
from credserv.web.frame.shapes import ProblemAnswer


class StrictJsonProvider(DefaultJSONProvider):
    """Reads for Flask itself; writes as before, without sorting members."""

    sort_keys = False

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        return parse_json(s.encode() if isinstance(s, str) else s)


class StrictParser(FlaskParser):
    """Reads for webargs: strict JSON, and only with a JSON content type (attack 98)."""

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
        return parse_json(body_bytes())


F = TypeVar("F", bound=Callable[..., Any])


def read_first(read: Callable[[Any], tuple[Any, ...] | None]) -> Callable[[F], F]:
    """Decorate a view, above its `arguments`, so that `read` parses its JSON without marshmallow, many times
    faster.

    Such a view returns a Response of its own.

    Args:
        read: returns exactly what the declared shapes would load, or None to leave the request and its faults
            to them.
    """

    def decorate(view: F) -> F:
        plain: Callable[..., Any] = inspect.unwrap(view)

        @wraps(view)
        def reading(*args: Any, **kwargs: Any) -> Any:
            values = _read_json(read)
            return view(*args, **kwargs) if values is None else plain(*values, *args, **kwargs)

        found: Any = reading
        return found  # type: ignore[no-any-return]

    return decorate


def _read_json(read: Callable[[Any], tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    try:
        return read(parse_json(body_bytes())) if is_json_request(request) else None
    except (CredservError, HTTPException):
        return None


if TYPE_CHECKING:

    class _Blueprint(flask.Blueprint):
        """The part of flask-smorest's blueprint that we use, with types."""

        def __init__(self, name: str, import_name: str, **options: Any) -> None: ...
        def arguments(self, schema: Any, **options: Any) -> Callable[[F], F]: ...
        def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[F], F]: ...
        def alt_response(self, status_code: int, **options: Any) -> Callable[[F], F]: ...
        def doc(self, **members: Any) -> Callable[[F], F]: ...

    class _Api:
        spec: Any

        def __init__(self, app: flask.Flask, **options: Any) -> None: ...
        def register_blueprint(self, blueprint: flask.Blueprint) -> None: ...
        def register_field(self, field: type, *kind: Any) -> None: ...
        def _register_responses(self) -> None: ...

else:
    _Blueprint, _Api = flask_smorest.Blueprint, flask_smorest.Api


class Blueprint(_Blueprint):
    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Any, **options: Any) -> Callable[[F], F]:
        """As flask-smorest's, with one schema instance for all requests; webargs creates one for each."""
        found: Callable[[F], F] = super().arguments(
            schema() if isinstance(schema, type) else schema, **options
        )
        return found


class Api(_Api):
    """flask-smorest without its error handlers: `problems` answers errors, and ours are documented."""

    ERROR_SCHEMA = ProblemAnswer
    DEFAULT_ERROR_RESPONSE_NAME = "Problem"

    def _register_error_handlers(self) -> None:
        """Register none: `web/problems.py` has the one table."""

    def _register_responses(self) -> None:
        problem = {
            "description": "A problem (RFC 9457).",
            "content": {PROBLEM_JSON: {"schema": ProblemAnswer}},
        }
        self.spec.components.response("Problem", problem)
        for status in HTTPStatus:  # flask-smorest names them in the document where needed
            told = {**problem, "description": status.phrase}
            self.spec.components.response(status.name, told, lazy=True)
