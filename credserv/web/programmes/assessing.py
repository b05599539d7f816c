"""Console: an assessor records what they saw of an applicant, on a phone: which case, then how well."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.programme import Requirement, flatten
from credserv.accreditation.words import asked_words, in_words
from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError, NotFoundError
from credserv.ground.names import cut
from credserv.journeys.accredit import applications as journeys
from credserv.journeys.accredit import evidence as handing_in
from credserv.journeys.accredit.applications import Looked
from credserv.journeys.accredit.case_file import name_of
from credserv.journeys.accredit.evidence_reading import ASSESSMENT, DECLARATION, OBSERVATION, HandedIn
from credserv.journeys.accredit.programmes import programme_version
from credserv.records.accreditation import ApplicationRecord
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("assessing", __name__, url_prefix="/assessing")

_LEVELS = 4
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,4})?", re.ASCII)


def _read() -> Iterator[tuple[ApplicationRecord, str, str]]:
    """Yield each with its programme's and person's names, without the assessor's own."""
    own, me = services(), colleague().membership_id
    waiting = [one for one in journeys.undecided(own, now=now()) if one.membership_id != me]
    asked = {(one.programme_key, one.programme_version) for one in waiting}
    names = {two: programme_version(own, *two).programme.name for two in asked}
    return (
        (one, names[one.programme_key, one.programme_version], name_of(own, one.membership_id))
        for one in waiting
    )


APPLICANTS = Listing(
    "applicants",
    ("id", "person", "programme", "competencies", "applied_at", "ends_at"),
    _read,
    lambda row: (row[0].id, row[2], row[1], row[0].competencies, row[0].applied_at, row[0].ends_at),
).serve(blueprint, Permission.ASSESS)


@blueprint.get("")
@console_door(needs=Permission.ASSESS)
def index() -> Response:
    """List cases, oldest first."""
    return page("programmes/assessing.html", private=True, here="assessing", cases=APPLICANTS.found())


@blueprint.get("/<application>")
@console_door(needs=Permission.ASSESS)
def show(application: str) -> Response:
    return _page(application)


@blueprint.post("/<application>/<kind>")
@console_door(needs=Permission.ASSESS, shown=("kind",))
def record(application: str, kind: str) -> AnyResponse:
    """Record an assessment. Sent twice, it counts once: the form has an id of its own."""
    if kind not in (OBSERVATION, ASSESSMENT, DECLARATION):
        raise NotFoundError("there is no such page")
    typed = request.form
    told = HandedIn(
        kind,
        by=colleague().membership_id,
        competency=typed.get("competency") or None if kind == OBSERVATION else None,
        data=_data(kind),
        reference=f"console:{typed.get('id', '')[:64]}",
    )
    try:
        handing_in.hand_in(services(), _application(application).id, told, actor=actor(), now=now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(application, error)
    flash(gettext("Recorded. Thank you."))
    return redirect(url_for("programmes.assessing.index"), 303)


def _data(kind: str) -> dict[str, object]:
    typed = request.form
    note = cut(typed.get("note", "").strip(), 2_000)
    if kind == OBSERVATION:
        level = typed.get("level", "")
        instrument = typed.get("instrument", "")[:200]
        return {"level": int(level) if level in map(str, range(101)) else None, "instrument": instrument,
                "note": note}  # fmt: skip
    if kind == ASSESSMENT:
        score = typed.get("score", "").strip()
        number = float(score) if _NUMBER.fullmatch(score) else None
        return {"score": number, "instrument": typed.get("instrument", "")[:200]}
    return {"of": typed.get("of", "")[:500], "note": note}


def _page(name: str, error: CredservError | None = None) -> Response:
    application = _application(name)
    looked = journeys.look(services(), application, now=now())
    asked = flatten(looked.loaded.programme.grant)
    return page(
        "programmes/assess_application.html",
        status=status_of(error),
        private=True,
        here="assessing",
        looked=looked,
        application=application,
        person=name_of(services(), application.membership_id),
        found=in_words(looked.findings, gettext),
        observation=_first(asked, OBSERVATION),
        assessment=_first(asked, ASSESSMENT),
        by_person=_by_person(looked),
        levels=range(max(_LEVELS, *(one.level for one in asked), 0) + 1),
        id=request.form.get("id") or secrets.token_hex(16),
        form=request.form,
        error=error,
    )


def _application(name: str) -> ApplicationRecord:
    """Return the application; nobody assesses themselves."""
    found = journeys.find_application(services(), name)
    if found.membership_id == colleague().membership_id:
        raise NotFoundError("there is no such application")
    return found


def _first(asked: tuple[Requirement, ...], kind: str) -> Requirement | None:
    return next((one for one in asked if one.kind == kind), None)


def _by_person(looked: Looked) -> list[tuple[str, str]]:
    """Return the requirements only a person can judge: the kind, and its text."""
    return [
        (one.kind, asked_words(one, gettext))
        for one in flatten(looked.loaded.programme.grant)
        if one.by_person and one.kind != DECLARATION
    ]
