"""Console of a sandbox: try another organisation's messages in it, without the people in them.

Permission is checked twice. The role in the sandbox must allow connecting sources, and the same browser must
be signed in to the other organisation's console in a role that may see its sources. A session of the sandbox
alone is not enough, because whoever runs a sandbox can admit anybody under any name. Each trail names its own
colleague.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import CredservError, ForbiddenError, InputError, NotFoundError
from credserv.journeys.admit.colleagues import actor_of
from credserv.journeys.award.rehearsing import AT_ONCE, MOST, Rehearsed, rehearse, sources_alike
from credserv.journeys.services import Services
from credserv.records.roles import ColleagueRecord, Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import context, now, services
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague_beside

blueprint = Blueprint("rehearsals", __name__, url_prefix="/sources/<name>/replay")


@blueprint.get("")
@console_door(needs=Permission.CONNECT, shown=("name",))
def choose(name: str) -> Response:
    return _page(name, {"count": "100"})


@blueprint.post("")
@console_door(needs=Permission.CONNECT, shown=("name",))
def replay(name: str) -> Response:
    """Replay a number of messages; the page continues with the next, and shows what was done."""
    form = dict(request.form.items())
    try:
        slug, _, source = form.get("origin", "").partition("/")
        beside = _beside(slug)
        if beside is None:
            raise ForbiddenError(
                "sign in to the console of that organisation first, in this browser, with a role that sees "
                "its sources"
            )
        asked = {**form, "until": form.get("until") or format_instant(now())}
        done = rehearse(
            services(),
            name,
            context().organisations.of(slug),
            source,
            key=context().rehearsal_key(services().issuer.id),
            since=_day(form.get("since", "")),
            until=_instant(asked["until"]),
            left=_number(form.get("left") or form.get("count", ""), MOST),
            at_once=AT_ONCE,
            actor=actor(),
            actor_there=actor_of(beside),
            now=now(),
        )
    except (InputError, ForbiddenError, NotFoundError) as error:
        return _page(name, form, error=error)
    before = {one: _number(form.get(one) or "0", MOST) for one in ("taken", "unreadable", "left_out")}
    whole = Rehearsed(
        before["taken"] + done.taken,
        before["unreadable"] + done.unreadable,
        before["left_out"] + done.left_out,
        done.left,
    )
    return _page(name, asked, done=whole)


def _page(
    name: str, form: Mapping[str, str], *, done: Rehearsed | None = None, error: CredservError | None = None
) -> Response:
    """Show the page. Raises NotFoundError outside a sandbox, or without such a source."""
    own = services()
    if not own.issuer.sandbox:
        raise NotFoundError("messages are replayed in a sandbox alone: what they award proves nothing there")
    return page(
        "tell/rehearsal.html",
        status=status_of(error),
        private=True,
        here="sources",
        error=error,
        name=name,
        origins=[(one.issuer, sources_alike(own, name, one)) for one in _readable()],
        form=form,
        done=done,
        most=MOST,
        at_once=AT_ONCE,
    )


def _readable() -> list[Services]:
    """Return the other organisations whose sources the signed-in person may see."""
    known = context().organisations
    return [known.of(slug) for slug in known.slugs() if _beside(slug) is not None]


def _beside(slug: str) -> ColleagueRecord | None:
    """Return who is also signed in to another organisation's console and may see its sources."""
    if slug == services().issuer.id or not context().organisations.has(slug):
        return None
    found = colleague_beside(slug)
    return found if found is not None and found.may(Permission.INSPECT) else None


def _day(text: str) -> datetime | None:
    """Return a day in UTC. Raises InputError."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC) if text.strip() else None
    except ValueError as error:
        raise InputError("a day is written as 2026-11-30") from error


def _instant(text: str) -> datetime:
    found: datetime = parse_instant(text)
    return found


def _number(text: str, most: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= most):
        raise InputError(f"how many: a whole number up to {most}")
    return int(text)
