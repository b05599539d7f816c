"""Choose a page's language, and let its templates use it (Flask-Babel).

The choice made with the switch at the foot of a page comes first, as long as the browser keeps it; then
`?lang=` in a link; then the browser's preference; else English. `headers` tells caches that a response is
only for readers of that language. A room is translated as a whole, so that no page mixes two languages.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.support import NullTranslations
from flask import Request, has_request_context
from flask.sansio.app import App
from flask_babel import Babel, Domain  # type: ignore[import-untyped]  # flask-babel ships no types
from markupsafe import Markup
from werkzeug.wrappers import Response

from credserv.ground import languages
from credserv.ground.languages import ENGLISH, LANGUAGES, catalogue, decimal_sign, locale_of
from credserv.web.frame.context import (
    context,
    current_application,
    current_notes,
    current_request,
    services,
)

# The packages with translated pages; those of others are entirely in English.
TRANSLATED_ROOMS = tuple(
    f"credserv.web.{room}."
    for room in (
        *("public", "verify", "hooks", "holder", "identity", "privacy", "wallets"),
        *("console", "staff", "teach", "tell", "mentoring", "mentors", "programmes"),
    )
)
# Rooms where an organisation's own people work, in its time zone.
_ORGANISATIONS = tuple(
    f"credserv.web.{room}."
    for room in ("console", "staff", "teach", "tell", "programmes", "mentoring", "mentors")
)
_COOKIE = "credserv_language"
_DECIMAL = re.compile(r"-?\d+\.\d+", re.ASCII)
_KEPT_FOR = timedelta(days=365)


class _Catalogues(Domain):  # type: ignore[misc]  # flask-babel ships no types
    """Catalogues compiled as they are read; Flask-Babel's own would need `.mo` files."""

    def get_translations(self) -> NullTranslations:
        return catalogue(language())


def install_languages(app: App) -> None:
    """Give templates `_()`, `{% trans %}` (with trimmed texts) and the functions for the language."""
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    babel = Babel()
    babel.domain_instance = _Catalogues()
    babel.init_app(app, locale_selector=_locale)
    app.jinja_env.globals.update(
        lang_of=lang_of,
        page_language=language,
        page_direction=direction,
        page_languages=LANGUAGES,
        spoken_here=spoken_here,
        same_page=same_page,
    )


def language() -> str:
    """Return the one of `LANGUAGES` in which this request is answered."""
    if not has_request_context():
        return ENGLISH
    notes = current_notes()
    known: str | None = notes.get("language")
    if known is None:
        chosen = _chosen(current_request())
        known = notes.language = chosen if chosen in spoken_here() else ENGLISH
    return known


def _answers(rooms: tuple[str, ...]) -> bool:
    """Return whether a room of these answers this request."""
    endpoint = current_request().endpoint if has_request_context() else None
    if endpoint is None:
        return False
    return f"{current_application().view_functions[endpoint].__module__}.".startswith(rooms)


def form_language() -> str:
    """Return the language in which the submitted form was read, as its page states; else this response's."""
    asked = current_request()
    told = asked.form.get("read_in", "") if asked.method == "POST" else ""
    return told if told in LANGUAGES else language()


def asked_language() -> str:
    """Return the reader's choice, link or browser preference; "" where there is none."""
    return _chosen(current_request()) or ""


def reading_languages() -> tuple[str, ...]:
    """Return the BCP 47 tags that the reader reads, best first, whether or not pages have them.

    Content of others may exist in more languages than our pages. `?lang=` counts alone, and so does a choice
    made for pages.
    """
    asked = current_request()
    chosen = asked.cookies.get(_cookie())
    if told := asked.args.get("lang") or (chosen if chosen in LANGUAGES else None):
        return (told,)
    return tuple(tag for tag, quality in asked.accept_languages if quality)


class _Said(Protocol):
    language: str


def lang_of(said: _Said) -> Markup:
    """Return the attribute for text in another language than the page (WCAG 2.2, 3.1.2)."""
    other = said.language and said.language != language()
    return Markup(' lang="{}"').format(said.language) if other else Markup("")


def told_language() -> str | None:
    """Return the language of this response, if any of it is in one."""
    found: str | None = current_notes().get("language")
    return found


def spoken_here() -> dict[str, str]:
    """Return the languages of the answering room with their names; for unknown addresses, all."""
    if current_request().endpoint is None:
        return LANGUAGES
    return LANGUAGES if _answers(TRANSLATED_ROOMS) else {ENGLISH: LANGUAGES[ENGLISH]}


def gettext(text: str, /, **values: object) -> str:
    """Translate a view's text into this response's language. `values` are by placeholder."""
    return languages.fill(catalogue(language()).gettext(text), values, language())


def ngettext(one: str, many: str, number: int) -> str:
    """Translate with a number, which is at `%(num)s`."""
    said: str = catalogue(language()).ngettext(one, many, number)
    return said % {"num": number}


def direction() -> str:
    """Return `ltr` or `rtl`, for HTML's `dir`."""
    return str(locale_of(language()).text_direction)


def same_page() -> str:
    """Return the address to return to: this page, or for a submitted form the form's."""
    asked = current_request()
    if asked.method in ("GET", "HEAD"):
        return asked.root_path + asked.full_path.removesuffix("?")
    adapter = current_application().create_url_adapter(asked)
    found = adapter is not None and adapter.test(asked.path, method="GET")
    return asked.root_path + (asked.path if found else "/")


def keep_choice(response: Response, chosen: str) -> Response:
    """Have the browser remember a choice; an unknown language changes nothing."""
    if chosen in LANGUAGES:
        response.set_cookie(
            _cookie(), chosen, max_age=_KEPT_FOR, secure=context().https, httponly=True, samesite="Lax"
        )
    return response


def day(instant: datetime) -> str:
    return languages.day(instant, language())


def minute(instant: datetime) -> str:
    """Format by the organisation's clocks where its colleagues work, and in UTC for all others."""
    zone = ZoneInfo(services().issuer.time_zone) if _answers(_ORGANISATIONS) else None
    return languages.minute(instant, language(), zone)


def local_minute(instant: datetime) -> str:
    """Return the time in the organisation's time zone."""
    return languages.local_minute(instant, ZoneInfo(services().issuer.time_zone), language())


def month(instant: datetime) -> str:
    return languages.month(instant, language())


def number(value: float) -> str:
    return languages.number(value, language())


def percent(share: float) -> str:
    return languages.percent(share, language())


def figure(text: str) -> str:
    """Return a number written for programs in this language's form; other text unchanged."""
    return text.replace(".", decimal_sign(language())) if _DECIMAL.fullmatch(text) else text


def written_day(day: date) -> str:
    return languages.written_date(day, language())


def language_name(tag: str) -> str:
    return languages.language_name(tag, language())


def _chosen(asked: Request) -> str | None:
    for said in (asked.cookies.get(_cookie()), asked.args.get("lang")):
        if said in LANGUAGES:
            return said
    # Not werkzeug's best_match: from `de-AT, en;q=0.5` it takes the exact match, English.
    wanted = (tag.partition("-")[0].lower() for tag, quality in asked.accept_languages if quality)
    return next((primary for primary in wanted if primary in LANGUAGES), None)


def _cookie() -> str:
    return ("__Host-" if context().https else "") + _COOKIE


def _locale() -> Locale:
    return locale_of(language())
