"""The register of mentors: for members, and for everybody if the organisation chooses.

People read it one page at a time; nobody can read it fast enough to copy it every day.
"""

from __future__ import annotations

from flask import Blueprint, Response

from credserv.ground.errors import AbsentError, NotFoundError, UnauthenticatedError
from credserv.journeys.accredit.mentors import present_member_of
from credserv.journeys.accredit.register import is_public, register
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.holder_doors import holder_id
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("register", __name__)
blueprint.record_once(install)


@blueprint.get("/mentors")
@door(budget="register")
def show() -> Response:
    """Show the register. Raises the same NotFoundError for people who may not see it as where there is
    none."""
    public = is_public(services())
    if not public and not _is_member():
        raise NotFoundError("there is no register of mentors here that everybody can see")
    return page(
        "mentoring/register.html", private=not public, hidden=True, entries=register(services(), now())
    )


def _is_member() -> bool:
    try:
        present_member_of(services(), holder_id(), now())
    except (UnauthenticatedError, AbsentError):
        return False
    return True
