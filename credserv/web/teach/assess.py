"""Console: an assessor records what they observed, on a phone, in three steps: who, what, how well."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError
from credserv.journeys.admit import members
from credserv.journeys.award import assess, feedback, rounds
from credserv.journeys.define.catalogue import newest_of_each
from credserv.journeys.publish import publish
from credserv.mastery.rule import By
from credserv.mastery.targets import fragment_of
from credserv.openbadges.display import achievement_display
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("assess", __name__, url_prefix="/assess")

_FOUND = 12  # on one phone screen


@blueprint.get("")
@console_door(needs=Permission.ASSESS)
def who() -> Response:
    """Find people by name; nobody is listed without a search."""
    text = request.args.get("q", "").strip()[:200]
    found = members.find_members(services(), text, limit=_FOUND, after=None).items if len(text) > 1 else ()
    me = colleague().membership_id
    return page(
        "teach/assess_who.html",
        private=True,
        here="assess",
        text=text,
        people=[one.member for one in found if one.member.id != me],
        said=request.args.get("said", ""),
    )


@blueprint.get("/<membership_id>")
@console_door(needs=Permission.ASSESS)
def what(membership_id: str) -> Response:
    return page(
        "teach/assess_what.html",
        private=True,
        here="assess",
        person=members.member_of_id(services(), membership_id, now()).record,
        achievements=[(one, achievement_display(one.achievement)) for one in newest_of_each(services())],
    )


@blueprint.get("/<membership_id>/<key>")
@console_door(needs=Permission.ASSESS, shown=("key",))
def how_well(membership_id: str, key: str) -> Response:
    return _page(membership_id, key)


@blueprint.post("/<membership_id>/<key>")
@console_door(needs=Permission.ASSESS, shown=("key",))
def record(membership_id: str, key: str) -> AnyResponse:
    typed = request.form
    word = assess.Word(
        id=typed.get("id", ""),
        of=membership_id,
        by=colleague().membership_id,
        role=By.ASSESSOR,
        achievement_key=key,
        level=typed.get("level") or None,
        shown=typed.get("shown") == "yes",
        note=typed.get("note", "").strip(),
        context=typed.get("context", ""),
    )
    try:
        if word.level is None and typed.get("shown") not in ("yes", "no"):
            raise InputError("choose how well it was done")
        assess.record_word(services(), word, actor=actor(), now=now())
    except (InputError, ConflictError, ForbiddenError) as error:
        return _page(membership_id, key, error)
    flash(gettext("Recorded. Thank you."))
    return redirect(url_for("teach.assess.who", said=word.id), 303)


@blueprint.post("/<membership_id>/<key>/ask")
@console_door(needs=Permission.ASSESS, shown=("key",))
def ask(membership_id: str, key: str) -> Response:
    """Ask for feedback by mail, or by a link shown only in this response."""
    email, role = request.form.get("email", ""), request.form.get("role", "")
    asked = {"email": email, "role": role, "actor": actor()}
    try:
        if request.form.get("how") == "mail":
            feedback.mail_for_feedback(services(), membership_id, key, **asked, now=now())
            flash(gettext("A letter goes to %(email)s.", email=email.strip()))
            return _page(membership_id, key)
        link = feedback.ask_for_feedback(services(), membership_id, key, **asked, now=now())
    except (InputError, ForbiddenError) as error:
        return _page(membership_id, key, error)
    return _page(membership_id, key, link=link)


@blueprint.post("/<membership_id>/<key>/round")
@console_door(needs=Permission.ASSESS, shown=("key",))
def ask_all(membership_id: str, key: str) -> Response:
    """Ask from all sides, by letters or by links shown only once."""
    typed = request.form
    try:
        days = typed.get("days", "")
        opened = rounds.open_round(
            services(),
            membership_id,
            key,
            rounds.read_raters(typed.get("raters", "")),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 3 else 0,
            mail=typed.get("how") == "mail",
            actor=actor(),
            now=now(),
        )
    except InputError as error:
        return _page(membership_id, key, error)
    return _page(membership_id, key, links=opened.links)


@blueprint.post("/back")
@console_door(needs=Permission.ASSESS)
def take_back() -> AnyResponse:
    said = request.form.get("id", "")
    assess.take_back(services(), said, colleague().membership_id, actor=actor(), now=now())
    flash(gettext("Taken back."))
    return redirect(url_for("teach.assess.who"), 303)


def _page(
    membership_id: str,
    key: str,
    error: CredservError | None = None,
    *,
    link: str = "",
    links: tuple[tuple[str, str], ...] = (),
) -> Response:
    version = publish.achievement(services(), key, None)
    shown = rounds.rounds_of(services(), membership_id, now())
    return page(
        "teach/assess.html",
        status=status_of(error),
        private=True,
        here="assess",
        person=members.member_of_id(services(), membership_id, now()).record,
        version=version,
        display=achievement_display(version.achievement),
        levels=[(fragment_of(level), level) for level in assess.rubric_of(version)],
        contexts=assess.contexts_of(services(), version.key),
        form=request.form,
        link=link,
        links=links,
        rounds=[one for one in shown if one.round.achievement_key == version.key],
        asked=feedback.ASKED,
        mails=services().mail_enabled,
        id=request.form.get("id") or secrets.token_hex(16),
        error=error,
    )
