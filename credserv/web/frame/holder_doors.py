"""The doors of the wallet and its further rooms: where a person has to be signed in, and who that is."""

from __future__ import annotations

from functools import partial

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError
from credserv.records.access import SessionKind, SessionRecord
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.sessions import current_session

holder_door = partial(door, session=SessionKind.HOLDER, form=True, private=True)


def holder_session() -> SessionRecord:
    """Return the session of the person signed in to their wallet. Raises UnauthenticatedError."""
    return current_session(services(), SessionKind.HOLDER, now())


def holder_id() -> str:
    """Return the person signed in to their wallet. Raises UnauthenticatedError."""
    return holder_session().subject


def ask_to_come_in(_error: CredservError) -> AnyResponse:
    """Return a wallet page's response to an UnauthenticatedError."""
    return redirect(url_for("wallet.home"), 303)
