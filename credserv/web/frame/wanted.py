"""Where somebody continues after confirming their identity."""

from __future__ import annotations

from flask import request, session
from werkzeug.exceptions import HTTPException

from credserv.web.frame.context import current_application

_WANTED = "wanted"  # in Flask's own signed cookie


def keep_wanted(home: str) -> None:
    """Remember the requested page; for a submitted form, the page it is on. `home` is the default."""
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
    """Return it, once; `home` if there is none."""
    return session.pop(_WANTED, None) or home
