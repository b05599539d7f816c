"""Ask somebody for their badges: a link and QR code for their wallet, and the response.

No account is needed. Whoever asks gets a page of their own, which shows only the response, and expires.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from credserv.ground.errors import CredservError, GoneError, InputError
from credserv.journeys.check import asking
from credserv.journeys.check.asking import Wanted
from credserv.journeys.check.reports.report import complete_report
from credserv.journeys.define.catalogue import all_versions, newest_of_each
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import list_profiles
from credserv.records.presentations import PresentationRequest
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.problems import kind_of
from credserv.web.frame.rendering import install, page
from credserv.web.verify.signed_reports import sign_reports
from credserv.web.verify.view import build_view

blueprint = Blueprint("ask", __name__, url_prefix="/verify/ask")
blueprint.record_once(install)

_LOOK_AGAIN_SECONDS = 5
_ROLE, _BADGE = "role:", "badge:"


@blueprint.get("")
@door()
def form() -> Response:
    return _form()


@blueprint.post("")
@door(budget="links")
def ask() -> ResponseReturnValue:
    """Make the request, and redirect to its page."""
    try:
        wanted = _wanted()
        token = asking.ask(services(), wanted, now())
    except InputError as error:
        return _form(error)
    return redirect(f"{request.root_path}/verify/ask/{token}", code=303)


@blueprint.get("/<token>")
@door(guessable=True, private=True)
def show(token: str) -> Response:
    """Show what is awaited, or what was found. Without script, the page has to be reloaded."""
    try:
        found = asking.watch(services(), token, now())
    except GoneError:
        return page("verify/ask_ended.html", status=410, private=True)
    wanted = asking.read_wanted(found.wanted)
    if found.answered_at is not None:
        return _show_answer(token, found, wanted)
    shown = page(
        "verify/ask_wait.html",
        private=True,
        token=token,
        wanted=wanted,
        link=asking.request_link(services(), found),
        page_link=f"{services().public_url}/openid4vp/{found.id}",
        ends_at=found.ends_at,
    )
    shown.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return shown


@blueprint.post("/<token>/end")
@door(budget="links", guessable=True)
def end(token: str) -> Response:
    """End a request; anyone with the link may. An unknown one gets the same response."""
    asking.end(services(), token)
    return page("verify/ask_ended.html", private=True, ended=True)


# --- what is wanted -------------------------------------------------------------------------------


def _wanted() -> Wanted:
    """Return what is wanted. Raises InputError for anything not among the choices."""
    chosen = request.form.get("wanted", "")
    wanted = Wanted(
        recipient=request.form.get("recipient", "").strip(),
        is_bound="bearer" not in request.form,
        is_plain="plain" in request.form,
    )
    if not chosen:
        return wanted
    if chosen.startswith(_ROLE):
        record = next((one for one in list_profiles(services()) if _ROLE + one.key == chosen), None)
        if record is None:
            raise InputError("there is no such role: choose one of the list")
        profile = {"name": record.name, "uri": record.uri, "skills": list(record.skills)}
        links = known_links(services(), [str(skill["uri"]) for skill in record.skills])
        crosswalk = tuple(
            {"from": one.origin, "to": one.target, "strength": one.strength.value} for one in links
        )
        return replace(wanted, title=record.name, profile=profile, crosswalk=crosswalk)
    versions = all_versions(services(), chosen.removeprefix(_BADGE))
    if not versions or not chosen.startswith(_BADGE):
        raise InputError("there is no such badge: choose one of the list")
    ids = tuple(str(one.achievement["id"]) for one in versions)
    return replace(wanted, title=str(versions[-1].achievement["name"]), achievements=ids)


# --- what is shown --------------------------------------------------------------------------------


def _form(error: CredservError | None = None) -> Response:
    own = services()
    return page(
        "verify/ask.html",
        status=200 if error is None else kind_of(type(error)).status,
        roles=[(_ROLE + one.key, one.name) for one in list_profiles(own)],
        badges=[(_BADGE + one.key, str(one.achievement["name"])) for one in newest_of_each(own)],
        chosen=request.values.get("wanted", ""),
        error=error,
    )


def _show_answer(token: str, found: PresentationRequest, wanted: Wanted) -> Response:
    shown = [] if found.answer is None else found.answer["shown"]
    views = [
        build_view(complete_report(one["report"]), anchor=f"shown-{place}")
        for place, one in enumerate(shown, 1)
    ]
    return page(
        "verify/ask_answer.html",
        private=True,
        token=token,
        wanted=wanted,
        found=found,
        shown=list(zip(views, (one["is_bound"] for one in shown), strict=True)),
        told=None if found.answer is None else found.answer.get("eligibility"),
        signed=sign_reports([one["report"] for one in shown]) if shown else "",
        address=services().public_url,
    )
