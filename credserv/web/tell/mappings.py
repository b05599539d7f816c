"""Console: a source's rules as a form: add, change, order, remove, and try on a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.journeys.award.trying import Trial, try_message
from credserv.journeys.connect import sources as connect
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.observations import Kind
from credserv.records.roles import Permission
from credserv.sources.mapping import VALUES
from credserv.sources.mapping_form import RuleRow, build_mapping, read_rows
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("mappings", __name__, url_prefix="/sources/<name>/rules")

MAX_ROWS = 30
_MAX_PARTS = 2_000  # each rule has a field for each level of its achievement
_PLACE = re.compile(r"/rules/(\d+)(?:/|$)")
_MOVE = re.compile(r"(remove|up|down)-(\d{1,2})")


@dataclass(frozen=True)
class Described:
    """One result described by an achievement: its fragment, its name, and its levels likewise."""

    fragment: str
    name: str
    levels: tuple[tuple[str, str], ...]


@blueprint.get("")
@console_door(needs=Permission.CONNECT, shown=("name",))
def rules(name: str) -> Response:
    return _page(name, read_rows(connect.source(services(), name).mapping))


@blueprint.post("")
@console_door(needs=Permission.CONNECT, shown=("name",), parts=_MAX_PARTS)
def change(name: str) -> AnyResponse:
    """Do what the button says: add, remove or move a row, try, or save."""
    rows, do = _read_fields(), request.form.get("do", "")
    if do == "add":
        return _page(name, (*rows, _new_row(name)))
    if move := _MOVE.fullmatch(do):
        return _page(name, _moved(rows, move[1], int(move[2])))
    try:
        mapping = build_mapping(rows)
        if do != "save":
            connect.require_mapping(services(), mapping)
            wanted = replace(connect.source(services(), name), mapping=mapping)
            sent = request.form.get("message", "")
            trial = try_message(services(), wanted, sent.encode(), now=now()) if sent.strip() else None
            return _page(name, rows, trial=trial, is_checked=True)
        connect.change_mapping(services(), name, mapping, actor=actor(), now=now())
    except InputError as error:
        return _page(name, rows, error=error)
    flash(gettext("The rules were saved. Events that waited for them can be tried again below."))
    return redirect(url_for("console.sources.source", name=name), 303)


def _new_row(name: str) -> RuleRow:
    is_own = connect.source(services(), name).dialect == "generic"
    event = "course.completed" if is_own else Kind.COMPLETED.value
    return RuleRow(request.form.get("new", ""), event, value=VALUES[0])


def _moved(rows: Sequence[RuleRow], move: str, at: int) -> list[RuleRow]:
    left = list(rows)
    if at < len(left):
        row = left.pop(at)
        if move != "remove":
            left.insert(max(0, at - 1) if move == "up" else at + 1, row)
    return left


def _read_fields() -> list[RuleRow]:
    def typed(name: str) -> str:
        return request.form.get(name, "").strip()

    rows = []
    for at in range(MAX_ROWS + 1):
        if raw := typed(f"raw-{at}"):
            rows.append(RuleRow(typed(f"achievement-{at}"), raw=raw))
        elif achievement := typed(f"achievement-{at}"):
            described = typed(f"description-{at}")
            start = f"from-{at}{described}#"
            levels = [key.removeprefix(start) for key in request.form if key.startswith(start)]
            rows.append(
                RuleRow(
                    achievement,
                    typed(f"event-{at}"),
                    typed(f"course-{at}"),
                    typed(f"percent-{at}"),
                    described,
                    typed(f"value-{at}"),
                    {f"#{level}": typed(start + level) for level in levels},
                )
            )
    return rows


def _page(
    name: str,
    rows: Sequence[RuleRow],
    *,
    error: CredservError | None = None,
    trial: Trial | None = None,
    is_checked: bool = False,
) -> Response:
    versions = newest_of_each(services())
    return page(
        "tell/mapping.html",
        status=status_of(error),
        private=True,
        here="sources",
        source=connect.source(services(), name),
        rows=rows,
        most=MAX_ROWS,
        names={one.key: str(one.achievement["name"]) for one in versions},
        described={one.key: _described(one.achievement.get("resultDescription", ())) for one in versions},
        events=("course.completed", *(one.value for one in Kind)),
        error=error,
        faults=_faults_by_row(error),
        trial=trial,
        is_checked=is_checked,
        tried=request.form.get("message", ""),
    )


def _described(descriptions: Sequence[dict[str, object]]) -> list[Described]:
    return [
        Described(
            _fragment(one),
            str(one.get("name") or _fragment(one)),
            tuple((_fragment(level), str(level.get("name") or _fragment(level))) for level in _levels(one)),
        )
        for one in descriptions
    ]


def _levels(description: dict[str, object]) -> Sequence[dict[str, object]]:
    found = description.get("rubricCriterionLevel", ())
    return found if isinstance(found, list | tuple) else ()


def _fragment(described: dict[str, object]) -> str:
    return "#" + str(described.get("id", "")).rpartition("#")[2]


def _faults_by_row(error: CredservError | None) -> dict[int, list[str]]:
    """Return faults by row; -1 for the whole."""
    found: dict[int, list[str]] = {}
    for fault in error.faults if error else ():
        place = _PLACE.match(fault.place)
        found.setdefault(int(place[1]) if place else -1, []).append(fault.message)
    return found
