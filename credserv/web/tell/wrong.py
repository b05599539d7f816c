"""Console: problems of all kinds in one list, each with the button that resolves it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import AbsentError, ConflictError, CredservError, ForbiddenError, InputError
from credserv.journeys.admit.colleagues import require_grant
from credserv.journeys.award.issued import record_of
from credserv.journeys.award.orders import order_again
from credserv.journeys.award.resume import find_message, resume
from credserv.journeys.award.waiting import count_open
from credserv.journeys.connect import endpoints, pulls
from credserv.journeys.deliver import outbox
from credserv.journeys.operate.wrong import all_wrong
from credserv.journeys.publish.publish import publish_due
from credserv.records.roles import Permission
from credserv.records.sources import SET_ASIDE
from credserv.records.wrong import WrongKind
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext, ngettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import STATE_WORDS, page
from credserv.web.frame.sentences import said, sentence
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("wrong", __name__, url_prefix="/wrong")

# The text for a row, by its kind; pages show it in the reader's language.
WORDS = {
    WrongKind.LETTER: "A letter was not delivered",
    WrongKind.MESSAGE: "A message was set aside",
    WrongKind.ORDER: "A badge could not be issued",
    WrongKind.FILE: "Rows of a file could not be issued",
    WrongKind.NOTICE: "A system was not told",
    WrongKind.REFUSED: "A request was refused",
    WrongKind.SOURCE: "A system could not be asked for everything",
    WrongKind.STATUS_LIST: "A status list could not be signed",
}
LISTING = Listing(
    "what-went-wrong",
    ("at", "state", "whose", "about", "why", "subject"),
    lambda states, after=None: all_wrong(
        services(), kinds=[WrongKind(one) for one in states], after=after, now=now()
    ),
    lambda one: (one.at, one.kind, one.whose, one.about, one.why, one.subject),
    states=tuple(WrongKind),
    by_state=True,
    place=lambda one: one.place,
).serve(blueprint, Permission.INSPECT)


@blueprint.get("")
@console_door(needs=Permission.INSPECT)
def index() -> Response:
    return page(
        "tell/wrong.html",
        private=True,
        here="wrong",
        found=LISTING.found(),
        words=WORDS,
        waiting=sum(count_open(services()).values()),
    )


@blueprint.post("/letter")
@console_door(needs=Permission.ISSUE)
def send_letter() -> AnyResponse:
    def mend(key: str) -> str:
        outbox.send_again(services(), key, actor=actor(), now=now())
        return gettext("The letter goes out again in a moment.")

    return _mend(mend)


@blueprint.post("/order")
@console_door(needs=Permission.ISSUE)
def order() -> AnyResponse:
    """Repeat an order with the permissions of the person who presses the button."""

    def mend(key: str) -> str:
        wanted = record_of(services(), key).order
        require_grant(services(), colleague(), wanted.achievement_key, wanted.recipient.email or "", now())
        order_again(services(), key, actor=actor(), now=now())
        return gettext("The badge is issued.")

    return _mend(mend)


@blueprint.post("/message")
@console_door(needs=Permission.CONNECT)
def decide_message() -> AnyResponse:
    """Read or decide a message again, by current knowledge and configuration."""

    def mend(key: str) -> str:
        source, _, event_id = key.partition("/")
        made = resume(services(), find_message(services(), source, event_id), now=now())
        if made.state in SET_ASIDE:
            raise ConflictError(made.note or "the message could not be understood this time, either")
        state = said(STATE_WORDS.get(made.state, made.state.value), plain=True)
        return gettext("The message went on: it is %(state)s now.", state=state)

    return _mend(mend)


@blueprint.post("/notice")
@console_door(needs=Permission.CONNECT)
def send_notice() -> AnyResponse:
    def mend(key: str) -> str:
        endpoints.send_again(services(), key, now=now())
        return gettext("It goes out again.")

    return _mend(mend)


@blueprint.post("/source")
@console_door(needs=Permission.CONNECT)
def ask_source() -> AnyResponse:
    def mend(key: str) -> str:
        pulls.ask_now(services(), key, now=now())
        return gettext("The system is asked within a minute. Look again then.")

    return _mend(mend)


@blueprint.post("/status-list")
@console_door(needs=Permission.CONNECT)
def sign_lists() -> AnyResponse:
    """Sign all lists that are due, as the worker does."""

    def mend(_key: str) -> str:
        signed, failed = publish_due(services(), now=now())
        if failed:
            raise ConflictError(
                "a status list still cannot be signed: whoever runs the service finds why in its log"
            )
        return ngettext("%(num)s status list was signed.", "%(num)s status lists were signed.", signed)

    return _mend(mend)


def _mend(mend: Callable[[str], str]) -> AnyResponse:
    """Run a remedy; its outcome is shown on the list, where the row is gone or not."""
    try:
        flash(mend(request.form.get("key", "")))
    except (InputError, AbsentError, ConflictError, ForbiddenError) as error:
        flash(_told(error), "fault")
    return redirect(url_for("tell.wrong.index"), 303)


def _told(error: CredservError) -> str:
    return said(sentence(error.detail))
