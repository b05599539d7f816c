"""/hooks/{source}/{secret}: for systems that can authenticate only by the address.

Also for those whose signature names no receiver. The secret is never logged.
"""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.web.frame.door import door
from credserv.web.hooks.intake import take_in
from credserv.web.hooks.refused import note_if_refused

bp = Blueprint("hooks_by_path", __name__, url_prefix="/hooks")
bp.after_request(note_if_refused)


@bp.post("/<string:source>/<path:secret>")
@door(budget="hooks", machine=True, shown=("source",))
def receive(source: str, secret: str) -> Response:
    """Accept one delivery."""
    return take_in(source, secret)
