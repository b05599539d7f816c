"""Console: accreditations waiting for a decision, and each case with everything found."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.accredited import accredited_by_history
from credserv.accreditation.endorsing import WHY
from credserv.accreditation.hours import day_begins
from credserv.accreditation.requirements import Finding
from credserv.accreditation.words import asked_words, left_out_words, stands_words
from credserv.ground.encoding import parse_day
from credserv.ground.errors import AccessError, ConflictError, CredservError, InputError, NotFoundError
from credserv.ground.names import cut
from credserv.journeys.accredit import changes, waiting
from credserv.journeys.accredit.grant import Decision, grant, refuse
from credserv.journeys.accredit.renewal import renew
from credserv.journeys.accredit.review import reviewed
from credserv.journeys.admit.persons import find_member
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import colleague

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

MAX_REASON_CHARS = 2_000
DONE = {
    "grant": "Granted: the badge is issued.",
    "refuse": "Refused. The applicant is told the reason, and may appeal.",
    "renew": "Renewed: the badge has a further version under its address.",
    "suspend": "Suspended. The person is told the reason, and may appeal.",
    "restore": "Restored.",
    "revoke": "Revoked, for good.",
    "review": "Noted: it stays as it is.",
}

CASES = Listing(
    "decisions",
    ("credential", "person", "programme", "state", "since"),
    lambda: waiting.in_rows(waiting.waiting(services(), now())),
    lambda row: (row.credential_id, row.name, row.programme_key, row.part.replace("_", " "), row.since),
    states=tuple(one.replace("_", " ") for one in waiting.PARTS),
    rows=200,
).serve(blueprint, Permission.CASES)


@blueprint.get("")
@console_door(needs=Permission.CASES)
def index() -> Response:
    """List what waits, oldest first."""
    found = CASES.found()
    parts = {part: [row.case for row in found.items if row.part == part] for part in waiting.PARTS}
    names = {row.member: row.name for row in found.items}
    return page(
        "programmes/cases.html",
        private=True,
        here="cases",
        found=found,
        waiting={**parts, "names": names},
    )


@blueprint.get("/<credential_id>")
@console_door(needs=Permission.CASES)
def show(credential_id: str) -> Response:
    return _page(credential_id)


@blueprint.post("/<credential_id>/<act>")
@console_door(needs=Permission.DECIDE, shown=("act",), proof=True)
def decide(credential_id: str, act: str) -> AnyResponse:
    """Decide. What is open or not allowed is shown on the case's page, and nothing is changed."""
    if act not in DONE:
        raise NotFoundError("there is no such decision")
    try:
        _act(credential_id, act)
    except (InputError, ConflictError, AccessError) as error:
        return _page(credential_id, error)
    flash(gettext(DONE[act]))
    return redirect(url_for("programmes.cases.show", credential_id=credential_id), 303)


def _act(credential_id: str, act: str) -> None:
    by, reason = colleague().membership_id, cut(request.form.get("reason", "").strip(), MAX_REASON_CHARS)
    decision, at = Decision(by, reason), now()
    if act in ("grant", "refuse"):
        application = waiting.case(services(), credential_id, by, at).application.id
        (grant if act == "grant" else refuse)(services(), application, decision, at)
    elif act == "renew":
        renew(services(), credential_id, decision, at)
    elif act == "suspend":
        wanted = changes.Suspension(by, reason, _day("review_on"), _member("complainant"))
        changes.suspend(services(), credential_id, wanted, at)
    elif act == "restore":
        changes.restore(services(), credential_id, changes.Restoration(by, reason), at)
    elif act == "revoke":
        also, day = _member("also_by"), _day("effective_from")
        effective = None if day is None else day_begins(day, services().zone)
        deciders = (by,) if also is None else (by, also)
        changes.revoke(services(), credential_id, changes.Revocation(deciders, reason, effective), at)
    else:
        reviewed(services(), credential_id, by=by, note=reason, now=at)


def _member(name: str) -> str | None:
    typed = request.form.get(name, "").strip()
    try:
        return find_member(services(), typed).id if typed else None
    except NotFoundError as error:
        raise InputError(error.detail) from error


def _day(name: str) -> date | None:
    typed = request.form.get(name, "").strip()
    try:
        return parse_day(typed) if typed else None
    except InputError as error:
        raise InputError("a day is expected, as 2027-03-01") from error


def _page(credential_id: str, error: CredservError | None = None) -> Response:
    found = waiting.case(services(), credential_id, colleague().membership_id, now())
    return page(
        "programmes/case.html",
        status=status_of(error),
        private=True,
        here="cases",
        case=found,
        credential_id=credential_id,
        asked=[_told(one) for one in found.looked.findings],
        renewal=[_told(one) for one in found.renewal],
        accreditation=None if found.standing is None else accredited_by_history(found.standing),
        why=WHY,
        may_decide=colleague().may(Permission.DECIDE) and found.part is None,
        reason=request.form.get("reason", ""),
        error=error,
    )


def _told(finding: Finding) -> tuple[bool, str, str, tuple[str, ...]]:
    return (
        finding.is_met,
        asked_words(finding.requirement, gettext),
        stands_words(finding, gettext),
        left_out_words(finding, gettext),
    )
