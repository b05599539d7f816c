"""A CV and a transcript of chosen badges: a printable page, and files with what was signed inside."""

from __future__ import annotations

from flask import Blueprint, Response, request

from credserv.ground.errors import CredservError, InputError, OrganisationClosedError, UnauthenticatedError
from credserv.journeys.transfer.chosen import MAX_CHOSEN, choices_of
from credserv.journeys.transfer.transcript import (
    addresses_of,
    make_resume,
    make_transcript,
    name_of,
    resume_data,
    resume_pdf,
)
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_cv", __name__, url_prefix="/wallet/cv")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)
_MAX_SHOWN = 200  # own badges, then the newest imported ones


@blueprint.get("")
@holder_door()
def choose() -> Response:
    return _form()


@blueprint.post("")
@holder_door(budget="verify", parts=MAX_CHOSEN + 16)
def make() -> Response:
    """Make one of the four; the button says which."""
    person_id, keys = holder_id(), set(request.form.getlist("badge"))
    try:
        if request.form.get("form") == "transcript":
            signed, _ = make_transcript(services(), person_id, keys, now())
            return _file(signed, "transcript.json", "application/vc+ld+json")
        fields = {name: request.form.get(name, "") for name in ("name", "email")}
        resume = make_resume(services(), person_id, keys, **fields, now=now())
    except (InputError, OrganisationClosedError) as error:
        return _form(error)
    if request.form.get("form") == "data":
        return _file(resume_data(resume), "cv.json", "application/json")
    if request.form.get("form") == "pdf":
        return _file(resume_pdf(resume, now()), "cv.pdf", "application/pdf")
    return page("wallet/cv_page.html", private=True, resume=resume, at=now())


def _form(error: CredservError | None = None) -> Response:
    person_id = holder_id()
    return page(
        "wallet/cv.html",
        status=200 if error is None else 400,
        private=True,
        choices=choices_of(services(), person_id)[:_MAX_SHOWN],
        addresses=addresses_of(services(), person_id),
        name=request.form.get("name", "") or name_of(services(), person_id),
        picked=set(request.form.getlist("badge")),
        error=error,
    )


def _file(content: bytes, name: str, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
