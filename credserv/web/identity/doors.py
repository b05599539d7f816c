"""The doors of this room: for whoever is signed in, and for whoever has shown lately that it is them."""

from __future__ import annotations

from functools import partial

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError
from credserv.records.access import SessionKind, SessionRecord
from credserv.web.frame import sessions
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door

signed_in = partial(door, session=SessionKind.HOLDER, form=True, private=True)
changing_door = partial(signed_in, proof=True)


def me() -> SessionRecord:
    """Of whoever is signed in to their wallet. Raises UnauthenticatedError."""
    return sessions.current_session(services(), SessionKind.HOLDER, now())


def ask_to_come_in(_error: CredservError) -> AnyResponse:
    return redirect(url_for("wallet.home"), 303)
