"""One policy for each endpoint: who is let in, how much they may ask for, in which form they are answered.

`@door(...)` stands directly below the route of a view. What enforces a policy reads it here and keeps no
table of its own: `entrance` (session, form token, budget), `limits` (bytes, guesses), `problems` (document
or page), `headers` (what a page may load, caches, scripts of other sites) and `access_log`. A view without
a door is never called.
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

# What a page may load: our own styles, letters and images, and nothing else.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# The one page with a script, a file of ours that sends what the visitor chose to us and to nobody else.
SCRIPT_POLICY = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
# An SVG opened by itself is a document: it may style itself, and can neither run nor load anything.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

NO_CACHE_KEEPS_IT = "no-store"


F = TypeVar("F", bound=Callable[..., Any])


class Body(Enum):
    """The largest body that is read: of one document, of one image or file, of many, of a framework."""

    DOCUMENT = "document"
    IMAGE = "image"
    BATCH = "batch"
    FRAMEWORK = "framework"


@dataclass(frozen=True)
class Door:
    """The policy of one endpoint. As given by default, it lets nothing out and nothing large in.

    budget: the purpose (`limits`) that each call is counted for; "" is not counted.
    machine: a program asks, and always gets a problem document; else whoever prefers HTML gets a page.
    guessable: the address is a secret, or names one: misses are counted, so that guessing is hopeless.
    session: who has to be signed in, before anything of the body is read.
    proof: they have to have shown lately that it is them (journeys/admit: step_up.py, staff_proof.py).
    needs: what the role of whoever is signed in has to allow (records/roles.py).
    while_closed: what it changes in the console, it also changes of an organisation that was closed.
    form: what is sent changes something for whoever is signed in, so it carries a token of ours.
    private: no cache keeps an answer, and no search engine.
    cache: of answers that do not say it themselves. policy: likewise, what the answer may load.
    any_site: scripts of every site may read the answers, without cookies.
    shown: the parts of the address that the log may hold; it strikes out all others.
    body, parts: how large a body is read, and of how many parts a form.
    waits: it takes a place among those that are worked on, and waits for one (`lanes`).
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
        """Put it before a view. What wraps the view later carries it along (`functools.wraps`)."""
        view.__door__ = self  # type: ignore[attr-defined]  # functions take attributes
        return view


door = Door  # as a decorator


def current_door() -> Door:
    """Of the endpoint that was asked for; where none was met, what is known of the address."""
    notes = current_notes()
    found: Door | None = notes.get("door")
    if found is None:
        found = notes.door = _find_door(current_application(), current_request())
    return found


def endpoints_without_door(app: Flask) -> list[str]:
    """The endpoints of the URL map that nobody wrote a policy for."""
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
    """The door at the same address, for the first method that is allowed there."""
    adapter = app.create_url_adapter(asked)
    method = next(iter(refused.valid_methods or ()), "GET")
    try:
        endpoint, _ = adapter.match(method=method) if adapter else (None, {})
    except HTTPException:
        return Door()
    return _door_of(app, endpoint) if endpoint else Door()


def _by_first_part(app: Flask) -> dict[str, Door]:
    """For addresses that lead nowhere, by their first part: they are answered as their neighbours are."""
    beneath: dict[str, list[Door]] = defaultdict(list)
    for rule in app.url_map.iter_rules():
        beneath[rule.rule.split("/", 2)[1]].append(_door_of(app, rule.endpoint))
    return {
        first: Door(machine=all(one.machine for one in doors), guessable=any(one.guessable for one in doors))
        for first, doors in beneath.items()
    }


def _door_of(app: Flask, endpoint: str) -> Door:
    """Raises AttributeError where a view has none: nobody enters."""
    view: Any = app.view_functions[endpoint]
    found: Door = view.__door__
    return found
