"""Console: programmes, their requirements in words, founders, and warnings for the owner."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, date, datetime, time
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.accreditation.words import asked_words
from credserv.ground.encoding import parse_day
from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError, SettingsError
from credserv.ground.names import cut
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.accredit import founders as founding
from credserv.journeys.accredit import programmes as journeys
from credserv.journeys.accredit.case_file import name_of
from credserv.journeys.accredit.watching import watch
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor, colleague

blueprint = Blueprint("rules", __name__, url_prefix="/programmes")

_MAX_CHARS = 200
_STARTERS = "credserv.programmes"


def _read() -> list[tuple[journeys.Loaded, str | None]]:
    """Return each with the reason why nobody can apply."""
    today = services().today(now())
    return [(one, one.programme.why_closed(today)) for one in journeys.all_programmes(services())]


PROGRAMMES = Listing(
    "programmes",
    ("key", "version", "name", "owner", "body", "state", "why_closed", "loaded_at"),
    _read,
    lambda row: (
        row[0].record.key,
        row[0].record.version,
        row[0].programme.name,
        row[0].record.owner,
        row[0].programme.body,
        "closed" if row[1] else "open",
        row[1],
        row[0].record.loaded_at,
    ),
    states=("open", "closed"),
).serve(blueprint, Permission.CASES)


def install_starters(app: Flask, schemas_dir: Path) -> None:
    """Read the product's starter programmes, once. Raises SettingsError."""
    found = {}
    for path in sorted((schemas_dir / "programmes").glob("*.json")):
        try:
            found[path.stem] = parse_json_object(path.read_bytes())
        except (OSError, InputError) as error:
            raise SettingsError(f"cannot read the programme {path}: {error}") from error
    app.extensions[_STARTERS] = found


@blueprint.get("")
@console_door(needs=Permission.CASES)
def index() -> Response:
    return _list()


@blueprint.post("")
@console_door(needs=Permission.PROGRAMMES)
def load() -> AnyResponse:
    """Load a starter programme of the product, or the text of a file."""
    typed = request.form.get("document", "")
    starter = current_app.extensions[_STARTERS].get(request.form.get("starter", ""))
    try:
        loaded, is_new = journeys.load_programme(
            services(),
            parse_json_object(typed.encode()) if starter is None else starter,
            owner=request.form.get("owner", "").strip()[:_MAX_CHARS] or None,
            actor=actor(),
            now=now(),
        )
    except (InputError, ConflictError) as error:
        return _list(error, typed)
    told = {"number": loaded.record.version, "name": loaded.programme.name}
    flash(
        gettext("Version %(number)s of “%(name)s” was loaded.", **told)
        if is_new
        else gettext("Version %(number)s of “%(name)s” was loaded before: no new version was needed.", **told)
    )
    return redirect(url_for("programmes.rules.show", key=loaded.record.key), 303)


@blueprint.get("/<key>")
@console_door(needs=Permission.CASES, shown=("key",))
def show(key: str) -> Response:
    return _page(key, request.args.get("version", ""))


@blueprint.post("/<key>/retire")
@console_door(needs=Permission.PROGRAMMES, shown=("key",))
def retire(key: str) -> AnyResponse:
    version, text = request.form.get("version", ""), request.form.get("on", "").strip()
    try:
        day = _day(text) if text else None
        journeys.retire_programme(services(), key, _number(version) or 0, day, actor=actor(), now=now())
    except InputError as error:
        return _page(key, version, error)
    flash(
        gettext("Nobody applies under it from %(day)s on.", day=day)
        if day
        else gettext("It takes applications again.")
    )
    return redirect(url_for("programmes.rules.show", key=key, version=version), 303)


@blueprint.post("/<key>/founders")
@console_door(needs=Permission.PROGRAMMES, shown=("key",))
def appoint(key: str) -> AnyResponse:
    """Appoint a founder. Sent twice, it counts once: the form has an id of its own."""
    typed = request.form
    try:
        founding.appoint_founder(
            services(),
            key,
            person=typed.get("person", "").strip(),
            until=datetime.combine(_day(typed.get("until", "").strip()), time(), UTC),
            competencies=[one.strip() for one in typed.get("competencies", "").split(",") if one.strip()],
            reason=cut(typed.get("reason", "").strip(), 2_000),
            reference=f"console:{typed.get('id', '')[:64]}",
            actor=actor(),
            now=now(),
        )
    except (InputError, NotFoundError, ConflictError) as error:
        return _page(key, "", error)
    flash(gettext("Appointed. It is shown as such until it ends."))
    return redirect(url_for("programmes.rules.show", key=key), 303)


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except InputError as error:
        raise InputError("a day is expected, as 2027-03-01") from error


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _list(error: CredservError | None = None, typed: str = "") -> Response:
    starters = current_app.extensions[_STARTERS]
    return page(
        "programmes/programmes.html",
        status=status_of(error),
        private=True,
        here="programmes",
        programmes=PROGRAMMES.found(),
        starters=[
            (
                key,
                gettext("%(name)s: a shape after %(body)s", name=one["name"], body=one["body"])
                if one.get("body")
                else one["name"],
            )
            for key, one in sorted(starters.items(), key=lambda item: bool(item[1].get("body")))
        ],
        typed=typed,
        owner=request.form.get("owner", ""),
        error=error,
        may_load=colleague().may(Permission.PROGRAMMES),
    )


def _page(key: str, version: str, error: CredservError | None = None) -> Response:
    loaded = journeys.programme_version(services(), key, _number(version))
    watched = watch(services(), loaded.programme, now=now())
    founders = founding.founders(services(), key)
    people = watched.people | {one.membership_id for one in founders}
    return page(
        "programmes/programme.html",
        status=status_of(error),
        private=True,
        here="programmes",
        loaded=loaded,
        programme=loaded.programme,
        why_closed=loaded.programme.why_closed(services().today(now())),
        grant=[asked_words(one, gettext) for one in loaded.programme.grant],
        renewal=[asked_words(one, gettext) for one in loaded.programme.renewal],
        history=journeys.programme_history(services(), key),
        text=json.dumps(loaded.record.document, indent=2, ensure_ascii=False),
        founders=founders,
        watched=watched,
        names={one: name_of(services(), one) for one in people},
        now=now(),
        form=request.form,
        id=request.form.get("id") or secrets.token_hex(16),
        error=error,
        may_change=colleague().may(Permission.PROGRAMMES),
    )
