"""Console: the texts of letters, for each language, with a preview."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, NotFoundError
from credserv.journeys.deliver import words
from credserv.journeys.deliver.kept import kept_letters
from credserv.records.letter_words import LetterWords
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("letters", __name__, url_prefix="/letters")

WORDS = Listing(
    "words-of-letters",
    ("letter", "language", "subject", "text", "button", "notes"),
    lambda: words.all_words(services()),
    lambda one: (one.tells, one.language, one.subject, one.text, one.button, one.notes),
).serve(blueprint, Permission.ORGANISATION)

_FIELDS = ("language", "subject", "text", "button", "notes")


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    """List letters; with `tells` and `language`, show that letter's texts to edit."""
    tells, language = request.args.get("tells", ""), request.args.get("language", "")
    known = {(one.tells.value, one.language): one for one in words.all_words(services())}
    return _page(known.get((tells, language)))


@blueprint.get("/kept")
@console_door(needs=Permission.INSPECT)
def kept() -> Response:
    """Show a sandbox's letters. Raises NotFoundError elsewhere, where letters are really sent."""
    if not services().issuer.sandbox:
        raise NotFoundError("letters are kept in a sandbox alone: here they go out")
    found, total = kept_letters(services())
    return page("tell/kept_letters.html", private=True, here="organisation", letters=found, total=total)


@blueprint.post("")
@console_door(needs=Permission.ORGANISATION)
def save() -> AnyResponse:
    """Save, or show a preview without saving."""
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    typed["language"] = typed["language"].lower()
    try:
        written = LetterWords(words.tells_of(request.form.get("tells", "")), **typed)
        if request.form.get("do") != "save":
            return _page(written, shown=words.preview(written))
        words.set_words(services(), written, actor=actor(), now=now())
    except InputError as error:
        return _page(None, error)
    flash(gettext("Saved. The next letter is written so."))
    return redirect(url_for("tell.letters.index"), 303)


@blueprint.post("/remove")
@console_door(needs=Permission.ORGANISATION)
def remove() -> AnyResponse:
    tells = words.tells_of(request.form.get("tells", ""))
    words.remove_words(services(), tells, request.form.get("language", ""), actor=actor(), now=now())
    flash(gettext("Removed."))
    return redirect(url_for("tell.letters.index"), 303)


def _page(
    chosen: LetterWords | None, error: CredservError | None = None, *, shown: words.Filled | None = None
) -> Response:
    return page(
        "tell/letters.html",
        status=status_of(error),
        private=True,
        here="organisation",
        known=WORDS.found(),
        kinds=list(words.PLACEHOLDERS_OF),
        placeholders={one.value: list(said) for one, said in words.PLACEHOLDERS_OF.items()},
        form=request.form if error is not None else vars(chosen) if chosen is not None else {},
        shown=shown,
        error=error,
        faults={fault.place.removeprefix("/"): fault.message for fault in error.faults} if error else {},
    )
