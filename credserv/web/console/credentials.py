"""Console: credentials. Find, issue by hand, follow, revoke, suspend, restore, hand over a claim link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.ground.names import is_email
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit import access
from credserv.journeys.award import award, issued
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.hold import wallet as carry
from credserv.journeys.publish import publish
from credserv.openbadges.display import CredentialDisplay, achievement_display, build_display
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.web.console.doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.rendering import page

blueprint = Blueprint("credentials", __name__, url_prefix="/credentials")

ACTOR = "console"
_PAGE_ROWS = 25
_MAX_REASON_CHARS = 500


@dataclass(frozen=True)
class Change:
    """A change of status as a person meets it."""

    state: CredentialState
    verb: str
    title: str
    consequence: str
    done: str
    final: bool = False


CHANGES = {
    "revoke": Change(
        CredentialState.REVOKED,
        "Revoke",
        "Revoke this credential?",
        "Whoever verifies it is told that it was revoked, within about a minute. This cannot be undone.",
        "The credential is revoked.",
        final=True,
    ),
    "suspend": Change(
        CredentialState.SUSPENDED,
        "Suspend",
        "Suspend this credential?",
        "Until it is restored, it does not verify anywhere.",
        "The credential is suspended.",
    ),
    "restore": Change(
        CredentialState.ACTIVE,
        "Restore",
        "Restore this credential?",
        "It verifies again, within about a minute.",
        "The credential is in force again.",
    ),
}
_POSSIBLE = {
    CredentialState.ACTIVE: ("suspend", "revoke"),
    CredentialState.SUSPENDED: ("restore", "revoke"),
}


@dataclass(frozen=True)
class Listed:
    """A row of the list: the record, what it is called, and the word for how it stands."""

    record: CredentialRecord
    name: str
    standing: str


def list_items(records: Iterable[CredentialRecord]) -> list[Listed]:
    """From the signed bytes where there are some: what is shown is what was issued."""
    items = []
    for record in records:
        display = _display(record)
        items.append(Listed(record, display.name, _standing(record, display)))
    return items


def _standing(record: CredentialRecord, display: CredentialDisplay) -> str:
    if record.signed is None:
        return record.state.value
    return carry.standing(record, display, now()).value


@blueprint.get("")
@console_door()
def index() -> Response:
    """Search by recipient, achievement or id; the state narrows it down."""
    text = request.args.get("q", "").strip()[:200]
    state = request.args.get("state", "")
    offset = max(0, request.args.get("from", 0, type=int))
    wanted = CredentialState(state) if state in set(CredentialState) else None
    found = issued.search(services(), text, state=wanted, limit=_PAGE_ROWS + 1, offset=offset)
    return page(
        "console/credentials.html",
        private=True,
        here="credentials",
        items=list_items(found[:_PAGE_ROWS]),
        text=text,
        state=state,
        states=list(CredentialState),
        offset=offset,
        step=_PAGE_ROWS,
        more=len(found) > _PAGE_ROWS,
    )


@blueprint.get("/issue")
@console_door()
def issue_form() -> Response:
    return _issue_page()


@blueprint.post("/issue")
@console_door()
def issue() -> AnyResponse:
    """The hidden key of the form makes a second press of the button the same order."""
    email = request.form.get("email", "").strip()
    try:
        if not is_email(email):
            raise InputError("enter one e-mail address, such as name@example.org")
        order = award.OrderRequest(
            idempotency_key=request.form.get("order", "")[:64] or random_token(16),
            achievement_key=request.form.get("achievement", ""),
            recipient=Recipient(email=email, name=request.form.get("name", "").strip()[:200] or None),
        )
        record, _ = award.award_request(services(), ACTOR, order, now=now())
    except (InputError, ConflictError) as error:
        return _issue_page(error)
    flash("The credential is issued: signed, checked, and open to anyone's verification.")
    return redirect(url_for("console.credentials.credential", credential_id=record.id), 303)


@blueprint.get("/<credential_id>")
@console_door()
def credential(credential_id: str) -> Response:
    return _credential_page(_record(credential_id))


@blueprint.get("/<credential_id>/<action>")
@console_door(shown=("action",))
def confirm(credential_id: str, action: str) -> Response:
    return _confirm_page(_record(credential_id), action)


@blueprint.post("/<credential_id>/<action>")
@console_door(shown=("action",))
def change(credential_id: str, action: str) -> AnyResponse:
    if action not in CHANGES:
        raise NotFound()
    chosen, reason = CHANGES[action], request.form.get("reason", "").strip()
    if not 0 < len(reason) <= _MAX_REASON_CHARS:
        fault = f"Say why, in at most {_MAX_REASON_CHARS} characters."
        return _confirm_page(_record(credential_id), action, reason_fault=fault)
    if chosen.final and request.form.get("sure") != "yes":
        return _confirm_page(_record(credential_id), action, sure_fault="Confirm that this cannot be undone.")
    publish.set_status(services(), credential_id, chosen.state, reason=reason, actor=ACTOR, now=now())
    flash(chosen.done)
    return redirect(url_for("console.credentials.credential", credential_id=credential_id), 303)


@blueprint.post("/<credential_id>/claim-link")
@console_door()
def claim_link(credential_id: str) -> Response:
    """A wallet link to hand over by other means than our mail. Shown once."""
    record = _record(credential_id)
    link = access.create_wallet_link(services(), record.person_id, now())
    return _credential_page(record, link=link)


def _record(credential_id: str) -> CredentialRecord:
    return issued.record_of(services(), credential_id)


def _version(record: CredentialRecord) -> AchievementVersion:
    return publish.achievement(services(), record.order.achievement_key, record.order.achievement_version)


def _display(record: CredentialRecord) -> CredentialDisplay:
    """What the signed bytes say; before there are any, what the achievement says."""
    if record.signed is None:
        return achievement_display(_version(record).achievement)
    return build_display(parse_json_object(record.signed))


def _credential_page(record: CredentialRecord, link: str = "") -> Response:
    history, display = issued.history_of(services(), record.id), _display(record)
    return page(
        "console/credential.html",
        private=True,
        here="credentials",
        record=record,
        display=display,
        stands=_standing(record, display),
        version=_version(record),
        steps=[("Reserved", record.issued_at), ("Signed, checked and stored", record.stored_at)],
        letter=history.letter,
        audit=history.audit,
        actions=[(name, CHANGES[name]) for name in _POSSIBLE.get(record.state, ())],
        mail_enabled=services().mail_enabled,
        address=f"{services().public_url}/credentials/{record.id}",
        link=link,
    )


def _confirm_page(
    record: CredentialRecord, action: str, *, reason_fault: str = "", sure_fault: str = ""
) -> Response:
    if action not in _POSSIBLE.get(record.state, ()):
        raise NotFound()
    return page(
        "console/confirm.html",
        status=400 if reason_fault or sure_fault else 200,
        private=True,
        here="credentials",
        record=record,
        display=_display(record),
        action=action,
        change=CHANGES[action],
        reason=request.form.get("reason", ""),
        reason_fault=reason_fault,
        sure_fault=sure_fault,
    )


def _issue_page(error: CredservError | None = None) -> Response:
    newest = newest_of_each(services())
    return page(
        "console/issue.html",
        status=200 if error is None else 400,
        private=True,
        here="credentials",
        error=error,
        form=request.form,
        order=request.form.get("order") or random_token(16),
        achievements=[(version, achievement_display(version.achievement)) for version in newest],
        chosen=request.form.get("achievement") or request.args.get("achievement", ""),
        mail_enabled=services().mail_enabled,
    )
