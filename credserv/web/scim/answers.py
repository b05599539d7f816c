"""A directory's requests as models, and the responses: resources, lists, errors (RFC 7644, section 3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from flask import Response, request
from pydantic import ValidationError
from scim2_models import (
    BaseModel,
    Context,
    Error,
    ListResponse,
    PatchOp,
    Resource,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)
from scim2_models.path import CompareOperator, Comparison
from werkzeug.exceptions import HTTPException

from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.web.frame.context import services
from credserv.web.frame.problems import kind_of
from credserv.web.scim.shapes import POLICY

MEDIA_TYPE = "application/scim+json"
MAX_COUNT = 200
_MAX_OFFSET = 2**31  # more users than anybody has, within a database's integers

ModelT = TypeVar("ModelT", bound=Resource[Any])
RecordT = TypeVar("RecordT")


def base() -> str:
    return f"{services().public_url}/scim/v2"


# --- what was asked -----------------------------------------------------------------------------------


def read(model: type[ModelT], context: Context) -> ModelT:
    """Read the request. Raises InputError, and what `refuse_model` answers."""
    return model.model_validate(body(), scim_ctx=context, scim_policy=POLICY)


def read_replacement(model: type[ModelT]) -> Callable[[ModelT], ModelT]:
    """Return a function from the existing resource to the one sent. Raises as `read`."""
    wanted = read(model, Context.RESOURCE_REPLACEMENT_REQUEST)

    def change(known: ModelT) -> ModelT:
        wanted.replace(known)
        return wanted

    return change


def read_patch(model: type[PatchOp[ModelT]]) -> Callable[[ModelT], ModelT]:
    """Return a function that changes the resource as the operations say. Raises as `read`."""
    asked = model.model_validate(body(), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)

    def change(known: ModelT) -> ModelT:
        asked.patch(known, POLICY)
        return known

    return change


def read_query(model: type[SearchRequest[ModelT]]) -> SearchRequest[ModelT]:
    return model.model_validate(
        request.args.to_dict(), scim_ctx=Context.RESOURCE_QUERY_REQUEST, scim_policy=POLICY
    )


def body() -> dict[str, Any]:
    if request.mimetype not in (MEDIA_TYPE, "application/json"):
        raise InputError(f"send it as {MEDIA_TYPE}")
    return parse_json_object(request.get_data())


def equal_to(query: SearchRequest[Any]) -> tuple[str, str] | None:
    """Return attribute (lower case) and value of a filter for exactly one value.

    Directories ask this before each change.
    """
    asked = query.filter.ast if query.filter is not None else None
    if not isinstance(asked, Comparison) or asked.op is not CompareOperator.eq:
        return None
    return (asked.attr_path.attr.lower(), asked.value) if isinstance(asked.value, str) else None


# --- what is answered ---------------------------------------------------------------------------------


def answer(resource: BaseModel, context: Context, status: int = 200) -> Response:
    asked = {
        name: value for name, value in request.args.items() if name in ("attributes", "excludedAttributes")
    }
    parameters: Any = ResponseParameters  # a class for each kind of resource, created at first use
    wanted = parameters[type(resource)].model_validate(asked) if asked else None
    shown = resource.model_dump(scim_ctx=context, response_parameters=wanted)
    response = _said(shown, status)
    if status == 201:
        response.headers["Location"] = shown["meta"]["location"]
    return response


def answer_list(listed: BaseModel, wanted: SearchRequest[Any] | None = None) -> Response:
    return _said(listed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted), 200)


def answer_page(model: Any, query: SearchRequest[Any], shown: Sequence[Any], total: int) -> Response:
    """Return a page. `model` is what is listed, or a union of models."""
    page = ListResponse[model](
        total_results=total,
        start_index=query.start_index or 1,
        items_per_page=len(shown),
        resources=list(shown) or None,
    )
    return answer_list(page, query)


def page_of(query: SearchRequest[Any]) -> tuple[int, int]:
    """Return limit and offset; at most 200 at once."""
    count = MAX_COUNT if query.count is None else min(query.count, MAX_COUNT)
    return count, min((query.start_index or 1) - 1, _MAX_OFFSET)


def every(read_some: Callable[[int, int], Sequence[RecordT]]) -> Iterator[RecordT]:
    """Yield all records, a page at a time. `read_some` takes limit and offset."""
    offset = 0
    while found := read_some(MAX_COUNT, offset):
        yield from found
        offset += len(found)


# --- what is refused ----------------------------------------------------------------------------------


def refuse(error: CredservError) -> Response:
    kind = kind_of(type(error))
    if not kind.said:
        return _refusal(kind.status, "something went wrong here", headers=kind.headers)
    scim_type = "uniqueness" if isinstance(error, ConflictError) else None
    if isinstance(error, InputError):
        scim_type = "invalidValue"
    return _refusal(kind.status, error.detail, scim_type, headers=kind.headers)


def refuse_http(error: HTTPException) -> Response:
    headers = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    return _refusal(error.code or 500, error.description or error.name, headers=headers)


def refuse_model(error: ValidationError) -> Response:
    """Return an error; all its faults are of the first kind found."""
    return _error(Error.from_validation_errors(error)[0])


def refuse_scim(error: SCIMException) -> Response:
    return _error(error.to_error())


def _refusal(
    status: int, detail: str, scim_type: str | None = None, *, headers: Sequence[tuple[str, str]] = ()
) -> Response:
    response = _error(Error(status=status, detail=detail, scim_type=scim_type))
    response.headers.extend(headers)
    return response


def _error(error: Error) -> Response:
    return _said(error.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), error.status or 400)


def _said(document: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), status, mimetype=MEDIA_TYPE)
