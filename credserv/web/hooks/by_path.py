"""/hooks/{source}/{secret}: for systems that can show who they are by the address alone, and for those whose
signature does not say for whom it was made. The secret is never logged."""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.web.frame.door import door
from credserv.web.hooks.intake import take_in

bp = Blueprint("hooks_by_path", __name__, url_prefix="/hooks")


@bp.post("/<string:source>/<path:secret>")
@door(budget="hooks", machine=True, shown=("source",))
def receive(source: str, secret: str) -> Response:
    """Take in one delivery."""
    return take_in(source, secret)
