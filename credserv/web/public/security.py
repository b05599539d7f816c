"""/.well-known/security.txt (RFC 9116): where to report a vulnerability of this service."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app

from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door

_NAME = "credserv.security_contact"
_STANDS_FOR = timedelta(days=90)  # RFC 9116, section 2.5.5: less than a year
_DAY = "public, max-age=86400"

bp = Blueprint("security", __name__)


def install_security(app: Flask, contact: str | None) -> None:
    """Install it. `contact` is a `mailto:` or `https:` address; None if the operator names nobody."""
    app.extensions[_NAME] = contact
    app.register_blueprint(bp)


@bp.route("/.well-known/security.txt")
@door(machine=True, cache=_DAY)
def security_txt() -> Response:
    """Return the file. Raises NotFoundError if nobody is named."""
    contact: str | None = current_app.extensions[_NAME]
    if contact is None:
        raise NotFoundError("the operator of this service names no contact")
    lines = (
        f"Contact: {contact}",
        f"Expires: {format_instant((now() + _STANDS_FOR).replace(microsecond=0))}",
        f"Canonical: {services().public_url}/.well-known/security.txt",
        "Preferred-Languages: en",
    )
    return Response("\r\n".join((*lines, "")), content_type="text/plain; charset=utf-8")
