"""Console: audits and their cases.

A programme's owner begins, freezes and draws them; an auditor looks at each drawn case, on a phone.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import parse_day
from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError, NotFoundError
from credserv.journeys.accredit import audits, findings
from credserv.journeys.accredit.audit_publication import finds
from credserv.journeys.accredit.case_file import case_file
from credserv.journeys.accredit.programmes import all_programmes
from credserv.journeys.accredit.work import open_cases
from credserv.records.audits import AuditPeriod, Outcome
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("audits", __name__, url_prefix="/audits")

_SHOWN = ("key", "period")
OUTCOMES = {
    Outcome.PASSED: ("Passed", "What it was granted on is there, and as it was said."),
    Outcome.TO_REMEDY: ("Something is to be mended", "They have 30 days; nothing changes meanwhile."),
    Outcome.REMEDIED: ("Mended in time", "What was to be mended is."),
    Outcome.FAILED: ("Failed", "The accreditation is suspended at once. They may appeal."),
}


def _stands(audit: AuditPeriod) -> str:
    return "drawn" if audit.revealed_at else "frozen" if audit.frozen_at else "begun"


AUDITS = Listing(
    "audits",
    ("programme", "period", "state", "committed_at", "frozen_at", "revealed_at", "sha256", "seed"),
    lambda: audits.audits_of(services()),
    lambda one: (
        one.programme_key,
        one.period,
        _stands(one),
        one.committed_at,
        one.frozen_at,
        one.revealed_at,
        one.sha256,
        one.seed,
    ),
    states=("begun", "frozen", "drawn"),
).serve(blueprint, Permission.CASES)
CASES = Listing(
    "audited-cases",
    ("credential", "person", "programme", "period", "state", "remedy_until", "due"),
    lambda: open_cases(services(), now()),
    lambda one: (
        one.case.credential_id,
        one.person,
        one.case.programme_key,
        one.case.period,
        "late" if one.is_late else "open",
        one.case.remedy_until,
        one.due,
    ),
    states=("open", "late"),
    beneath="/cases",
    prefix="case-",
).serve(blueprint, Permission.CASES)
DRAWN = Listing(
    "drawn",
    ("credential", "drawn_as", "state", "decided_at", "remedy_until", "note"),
    lambda key, period: audits.find_audit(services(), key, period).drawn,
    lambda one: (
        one.credential_id,
        one.drawn_as,
        one.outcome or "open",
        one.decided_at,
        one.remedy_until,
        one.note,
    ),
    states=("open", *Outcome),
    beneath="/<key>/<period>",
    page="show",
).serve(blueprint, Permission.CASES, shown=_SHOWN)


@blueprint.get("")
@console_door(needs=Permission.CASES)
def index() -> Response:
    return _list()


@blueprint.post("")
@console_door(needs=Permission.PROGRAMMES)
def begin() -> AnyResponse:
    key, period = request.form.get("programme", ""), request.form.get("period", "").strip()
    try:
        begins_on = _day(request.form.get("begins_on", ""))
        wish = audits.Wish(begins_on=begins_on)
        audits.commit(services(), key, period, wish, actor=actor(), now=now())
    except (InputError, NotFoundError, ConflictError) as error:
        return _list(error)
    flash(gettext("The audit is begun. The hash of its seed is public from now on; the seed is sealed."))
    return redirect(url_for("programmes.audits.show", key=key, period=period), 303)


@blueprint.get("/<key>/<period>")
@console_door(needs=Permission.CASES, shown=_SHOWN)
def show(key: str, period: str) -> Response:
    return _page(key, period)


@blueprint.post("/<key>/<period>")
@console_door(needs=Permission.PROGRAMMES, shown=_SHOWN)
def draw(key: str, period: str) -> AnyResponse:
    """Freeze, or reveal."""
    deed, seed = request.form.get("do", ""), request.form.get("seed", "").strip() or None
    try:
        if deed == "freeze":
            audits.freeze(services(), key, period, None, actor=actor(), now=now())
            flash(gettext("The population is frozen."))
        elif deed == "reveal":
            audits.reveal(services(), key, period, seed, actor=actor(), now=now())
            flash(gettext("Drawn. Auditors find the cases here."))
        else:
            raise InputError("choose what to do")
    except (InputError, ConflictError) as error:
        return _page(key, period, error)
    return redirect(url_for("programmes.audits.show", key=key, period=period), 303)


@blueprint.get("/<key>/<period>/<credential_id>")
@console_door(needs=Permission.CASES, shown=_SHOWN)
def case(key: str, period: str, credential_id: str) -> Response:
    return _case(key, period, credential_id)


@blueprint.post("/<key>/<period>/<credential_id>")
@console_door(needs=Permission.AUDIT, shown=_SHOWN)
def find(key: str, period: str, credential_id: str) -> AnyResponse:
    outcome = request.form.get("outcome", "")
    try:
        if outcome not in set(Outcome):
            raise InputError("choose what you found")
        note = request.form.get("note", "").strip()
        finding = findings.Finding(Outcome(outcome), colleague().membership_id, note)
        findings.record_finding(services(), key, period, credential_id, finding, actor=actor(), now=now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _case(key, period, credential_id, error)
    flash(gettext("Written down. The person reads it."))
    return redirect(url_for("programmes.audits.show", key=key, period=period), 303)


def _day(text: str) -> date | None:
    try:
        return parse_day(text) if text else None
    except InputError as error:
        raise InputError("a day is expected, as 2027-01-01") from error


def _list(error: CredservError | None = None) -> Response:
    return page(
        "programmes/audits.html",
        status=status_of(error),
        private=True,
        here="audits",
        audits=AUDITS.found(),
        programmes=[one.programme for one in all_programmes(services())],
        cases=CASES.found(),
        form=request.form,
        error=error,
    )


def _page(key: str, period: str, error: CredservError | None = None) -> Response:
    found = audits.find_audit(services(), key, period)
    return page(
        "programmes/audit.html",
        status=status_of(error),
        private=True,
        here="audits",
        audit=found,
        drawn=DRAWN.found(key=key, period=period),
        finds=finds(len(found.cases), len(found.drawn)),
        words={one.value: words[0] for one, words in OUTCOMES.items()},
        error=error,
    )


def _case(key: str, period: str, credential_id: str, error: CredservError | None = None) -> Response:
    found = audits.find_audit(services(), key, period)
    drawn = next((one for one in found.drawn if one.credential_id == credential_id), None)
    if drawn is None:
        raise NotFoundError("this accreditation was not drawn in this audit")
    offered = [one for one in OUTCOMES if one is not Outcome.REMEDIED or drawn.outcome is not None]
    return page(
        "programmes/audit_case.html",
        status=status_of(error),
        private=True,
        here="audits",
        case=drawn,
        file=case_file(services(), credential_id, now()),
        say=gettext,
        outcomes=[(one, *OUTCOMES[one]) for one in offered if one is not drawn.outcome],
        words={one.value: words[0] for one, words in OUTCOMES.items()},
        max_note=findings.MAX_NOTE_CHARS,
        form=request.form,
        error=error,
    )
