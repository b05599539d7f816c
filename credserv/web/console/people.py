"""Console: people. Find them, edit their facts of employment, end an address that is no longer theirs."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError
from credserv.journeys.accredit.skill_mentors import name_mentors
from credserv.journeys.admit import members
from credserv.journeys.award import employment, employment_requests
from credserv.journeys.award.employment import parse_said
from credserv.journeys.award.pathways import all_pathways
from credserv.journeys.award.proposing import propose_pathway
from credserv.journeys.check.eligibility import assess_own, tell_eligibility
from credserv.journeys.define.employment import EMPLOYMENT, require_employment
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import list_profiles, require_profile, with_labels
from credserv.records.paging import Place, all_pages
from credserv.records.pathways import Proposer
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague
from credserv.web.frame.tables import csv_file

blueprint = Blueprint("people", __name__, url_prefix="/people")

_PAGE_ROWS, _EXPORT_ROWS = 25, 500


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    """List people; a page continues after the last person of the previous one."""
    text, after = request.args.get("q", "").strip()[:200], request.args.get("after", "")
    place = Place.parse(after) if after else None
    found = members.find_members(services(), text, limit=_PAGE_ROWS, after=place)
    last = found.items[-1].member if found.items else None
    return page(
        "console/people.html",
        private=True,
        here="people",
        found=found,
        text=text,
        asked=employment_requests.all_waiting(services()) if not (text or after) else (),
        last=Place(last.created_at, last.id) if last else "",
    )


@blueprint.get("/export")
@console_door(needs=Permission.INSPECT)
def export() -> Response:
    own, text = services(), request.args.get("q", "").strip()[:200]
    found = all_pages(
        lambda after: members.find_members(own, text, limit=_EXPORT_ROWS, after=after),
        lambda one: Place(one.member.created_at, one.member.id),
    )
    columns = ("id", "name", "addresses", *_FIELDS[1:])
    rows = (
        (
            one.member.id,
            one.member.name,
            "; ".join(one.addresses),
            *(getattr(one.member, name) for name in _FIELDS[1:]),
        )
        for one in found
    )
    return csv_file("people", columns, rows)


@blueprint.get("/<membership_id>")
@console_door(needs=Permission.INSPECT)
def member(membership_id: str) -> Response:
    return _page(membership_id)


@blueprint.get("/<membership_id>/eligibility")
@console_door(needs=Permission.INSPECT)
def eligibility(membership_id: str) -> Response:
    """Show their badges of this organisation against a role profile, as a printable sheet."""
    found = members.member_of_id(services(), membership_id, now())
    profile = with_labels(services(), require_profile(services(), request.args.get("profile", "")))
    links = known_links(services(), [skill.uri for skill in profile.skills])
    ids = [credential_id for credential_id, _ in found.awards]
    assessed = assess_own(services(), profile, ids, now=now(), crosswalk=links)
    return page(
        "console/eligibility.html",
        private=True,
        here="people",
        member=found,
        told=name_mentors(services(), tell_eligibility(assessed), now(), learner=found.record),
        at=now(),
    )


@blueprint.post("/<membership_id>")
@console_door(needs=Permission.MEMBERS)
def change(membership_id: str) -> AnyResponse:
    """Change the facts of employment, as this organisation states them."""
    try:
        facts = members.parse_facts(request.form)
        members.change_facts(services(), colleague(), membership_id, facts, now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(membership_id, error)
    flash(gettext("Saved."))
    return redirect(url_for("console.people.member", membership_id=membership_id), 303)


@blueprint.post("/<membership_id>/employment")
@console_door(needs=Permission.ISSUE)
def confirm_employment(membership_id: str) -> AnyResponse:
    """Issue what the records say about their work here, as a credential of theirs."""
    found = members.member_of_id(services(), membership_id, now()).record
    try:
        _require_employment_grant(found.unit)
        said = parse_said(request.form.get("role", ""), request.form.get("weekly_hours", ""))
        version = require_employment(services(), actor=actor(), now=now())
        record, made = employment.confirm_employment(
            services(), found, said, version, actor=actor(), now=now()
        )
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(membership_id, error)
    flash(
        gettext("The credential is issued.")
        if made.created
        else gettext("Nothing has changed since it was issued.")
    )
    return redirect(url_for("console.credentials.credential", credential_id=record.id), 303)


@blueprint.post("/<membership_id>/employment/decline")
@console_door(needs=Permission.ISSUE)
def decline_employment(membership_id: str) -> AnyResponse:
    """Decline to issue it; they see the reason."""
    found = members.member_of_id(services(), membership_id, now()).record
    try:
        _require_employment_grant(found.unit)
        reason = request.form.get("reason", "").strip()
        employment_requests.decline(services(), found, reason, actor=actor(), now=now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(membership_id, error)
    flash(gettext("Declined. They read your reason."))
    return redirect(url_for("console.people.member", membership_id=membership_id), 303)


@blueprint.post("/<membership_id>/propose")
@console_door(needs=Permission.ISSUE)
def propose(membership_id: str) -> AnyResponse:
    """Propose a pathway. Whether to begin it, they decide in their wallet."""
    found = members.member_of_id(services(), membership_id, now()).record
    key = request.form.get("achievement", "")
    if not colleague().may_issue(key, found.unit, now()):
        return _page(membership_id, ForbiddenError("your grants do not cover this badge for this person"))
    propose_pathway(services(), found.id, key, proposer=Proposer.ORGANISATION, actor=actor(), now=now())
    flash(gettext("It is proposed. They choose in their wallet."))
    return redirect(url_for("console.people.member", membership_id=membership_id), 303)


@blueprint.post("/<membership_id>/addresses/end")
@console_door(needs=Permission.MEMBERS)
def end_address(membership_id: str) -> AnyResponse:
    """End an address: from this day the mailbox is somebody else's, or nobody's."""
    identifier, day = request.form.get("identifier", ""), request.form.get("as_of", "")
    try:
        members.end_address(services(), colleague(), membership_id, identifier, day, now())
    except InputError as error:
        return _page(membership_id, error)
    flash(
        gettext(
            "The address is no longer theirs. Badges ordered for it from that day on go to another person."
        )
    )
    return redirect(url_for("console.people.member", membership_id=membership_id), 303)


def _require_employment_grant(unit: str | None) -> None:
    if not colleague().may_issue(EMPLOYMENT, unit, now()):
        raise ForbiddenError("your grants do not cover employment credentials for this person")


def _page(membership_id: str, error: CredservError | None = None) -> Response:
    found = members.member_of_id(services(), membership_id, now())
    kept = {name: getattr(found.record, name) or "" for name in _FIELDS}
    return page(
        "console/person.html",
        status=status_of(error),
        private=True,
        here="people",
        member=found,
        asked=employment_requests.waiting_of(services(), membership_id),
        units=members.all_units(services()),
        form=request.form if error is not None and "name" in request.form else kept,
        error=error,
        faults={fault.place.removeprefix("/"): fault.message for fault in error.faults} if error else {},
        may_change=colleague().may(Permission.MEMBERS),
        may_issue=colleague().may(Permission.ISSUE),
        today=services().today(now()),
        profiles=list_profiles(services()),
        pathways=all_pathways(services()),
    )


_FIELDS = ("name", "unit", "site", "language", "starts_on", "ends_on")
