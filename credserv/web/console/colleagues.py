"""Console: colleagues. Invite them in two clicks, give them roles and grants, and remove them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError
from credserv.journeys.admit import colleagues, staff_accounts
from credserv.journeys.admit.letters import Asked
from credserv.journeys.admit.members import all_units, read_day
from credserv.journeys.admit.sign_in import colleague_of
from credserv.journeys.define.catalogue import newest_of_each
from credserv.records.roles import PERMISSIONS, RULING, Permission, Role
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext, minute
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import colleague

blueprint = Blueprint("colleagues", __name__, url_prefix="/colleagues")

ROLE_WORDS = {
    Role.OWNER: "Everything but judging people, and who else may",
    Role.ADMINISTRATOR: "Like an owner, except for owners and the organisation itself",
    Role.ISSUER: "Issues badges, all or those of a grant",
    Role.ASSESSOR: "Says what they observed of people; sees badges and applications",
    Role.AUDITOR: "Sees everything; records what they found in what is drawn for an audit",
    Role.DECIDER: "Grants, refuses, renews and withdraws accreditations; decides appeals",
    Role.PROGRAMME_OWNER: "Loads programmes of accreditation, begins audits, sees figures",
    Role.ANALYST: "Sees figures of groups, and nobody by name",
}

COLLEAGUES = Listing(
    "colleagues",
    ("id", "name", "email", "roles", "grants"),
    lambda: colleagues.all_colleagues(services(), now()),
    lambda one: (
        one.membership_id,
        one.name,
        one.email,
        sorted(one.roles),
        [grant.achievement_key or "any badge" for grant in one.grants],
    ),
).serve(blueprint, Permission.INSPECT)


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return _list()


@blueprint.post("")
@console_door(needs=Permission.COLLEAGUES, proof=True)
def invite() -> AnyResponse:
    try:
        invited = colleagues.invite(
            services(),
            colleague(),
            email=request.form.get("email", ""),
            name=request.form.get("name", ""),
            role=_role(request.form.get("role", "")),
            grant=_grant(),
            now=now(),
        )
    except (InputError, ForbiddenError) as error:
        return _list(error)
    if invited.by_account:
        flash(gettext("From now on they sign in with their account at your provider."))
        return redirect(url_for("console.colleagues.index"), 303)
    if invited.asked is not None:
        flash(_told(invited.asked, invited.colleague.email))
        return redirect(url_for("console.colleagues.index"), 303)
    return _detail(invited.colleague.membership_id, link=invited.link or "")


@blueprint.get("/<membership_id>")
@console_door(needs=Permission.INSPECT)
def detail(membership_id: str) -> Response:
    return _detail(membership_id)


@blueprint.post("/<membership_id>/roles")
@console_door(needs=Permission.COLLEAGUES, proof=True)
def change_roles(membership_id: str) -> AnyResponse:
    try:
        roles = [_role(value) for value in request.form.getlist("role")]
        colleagues.change_roles(services(), colleague(), membership_id, roles, now())
    except (InputError, ForbiddenError, ConflictError) as error:
        return _detail(membership_id, error)
    if not roles:
        flash(gettext("They no longer have a role here."))
        return redirect(url_for("console.colleagues.index"), 303)
    flash(gettext("Saved. It counts from now on."))
    return _back(membership_id)


@blueprint.post("/<membership_id>/grants")
@console_door(needs=Permission.COLLEAGUES)
def add_grant(membership_id: str) -> AnyResponse:
    try:
        colleagues.add_grant(services(), colleague(), membership_id, _grant(), now())
    except InputError as error:
        return _detail(membership_id, error)
    flash(gettext("The grant was given. As an issuer, they can issue only what their grants cover."))
    return _back(membership_id)


@blueprint.post("/<membership_id>/grants/end")
@console_door(needs=Permission.COLLEAGUES)
def end_grant(membership_id: str) -> AnyResponse:
    colleagues.end_grant(services(), colleague(), membership_id, request.form.get("grant", ""), now())
    flash(gettext("The grant was ended."))
    return _back(membership_id)


@blueprint.post("/<membership_id>/link")
@console_door(needs=Permission.COLLEAGUES, proof=True)
def create_link(membership_id: str) -> Response:
    """Create a link, shown only in this response."""
    try:
        link = colleagues.hand_over_link(services(), colleague(), membership_id, now())
    except (InputError, ForbiddenError) as error:
        return _detail(membership_id, error)
    return _detail(membership_id, link=link)


@blueprint.post("/<membership_id>/sign-out")
@console_door(needs=Permission.COLLEAGUES, while_closed=True)
def sign_out(membership_id: str) -> AnyResponse:
    try:
        colleagues.sign_out(services(), colleague(), membership_id, now())
    except ForbiddenError as error:
        return _detail(membership_id, error)
    flash(gettext("They are signed out of this console."))
    return _back(membership_id)


@blueprint.post("/<membership_id>/accounts/end")
@console_door(needs=Permission.COLLEAGUES, proof=True)
def end_account(membership_id: str) -> AnyResponse:
    account_id = request.form.get("account", "")
    try:
        staff_accounts.end_account(services(), colleague(), membership_id, account_id, now())
    except ForbiddenError as error:
        return _detail(membership_id, error)
    flash(gettext("That account opens the console no more."))
    return redirect(url_for("console.colleagues.index"), 303)


def _told(asked: Asked, email: str | None) -> str:
    if asked.before is None:
        return gettext("The invitation is on its way to %(email)s.", email=email)
    return gettext(
        "A link for this address was asked for at %(at)s. No second letter goes out before %(again)s.",
        at=minute(asked.before),
        again=minute(asked.again_from),
    )


def _role(value: str) -> Role:
    if value not in set(Role):
        raise InputError("choose one of the roles")
    return Role(value)


def _grant() -> colleagues.GrantWish:
    """Return a grant; its last day counts in full, in the organisation's time zone."""
    day = read_day(request.form.get("until", ""))
    zone = ZoneInfo(services().issuer.time_zone)
    until = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) if day else None
    return colleagues.GrantWish(request.form.get("achievement", ""), request.form.get("unit", ""), until)


def _list(error: CredservError | None = None) -> Response:
    return page(
        "console/colleagues.html",
        status=status_of(error),
        private=True,
        here="colleagues",
        colleagues=COLLEAGUES.found(),
        error=error,
        form=request.form,
        achievements=newest_of_each(services()),
        units=all_units(services()),
        words=ROLE_WORDS,
        roles=list(Role),
        offered=_offered(),
        permissions=[(one, {role for role in Role if one in PERMISSIONS[role]}) for one in Permission],
        may_invite=colleague().may(Permission.COLLEAGUES),
        mail_enabled=services().mail_enabled,
    )


def _detail(membership_id: str, error: CredservError | None = None, *, link: str = "") -> Response:
    one = colleague_of(services(), membership_id, now())
    return page(
        "console/colleague.html",
        status=status_of(error),
        private=True,
        here="colleagues",
        one=one,
        sessions=colleagues.console_sessions_of(services(), one.person_id, now()),
        accounts=staff_accounts.accounts_of(services(), membership_id),
        error=error,
        link=link,
        achievements=newest_of_each(services()),
        units=all_units(services()),
        words=ROLE_WORDS,
        offered=_offered(),
        may_change=colleague().may(Permission.COLLEAGUES),
        mail_enabled=services().mail_enabled,
        now=now(),
    )


def _offered() -> list[Role]:
    """Return the roles that the signed-in person may give."""
    may_all = colleague().may(Permission.ORGANISATION)
    return [role for role in Role if may_all or role not in RULING]


def _back(membership_id: str) -> AnyResponse:
    return redirect(url_for("console.colleagues.detail", membership_id=membership_id), 303)
