"""Console: which accounts at the provider open the console, and which of their groups give which role."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, NotFoundError
from credserv.journeys.admit import staff_login
from credserv.records.roles import Permission, Role
from credserv.records.staff import StaffLoginRecord
from credserv.web.frame import sessions
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.staff.proving import signed_in

blueprint = Blueprint("login", __name__, url_prefix="/organisation/login/colleagues")


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page()


@blueprint.post("")
@console_door(needs=Permission.ORGANISATION, proof=True)
def set_login() -> AnyResponse:
    kept = signed_in().token_sha256
    try:
        wanted = StaffLoginRecord(
            domains=staff_login.parse_domains(request.form.get("domains", "").split()),
            groups_claim=request.form.get("groups_claim", "").strip(),
            group_roles=staff_login.parse_group_roles(request.form.get("group_roles", "").splitlines()),
            is_required="is_required" in request.form,
        )
        staff_login.set_staff_login(services(), wanted, actor=sessions.actor(), now=now(), kept=kept)
    except InputError as error:
        return _page(error)
    flash(gettext("Saved. It counts from the next sign-in on."))
    return redirect(url_for("staff.login.index"), 303)


@blueprint.post("/end")
@console_door(needs=Permission.ORGANISATION, proof=True)
def end() -> AnyResponse:
    try:
        staff_login.end_staff_login(services(), actor=sessions.actor(), now=now())
    except NotFoundError as error:
        return _page(error)
    flash(gettext("Accounts no longer open the console."))
    return redirect(url_for("staff.login.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    known = staff_login.staff_login(services())
    return page(
        "staff/login.html",
        status=status_of(error),
        private=True,
        here="organisation",
        issuers=sorted(staff_login.staff_issuers(services())),
        known=known,
        back=f"{services().public_url}/console/login/back",
        error=error,
        form=_kept(known) if error is None else request.form,
        roles=list(Role),
    )


def _kept(known: StaffLoginRecord | None) -> dict[str, str]:
    if known is None:
        return {}
    return {
        "domains": " ".join(known.domains),
        "groups_claim": known.groups_claim,
        "group_roles": "\n".join(f"{group} = {role.value}" for group, role in known.group_roles),
        **({"is_required": "yes"} if known.is_required else {}),
    }
