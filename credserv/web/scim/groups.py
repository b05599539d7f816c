"""SCIM: groups, which give their members the roles that an owner gave the group (RFC 7644, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response
from scim2_models import Context, PatchOp, SearchRequest

from credserv.journeys.admit import directory_groups
from credserv.records.directory import DirectoryGroupRecord
from credserv.web.frame.auth import actor, require_scope
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.scim import answers
from credserv.web.scim.shapes import Group, shown_group, wish_of_group
from credserv.web.scim.users import SCOPE

bp = Blueprint("groups", __name__, url_prefix="/Groups")


@bp.get("")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def list_groups() -> Response:
    query = answers.read_query(SearchRequest[Group])
    limit, offset = answers.page_of(query)
    if query.filter is None:
        found = directory_groups.directory_groups(services(), limit=limit, offset=offset)
        return answers.answer_page(Group, query, _shown(found), directory_groups.count_groups(services()))
    matching = [one for one in _candidates(query) if query.filter.match(one)]
    return answers.answer_page(Group, query, matching[offset : offset + limit], len(matching))


@bp.post("")
@door(budget="api", machine=True, private=True, body=Body.BATCH)
@require_scope(SCOPE)
def add_group() -> Response:
    wish = wish_of_group(answers.read(Group, Context.RESOURCE_CREATION_REQUEST))
    made = directory_groups.add_group(services(), wish, actor=actor(), now=now())
    return answers.answer(_one(made), Context.RESOURCE_CREATION_RESPONSE, 201)


@bp.get("/<group_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def show_group(group_id: str) -> Response:
    known = directory_groups.directory_group(services(), group_id)
    return answers.answer(_one(known), Context.RESOURCE_QUERY_RESPONSE)


@bp.put("/<group_id>")
@door(budget="api", machine=True, private=True, body=Body.BATCH)
@require_scope(SCOPE)
def replace_group(group_id: str) -> Response:
    return _change(group_id, answers.read_replacement(Group), Context.RESOURCE_REPLACEMENT_RESPONSE)


@bp.patch("/<group_id>")
@door(budget="api", machine=True, private=True, body=Body.BATCH)
@require_scope(SCOPE)
def patch_group(group_id: str) -> Response:
    return _change(group_id, answers.read_patch(PatchOp[Group]), Context.RESOURCE_PATCH_RESPONSE)


@bp.delete("/<group_id>")
@door(budget="api", machine=True, private=True)
@require_scope(SCOPE)
def remove_group(group_id: str) -> Response:
    directory_groups.remove_group(services(), group_id, actor=actor(), now=now())
    return Response(status=204)


def _change(group_id: str, change: Callable[[Group], Group], context: Context) -> Response:
    changed = directory_groups.change_group(
        services(), group_id, lambda known: wish_of_group(change(_one(known))), actor=actor(), now=now()
    )
    return answers.answer(_one(changed), context)


def _candidates(query: SearchRequest[Group]) -> Sequence[Group]:
    """Return candidates as for users; for a name first as written, which directories use."""
    asked = answers.equal_to(query)
    if asked is not None and asked[0] in ("displayname", "externalid"):
        called = directory_groups.groups_called(services(), asked[1])
        if called:
            return _shown(called)
    return every_group()


def every_group() -> list[Group]:
    def some(limit: int, offset: int) -> list[Group]:
        return _shown(directory_groups.directory_groups(services(), limit=limit, offset=offset))

    return list(answers.every(some))


def _one(record: DirectoryGroupRecord) -> Group:
    return shown_group(record, answers.base())


def _shown(records: Sequence[DirectoryGroupRecord]) -> list[Group]:
    return [_one(record) for record in records]
