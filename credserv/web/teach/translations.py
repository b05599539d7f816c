"""Console: one version of an achievement in further languages, beside the signed text."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError
from credserv.journeys.define import translations
from credserv.journeys.publish import publish
from credserv.journeys.translations import translations_of
from credserv.openbadges.display import achievement_display
from credserv.openbadges.translations import Translation
from credserv.records.achievements import AchievementVersion
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext, language_name
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("translations", __name__, url_prefix="/achievements/<key>/<int:number>/translations")


@blueprint.get("")
@console_door(needs=Permission.LOOK, shown=("key", "number"))
def show(key: str, number: int) -> Response:
    """Show translations; `language` is that of the form."""
    return _page(key, number)


@blueprint.post("")
@console_door(needs=Permission.DEFINE, shown=("key", "number"))
def give(key: str, number: int) -> AnyResponse:
    language = request.form.get("language", "").strip()
    try:
        translations.set_translation(
            services(), key, number, language, request.form, actor=actor(), now=now()
        )
    except InputError as error:
        return _page(key, number, error)
    flash(gettext("Saved in %(language)s. What is signed stays as it is.", language=language_name(language)))
    return redirect(url_for(".show", key=key, number=number), 303)


@blueprint.post("/remove")
@console_door(needs=Permission.DEFINE, shown=("key", "number"))
def remove(key: str, number: int) -> AnyResponse:
    language = request.form.get("language", "")
    translations.remove_translation(services(), key, number, language, actor=actor(), now=now())
    flash(
        gettext(
            "The translation was removed. Readers of %(language)s see what is signed.",
            language=language_name(language),
        )
    )
    return redirect(url_for(".show", key=key, number=number), 303)


def _page(key: str, number: int, error: CredservError | None = None) -> Response:
    version = publish.achievement(services(), key, number)
    known, earlier = translations_of(services(), version), _earlier(version)
    asked = request.args.get("language", "")
    found = next((one for one in (*known, *earlier) if one.language == asked), None)
    return page(
        "teach/translations.html",
        status=status_of(error),
        private=True,
        here="achievements",
        error=error,
        version=version,
        display=achievement_display(version.achievement),
        known=known,
        earlier=earlier,
        form=request.form if error is not None else _form(found),
    )


def _earlier(version: AchievementVersion) -> tuple[Translation, ...]:
    """Return the previous version's translations missing here; its text differed, so they need review."""
    if version.version == 1:
        return ()
    before = publish.achievement(services(), version.key, version.version - 1)
    here = {one.language for one in translations_of(services(), version)}
    return tuple(one for one in translations_of(services(), before) if one.language not in here)


def _form(found: Translation | None) -> dict[str, str]:
    if found is None:
        return {}
    return {
        "language": found.language,
        "name": found.name,
        "description": found.description,
        "criteria": found.narrative,
    }
