"""Applicants for an accreditation, on a phone: what is met, what is open, and how to withdraw."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.words import asked_words, in_words
from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.journeys.accredit import applications as journeys
from credserv.journeys.accredit import evidence as handing_in
from credserv.journeys.accredit.evidence_reading import DECLARATION, HandedIn
from credserv.journeys.accredit.programmes import all_programmes, programme_version
from credserv.journeys.admit.persons import member_of
from credserv.web.frame.console_doors import status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.holder_doors import holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page

blueprint = Blueprint("applications", __name__, url_prefix="/applications")

# For each state its tone and icon, and its meaning.
STATES = {
    "open": ("attention", "clock", "Something is still asked for."),
    "complete": ("good", "check", "All is there. Somebody decides now."),
    "granted": ("good", "check", "Your badge is in your wallet."),
    "refused": ("bad", "cross", "It was refused."),
    "expired": (
        "neutral",
        "clock",
        "The time was over before everything was handed in. You can apply again.",
    ),
    "withdrawn": ("neutral", "ban", "You withdrew it."),
}


@blueprint.get("")
@holder_door()
def index() -> Response:
    member = _member()
    looked = [
        journeys.look(services(), one, now=now()) for one in journeys.applications_of(services(), member)
    ]
    today = services().today(now())
    return page(
        "mentoring/applications.html",
        private=True,
        looked=looked[::-1],
        states=STATES,
        programmes=[one for one in all_programmes(services()) if not one.programme.why_closed(today)],
    )


@blueprint.get("/new/<key>")
@holder_door()
def new(key: str) -> Response:
    return _new(key)


@blueprint.post("/new/<key>")
@holder_door()
def apply(key: str) -> AnyResponse:
    typed = request.form
    try:
        application, _ = journeys.apply(
            services(),
            _member(),
            key,
            competencies=[one.strip() for one in typed.get("competencies", "").split(",") if one.strip()],
            code_accepted=typed.get("code") == "yes",
            actor=f"person:{holder_id()}",
            now=now(),
        )
    except (InputError, ConflictError) as error:
        return _new(key, error)
    flash(gettext("You applied. Below is what is required."))
    return redirect(url_for("mentoring.applications.show", application=application.id), 303)


@blueprint.get("/<application>")
@holder_door(guessable=True)
def show(application: str) -> Response:
    return _page(application)


@blueprint.post("/<application>/declare")
@holder_door(guessable=True)
def declare(application: str) -> AnyResponse:
    """Make the declaration the programme requires, in one's own words."""
    member = _member()
    found = journeys.own_application(services(), member, application)
    told = HandedIn(DECLARATION, by=member, data={"of": request.form.get("of", "")[:500]})
    try:
        handing_in.hand_in(services(), found.id, told, actor=f"person:{holder_id()}", now=now())
    except (InputError, ConflictError) as error:
        return _page(application, error)
    flash(gettext("Declared."))
    return redirect(url_for("mentoring.applications.show", application=application), 303)


@blueprint.post("/<application>/withdraw")
@holder_door(guessable=True)
def withdraw(application: str) -> AnyResponse:
    member = _member()
    found = journeys.own_application(services(), member, application)
    try:
        journeys.withdraw(services(), found.id, by=member, actor=f"person:{holder_id()}", now=now())
    except ConflictError as error:
        return _page(application, error)
    flash(gettext("Withdrawn. You can apply again whenever you want."))
    return redirect(url_for("mentoring.applications.index"), 303)


def _member() -> str:
    return member_of(services(), holder_id()).id


def _new(key: str, error: CredservError | None = None) -> Response:
    loaded = programme_version(services(), key)
    return page(
        "mentoring/apply.html",
        status=status_of(error),
        private=True,
        loaded=loaded,
        programme=loaded.programme,
        why_closed=loaded.programme.why_closed(services().today(now())),
        asked=[asked_words(one, gettext) for one in loaded.programme.grant],
        form=request.form,
        error=error,
    )


def _page(application: str, error: CredservError | None = None) -> Response:
    found = journeys.own_application(services(), _member(), application)
    looked = journeys.look(services(), found, now=now())
    return page(
        "mentoring/application.html",
        status=status_of(error),
        private=True,
        looked=looked,
        application=found,
        programme=looked.loaded.programme,
        look=STATES[str(looked.state)],
        found=in_words(looked.findings, gettext),
        evidence=handing_in.evidence_of(services(), found),
        error=error,
    )
