"""Console: credentials. Find, issue by hand, follow, revoke, suspend, restore, hand over a claim link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import format_instant, random_token
from credserv.ground.errors import AbsentError, ConflictError, CredservError, ForbiddenError, InputError
from credserv.ground.names import cut, is_email
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.addresses import credential_url
from credserv.journeys.admit import claims
from credserv.journeys.admit.colleagues import require_grant
from credserv.journeys.award import issued, orders
from credserv.journeys.award.in_bulk.reissue import former_of, successor_of
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.hold import wallet
from credserv.journeys.operate.trail import named, who_acted
from credserv.journeys.publish import publish
from credserv.openbadges.display import CredentialDisplay, achievement_display, build_display
from credserv.records.achievements import AchievementVersion
from credserv.records.audit_words import ACTION_WORDS
from credserv.records.credentials import CredentialFilter, CredentialRecord, CredentialState, Recipient
from credserv.records.paging import Place, all_pages
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague
from credserv.web.frame.tables import csv_file

blueprint = Blueprint("credentials", __name__, url_prefix="/credentials")

_PAGE_ROWS, _EXPORT_ROWS = 25, 500
_MAX_REASON_CHARS = 500
ISSUED = "The credential is issued and signed. Anybody can check it now."
AWARDED_BEFORE = (
    "This person has been awarded this before, and nothing new was issued. This is their credential. "
    "To award it again, revoke it first, or say in the achievement's definition how often it is awarded."
)


@dataclass(frozen=True)
class Change:
    """A change of status as people see it."""

    state: CredentialState
    verb: str
    title: str
    consequence: str
    done: str
    final: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """All its texts; pages show them in the reader's language."""
        return self.verb, self.title, self.consequence, self.done


CHANGES = {
    "revoke": Change(
        CredentialState.REVOKED,
        "Revoke",
        "Revoke this credential?",
        "Within about a minute, whoever verifies it sees that it was revoked. This cannot be undone.",
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
    """A row of the list: the record, its name, and the word for its state."""

    record: CredentialRecord
    name: str
    standing: str


def list_items(records: Iterable[CredentialRecord]) -> list[Listed]:
    """Return rows, from the signed bytes where there are any: what is shown is what was issued."""
    items = []
    for record in records:
        display = _display(record)
        items.append(Listed(record, display.name, _standing(record, display)))
    return items


def _standing(record: CredentialRecord, display: CredentialDisplay) -> str:
    if record.signed is None:
        return record.state.value
    return wallet.standing(record, display, now()).value


@blueprint.get("")
@console_door(needs=Permission.LOOK)
def index() -> Response:
    """Search by recipient, badge or id, narrowed by state. A page continues after a row."""
    text, state = _asked()
    found = issued.search(
        services(),
        text,
        wanted=CredentialFilter(state),
        limit=_PAGE_ROWS,
        after=_place("after"),
        before=_place("before"),
    )
    return page(
        "console/credentials.html",
        private=True,
        here="credentials",
        items=list_items(found.items),
        text=text,
        state=state.value if state else "",
        states=list(CredentialState),
        found=found,
        first=Place(found.items[0].issued_at, found.items[0].id) if found.items else "",
        last=Place(found.items[-1].issued_at, found.items[-1].id) if found.items else "",
    )


def _place(name: str) -> Place | None:
    text = request.args.get(name, "")
    return Place.parse(text) if text else None


@blueprint.get("/issue")
@console_door(needs=Permission.ISSUE)
def issue_form() -> Response:
    return _issue_page()


@blueprint.get("/export")
@console_door(needs=Permission.LOOK)
def export() -> Response:
    own, (text, state) = services(), _asked()
    found = all_pages(
        lambda after: issued.search(
            own, text, wanted=CredentialFilter(state), limit=_EXPORT_ROWS, after=after
        ),
        lambda one: Place(one.issued_at, one.id),
    )
    rows = (
        (
            credential_url(own.public_url, one.id),
            one.order.achievement_key,
            one.order.achievement_version,
            one.order.recipient.email or one.order.recipient.did,
            one.order.recipient.name,
            one.state.value,
            format_instant(one.issued_at),
            format_instant(one.changed_at) if one.changed_at else None,
        )
        for one in found
    )
    columns = (
        "credential",
        "achievement",
        "version",
        "recipient",
        "name",
        "state",
        "issued_at",
        "changed_at",
    )
    return csv_file("credentials", columns, rows)


def _asked() -> tuple[str, CredentialState | None]:
    state = request.args.get("state", "")
    chosen = CredentialState(state) if state in set(CredentialState) else None
    return request.args.get("q", "").strip()[:200], chosen


@blueprint.post("/issue")
@console_door(needs=Permission.ISSUE)
def issue() -> AnyResponse:
    """Issue a badge. The form's hidden key makes a second press of the button the same order."""
    email = request.form.get("email", "").strip()
    try:
        if not is_email(email):
            raise InputError("enter one e-mail address, such as name@example.org")
        require_grant(services(), colleague(), request.form.get("achievement", ""), email, now())
        order = orders.OrderRequest(
            idempotency_key=request.form.get("order", "")[:64] or random_token(16),
            achievement_key=request.form.get("achievement", ""),
            recipient=Recipient(email=email, name=cut(request.form.get("name", "").strip(), 200) or None),
        )
        record, made = orders.award_request(services(), actor(), order, now=now())
    except (InputError, AbsentError, ConflictError, ForbiddenError) as error:
        return _issue_page(error)
    flash(gettext(AWARDED_BEFORE if made.is_repeat else ISSUED))
    return redirect(url_for("console.credentials.credential", credential_id=record.id), 303)


@blueprint.get("/<credential_id>")
@console_door(needs=Permission.LOOK)
def credential(credential_id: str) -> Response:
    return _credential_page(_record(credential_id))


@blueprint.get("/<credential_id>/<action>")
@console_door(needs=Permission.CHANGE_STATUS, shown=("action",), proof=True)
def confirm(credential_id: str, action: str) -> Response:
    return _confirm_page(_record(credential_id), action)


@blueprint.post("/<credential_id>/<action>")
@console_door(needs=Permission.CHANGE_STATUS, shown=("action",), proof=True)
def change(credential_id: str, action: str) -> AnyResponse:
    if action not in CHANGES:
        raise NotFound()
    chosen, reason = CHANGES[action], request.form.get("reason", "").strip()
    if not 0 < len(reason) <= _MAX_REASON_CHARS:
        fault = gettext("Say why, in at most %(number)s characters.", number=_MAX_REASON_CHARS)
        return _confirm_page(_record(credential_id), action, reason_fault=fault)
    if chosen.final and request.form.get("sure") != "yes":
        fault = gettext("Confirm that this cannot be undone.")
        return _confirm_page(_record(credential_id), action, sure_fault=fault)
    publish.set_status(services(), credential_id, chosen.state, reason=reason, actor=actor(), now=now())
    flash(gettext(chosen.done))
    return redirect(url_for("console.credentials.credential", credential_id=credential_id), 303)


@blueprint.post("/<credential_id>/claim-link")
@console_door(needs=Permission.ISSUE)
def claim_link(credential_id: str) -> Response:
    """Create a link to this one badge, to hand over where our mail does not arrive. Shown once."""
    record = _record(credential_id)
    link = claims.create_link(services(), record.id, now(), actor=actor())
    return _credential_page(record, link=link)


def _record(credential_id: str) -> CredentialRecord:
    return issued.record_of(services(), credential_id)


def _version(record: CredentialRecord) -> AchievementVersion:
    return publish.achievement(services(), record.order.achievement_key, record.order.achievement_version)


def _display(record: CredentialRecord) -> CredentialDisplay:
    """Return what the signed bytes say; before there are any, what the achievement says."""
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
        steps=[
            (gettext("Ordered"), record.issued_at),
            (gettext("Signed, checked and stored"), record.stored_at),
        ],
        successor=successor_of(services(), record),
        former=former_of(record),
        letter=history.letter,
        trail=named(services(), history.audit),
        action_words=ACTION_WORDS,
        ordered_by=who_acted(services(), record.order.scope),
        kept=claims.is_kept(services(), record.id),
        actions=[(name, CHANGES[name]) for name in _POSSIBLE.get(record.state, ())],
        mail_enabled=services().mail_enabled,
        address=credential_url(services().public_url, record.id),
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


def _order_key(error: CredservError | None) -> str:
    """Return the same key again, so that a second press is the same order; a new one if it was used for
    another."""
    spent = isinstance(error, ConflictError)
    return random_token(16) if spent else request.form.get("order") or random_token(16)


def _issue_page(error: CredservError | None = None) -> Response:
    newest = newest_of_each(services())
    return page(
        "console/issue.html",
        status=200 if error is None else 403 if isinstance(error, ForbiddenError) else 400,
        private=True,
        here="credentials",
        error=error,
        form=request.form,
        order=_order_key(error),
        achievements=[(version, achievement_display(version.achievement)) for version in newest],
        chosen=request.form.get("achievement") or request.args.get("achievement", ""),
        mail_enabled=services().mail_enabled,
    )
