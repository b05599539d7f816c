"""One policy for each endpoint: who may call it, how often and how much, and the form of its responses.

`@door(...)` is directly below a view's route. Whatever enforces a policy reads it here and has no table of
its own: `entrance` (session, form token, budget), `limits` (bytes, guesses), `problems` (document or page),
`headers` (what a page may load, caches, scripts of other sites) and `access_log`. A view without a door is
never called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from credserv.records.access import SessionKind
from credserv.records.roles import Permission
from credserv.web.frame.context import current_application, current_notes, current_request

_NAME = "credserv.doors"

# What a page may load: only our own styles, letters and images.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# The one page with a script: a file of ours that sends what the visitor chose only to us.
SCRIPT_POLICY = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
# An SVG opened by itself is a document: it may style itself, but cannot run or load anything.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

NO_CACHE_KEEPS_IT = "no-store"


F = TypeVar("F", bound=Callable[..., Any])


class Body(Enum):
    """The largest body accepted: of one document, of one image or file, of many, of a framework."""

    DOCUMENT = "document"
    IMAGE = "image"
    BATCH = "batch"
    FRAMEWORK = "framework"


@dataclass(frozen=True)
class Door:
    """The policy of one endpoint. By default it lets nothing out and nothing large in.

    Attributes:
        budget: the purpose (`limits`) that each call counts towards; "" for none.
        machine: for programs, which always get a problem document; otherwise, clients that prefer HTML get a
            page.
        guessable: the address is or names a secret: misses are counted, so that guessing is hopeless.
        session: who has to be signed in, checked before the body is read.
        proof: they must have confirmed their identity recently (journeys/admit: step_up.py, staff_proof.py).
        needs: what the signed-in person's role has to allow (records/roles.py).
        while_closed: a console change that is also allowed for a closed organisation.
        form: it changes something for the signed-in person, so it needs our form token.
        private: no cache stores a response, and no search engine indexes it.
        cache: of responses that do not set it themselves.
        policy: likewise, what the response may load.
        any_site: scripts of every site may read the responses, without cookies.
        shown: the parts of the address allowed in the log, which hides all others.
        body, parts: the largest body accepted, and the most parts of a form.
        waits: it needs one of the working places, and may wait for one (`lanes`).
    """

    budget: str = ""
    machine: bool = False
    guessable: bool = False
    session: SessionKind | None = None
    proof: bool = False
    needs: Permission | None = None
    while_closed: bool = False
    form: bool = False
    private: bool = False
    cache: str = NO_CACHE_KEEPS_IT
    policy: str = PAGE_POLICY
    any_site: bool = False
    shown: tuple[str, ...] = ()
    body: Body = Body.DOCUMENT
    parts: int = 32
    waits: bool = True

    def __call__(self, view: F) -> F:
        """Attach it to a view. Later wrappers of the view carry it along (`functools.wraps`)."""
        view.__door__ = self  # type: ignore[attr-defined]  # functions take attributes
        return view


door = Door  # as a decorator


def current_door() -> Door:
    """Return the door of the requested endpoint; without one, what is known of the address."""
    notes = current_notes()
    found: Door | None = notes.get("door")
    if found is None:
        found = notes.door = _find_door(current_application(), current_request())
    return found


def endpoints_without_door(app: Flask) -> list[str]:
    """Return the endpoints of the URL map without a policy."""
    return sorted(
        {
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if not hasattr(app.view_functions[rule.endpoint], "__door__")
        }
    )


def _find_door(app: Flask, asked: Request) -> Door:
    if asked.endpoint is not None:
        return _door_of(app, asked.endpoint)
    if isinstance(asked.routing_exception, MethodNotAllowed):
        return _other_method(app, asked, asked.routing_exception)
    first = asked.path.split("/", 2)[1]
    neighbours: dict[str, Door] = app.extensions.setdefault(_NAME, {})
    if not neighbours:
        neighbours.update(_by_first_part(app))
    return neighbours.get(first, Door())


def _other_method(app: Flask, asked: Request, refused: MethodNotAllowed) -> Door:
    """Return the door at the same address, for the first method allowed there."""
    adapter = app.create_url_adapter(asked)
    method = next(iter(refused.valid_methods or ()), "GET")
    try:
        endpoint, _ = adapter.match(method=method) if adapter else (None, {})
    except HTTPException:
        return Door()
    return _door_of(app, endpoint) if endpoint else Door()


def _by_first_part(app: Flask) -> dict[str, Door]:
    """Return doors by first path part, for unknown addresses: they are answered like their neighbours."""
    beneath: dict[str, list[Door]] = defaultdict(list)
    for rule in app.url_map.iter_rules():
        beneath[rule.rule.split("/", 2)[1]].append(_door_of(app, rule.endpoint))
    return {
        first: Door(machine=all(one.machine for one in doors), guessable=any(one.guessable for one in doors))
        for first, doors in beneath.items()
    }


def _door_of(app: Flask, endpoint: str) -> Door:
    """Return the door. Raises AttributeError where a view has none: nobody enters."""
    view: Any = app.view_functions[endpoint]
    found: Door = view.__door__
    return found
