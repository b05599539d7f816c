"""Where somebody goes on, once they have proved that it is them."""

from __future__ import annotations

from flask import request, session
from werkzeug.exceptions import HTTPException

from credserv.web.frame.context import current_application

_WANTED = "wanted"  # in Flask's own signed cookie


def keep_wanted(home: str) -> None:
    """Keep the page that was asked for; of a form that was sent, the page that it stands on, which lies above
    it. home: where there is none."""
    path = request.script_root + request.path
    adapter = current_application().create_url_adapter(request)
    while path.strip("/") and adapter is not None:
        try:
            adapter.match(path.removeprefix(request.script_root), method="GET")
        except HTTPException:
            path = path.rpartition("/")[0]
        else:
            break
    session[_WANTED] = path if path.strip("/") else home


def take_wanted(home: str) -> str:
    """Once; home where nothing was kept."""
    return session.pop(_WANTED, None) or home
