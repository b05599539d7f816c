"""SCIM: this service's capabilities and resources (RFC 7644, section 4)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    ListResponse,
    Meta,
    Patch,
    Resource,
    ResourceType,
    Schema,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
)
from werkzeug.exceptions import MethodNotAllowed

from credserv.ground.errors import NotFoundError
from credserv.web.frame.auth import require_scope
from credserv.web.frame.door import door
from credserv.web.scim import answers
from credserv.web.scim.groups import every_group
from credserv.web.scim.shapes import POLICY, Group, User
from credserv.web.scim.users import SCOPE, every_user

bp = Blueprint("discovery", __name__)

_MODELS: tuple[type[Resource[Any]], ...] = (User, Group)


@bp.get("/ServiceProviderConfig")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def service_provider_config() -> Response:
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=answers.MAX_COUNT),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="API key",
                description=f"An API key with the scope {SCOPE}, as a bearer token.",
            )
        ],
        meta=Meta(resource_type="ServiceProviderConfig", location=f"{answers.base()}/ServiceProviderConfig"),
    )
    return answers.answer(config, Context.RESOURCE_QUERY_RESPONSE)


@bp.get("/ResourceTypes")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def resource_types() -> Response:
    return _all(ListResponse[ResourceType], [_resource_type(model) for model in _MODELS])


@bp.get("/ResourceTypes/<name>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def resource_type(name: str) -> Response:
    return _one([_resource_type(model) for model in _MODELS], name)


@bp.get("/Schemas")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def schemas() -> Response:
    return _all(ListResponse[Schema], [_schema(model) for model in _MODELS])


@bp.get("/Schemas/<name>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def schema(name: str) -> Response:
    return _one([_schema(model) for model in _MODELS], name)


@bp.post("/.search")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def search() -> Response:
    """Search users and groups together, by a request body (section 3.4.3)."""
    query = SearchRequest[User | Group].model_validate(
        answers.body(), scim_ctx=Context.SEARCH_REQUEST, scim_policy=POLICY
    )
    limit, offset = answers.page_of(query)
    everything: list[User | Group] = [*every_user(), *every_group()]
    found = [one for one in everything if query.filter is None or query.filter.match(one)]
    return answers.answer_page(User | Group, query, found[offset : offset + limit], len(found))


@bp.route("/<path:elsewhere>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def nothing(elsewhere: str) -> Response:
    """Answer unknown addresses in the form of all other errors (section 3.12)."""
    if request.method != "GET":
        raise MethodNotAllowed(["GET"])
    raise NotFoundError(f"there is no {elsewhere[:100]}")


def _resource_type(model: type[Resource[Any]]) -> ResourceType:
    found = ResourceType.from_resource(model)
    found.meta = Meta(resource_type="ResourceType", location=f"{answers.base()}/ResourceTypes/{found.id}")
    return found


def _schema(model: type[Resource[Any]]) -> Schema:
    found = model.to_schema()
    found.meta = Meta(resource_type="Schema", location=f"{answers.base()}/Schemas/{found.id}")
    return found


def _all(model: type[ListResponse[Any]], found: list[Any]) -> Response:
    listed = model(total_results=len(found), start_index=1, items_per_page=len(found), resources=found)
    return answers.answer_list(listed)


def _one(found: list[Any], name: str) -> Response:
    for one in found:
        if one.id == name:
            return answers.answer(one, Context.RESOURCE_QUERY_RESPONSE)
    raise NotFoundError("there is none of this name")
