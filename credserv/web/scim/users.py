"""SCIM: users, who become people of the organisation (RFC 7644, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response
from scim2_models import Context, PatchOp, SearchRequest

from credserv.journeys.admit import directory
from credserv.records.directory import DirectoryUserRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.scim import answers
from credserv.web.scim.shapes import User, shown_user, wish_of

SCOPE = "directory:write"

bp = Blueprint("users", __name__, url_prefix="/Users")


@bp.get("")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def list_users() -> Response:
    query = answers.read_query(SearchRequest[User])
    limit, offset = answers.page_of(query)
    if query.filter is None:
        found = directory.directory_users(services(), limit=limit, offset=offset)
        return answers.answer_page(User, query, _shown(found), directory.count_users(services()))
    matching = [one for one in _candidates(query) if query.filter.match(one)]
    return answers.answer_page(User, query, matching[offset : offset + limit], len(matching))


@bp.post("")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def add_user() -> Response:
    wish = wish_of(answers.read(User, Context.RESOURCE_CREATION_REQUEST))
    made = directory.add_user(services(), wish, actor=actor(), now=now())
    return answers.answer(_one(made), Context.RESOURCE_CREATION_RESPONSE, 201)


@bp.get("/<user_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def show_user(user_id: str) -> Response:
    known = directory.directory_user(services(), user_id)
    return answers.answer(_one(known), Context.RESOURCE_QUERY_RESPONSE)


@bp.put("/<user_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def replace_user(user_id: str) -> Response:
    return _change(user_id, answers.read_replacement(User), Context.RESOURCE_REPLACEMENT_RESPONSE)


@bp.patch("/<user_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def patch_user(user_id: str) -> Response:
    return _change(user_id, answers.read_patch(PatchOp[User]), Context.RESOURCE_PATCH_RESPONSE)


@bp.delete("/<user_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def remove_user(user_id: str) -> Response:
    directory.remove_user(services(), user_id, actor=actor(), now=now())
    return Response(status=204)


def _change(user_id: str, change: Callable[[User], User], context: Context) -> Response:
    changed = directory.change_user(
        services(), user_id, lambda known: wish_of(change(_one(known))), actor=actor(), now=now()
    )
    return answers.answer(_one(changed), context)


def _candidates(query: SearchRequest[User]) -> Sequence[User]:
    """Return users who may match: looked up for directories' usual filters, all of them for others."""
    asked = answers.equal_to(query)
    if asked is not None and asked[0] in _BY:
        return _shown(_BY[asked[0]](asked[1]))
    return every_user()


def every_user() -> list[User]:
    def some(limit: int, offset: int) -> list[User]:
        return _shown(directory.directory_users(services(), limit=limit, offset=offset))

    return list(answers.every(some))


_BY: Mapping[str, Callable[[str], Sequence[DirectoryUserRecord]]] = {
    "username": lambda value: directory.users_named(services(), value),
    "externalid": lambda value: directory.users_known_as(services(), value),
}


def _one(record: DirectoryUserRecord) -> User:
    return _shown([record])[0]


def _shown(records: Sequence[DirectoryUserRecord]) -> list[User]:
    groups = directory.groups_of(services(), records)
    return [shown_user(one, groups.get(one.id, []), answers.base()) for one in records]
