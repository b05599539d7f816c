"""What all pages share: whole pages, dates, safe links, Markdown, form tokens. No rules here.

Everything from a document or a person is text to Jinja, which escapes it. The only way to markup is
`markdown`, whose output passes nh3. Only http and https addresses become links.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

import nh3
from flask import Response, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]  # flask-wtf ships no types
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from credserv.carriers.qr_writing import qr_code_address
from credserv.ground.addresses import host_of, is_web_page
from credserv.ground.encoding import format_instant
from credserv.ground.errors import UnavailableError
from credserv.journeys.check.reports.report import in_log_since
from credserv.journeys.check.reports.statement import STANDINGS
from credserv.journeys.operate.brand import brand_of
from credserv.openbadges.achievement_rules import find_html
from credserv.records import organisations
from credserv.records.achievements import AchievementKind
from credserv.records.brands import Brand
from credserv.records.consents import NOTICES
from credserv.records.sources import EventState
from credserv.web.frame.context import current_notes, services
from credserv.web.frame.languages import (
    day,
    figure,
    install_languages,
    language_name,
    local_minute,
    minute,
    month,
    number,
    percent,
    written_day,
)
from credserv.web.frame.sentences import said, sentence, told

STATIC = Path(__file__).resolve().parents[1] / "static"

KIND_WORDS = {
    AchievementKind.COMPETENCY_MASTERY: "Competency",
    AchievementKind.MENTOR_ACCREDITATION: "Mentor accreditation",
    AchievementKind.EMPLOYMENT: "Employment",
}

# The name of a message's state, where its own is no word that people know.
STATE_WORDS = {EventState.QUARANTINED: "set aside"}

csrf = CSRFProtect()

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
_MARKDOWN_TAGS = {
    *("p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "a", "h3"),
}
_INNER_HEADING = "h3"  # a text in a page never has a heading above its section's
_HTML_BREAK = re.compile(r"<(?:br|/?(?:p|div|ul|ol|table|tr|h[1-6]))(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HTML_ITEM = re.compile(r"<li(?:\s[^<>]*)?>", re.IGNORECASE)
_MAX_MARKDOWN_CHARS = 50_000


def install(state: BlueprintSetupState) -> None:
    """Give the application the filters and form tokens of every page; a second call is harmless.

    Doors say where tokens are checked (`entrance`), so that signed webhooks and the API, which use no
    cookies, need none.
    """
    app = state.app
    if app.extensions.get("csrf") is csrf:
        return
    install_languages(app)
    app.jinja_env.filters.update(
        markdown=markdown,
        day=day,
        minute=minute,
        month=month,
        number=number,
        percent=percent,
        figure=figure,
        local_minute=local_minute,
        language_name=language_name,
        instant=format_instant,
        web_link=web_link,
        host=host,
        qr=qr_code_address,
        capital=capital,
        written_day=written_day,
        said=said,
        sentence=sentence,
        told=told,
        in_log_since=in_log_since,
    )
    app.jinja_env.globals.update(
        asset_version=asset_version,
        brand=brand,
        in_sandbox=in_sandbox,
        issuer_name=issuer_name,
        logo_of=logo_of,
        own_option=own_option,
        root=root,
        standings=STANDINGS,
        state_words=STATE_WORDS,
        notices=NOTICES,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", 8 * 3_600)  # seconds; no longer than a session
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_SSL_STRICT"] = False  # our pages send no Referer
    csrf.init_app(app)


def guard_forms() -> None:
    """Require that the form is ours (attack 98). Raises BadRequest."""
    try:
        csrf.protect()
    except CSRFError as error:
        raise BadRequest(
            "The form was open for too long, or came from another site. Go back, load its page again, and "
            "send it once more."
        ) from error


def page(
    template: str, *, status: int = 200, private: bool = False, hidden: bool = False, **values: object
) -> Response:
    """Render a whole page. `private`: stored by no cache; `hidden`: not for search engines."""
    response = make_response(render_template(template, hidden=hidden or private, **values), status)
    response.headers["Cache-Control"] = "no-store" if private else "no-cache"
    if hidden or private:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def issuer_name() -> str:
    return str(services().issuer.profile.get("name") or "This issuer")


def in_sandbox() -> bool:
    return services().issuer.sandbox


def brand() -> Brand:
    """Return the organisation's appearance; none while the database is unavailable, because the error page
    needs it too.

    Looked up once for each page, so that it waits at most once for the database.
    """
    notes = current_notes()
    found: Brand | None = notes.get("brand")
    if found is None:
        try:
            found = brand_of(services().store)
        except UnavailableError:
            found = Brand()
        notes.brand = found
    return found


def logo_of(organisation: str = "") -> str:
    """Return the address of the organisation's logo; "" for none.

    Another organisation's (by short name) is embedded in the page, which loads nothing from elsewhere.
    """
    own = services()
    if organisation in ("", own.issuer.id):
        known = brand()
        return f"{root()}/brand/logo.png?v={known.version}" if known.logo else ""
    return picture_address(brand_of(own.beside(organisation).store).logo)


def picture_address(png: bytes) -> str:
    """Return the data: address of an embedded picture."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}" if png else ""


def root() -> str:
    """Return where this organisation's addresses begin on its host: "" or `/o/<slug>`."""
    return request.root_path


def own_option() -> str:
    """Return what a command on a page needs to be for this organisation."""
    return organisations.own_option(services().issuer.id)


# --- filters ------------------------------------------------------------------------------------


def markdown(text: str) -> Markup:
    """Return a stranger's Markdown as harmless markup: raw HTML as text, no pictures, only http(s) links."""
    tokens = _MARKDOWN.parse(_without_html(text[:_MAX_MARKDOWN_CHARS]))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = _INNER_HEADING
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    cleaned = nh3.clean(
        html,
        tags=_MARKDOWN_TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"http", "https"},
        link_rel="noopener nofollow",
    )
    return Markup(cleaned)  # noqa: S704  the one place where markup is made; nh3 has just cleaned it


def _without_html(text: str) -> str:
    """Return the text of HTML, which some systems store instead of Markdown, with lines and lists but no
    tags."""
    if not find_html(text):
        return text
    lines = _HTML_ITEM.sub("\n- ", _HTML_BREAK.sub("\n\n", text))
    return nh3.clean(lines, tags=set(), clean_content_tags={"script", "style"})


def web_link(url: str) -> str:
    """Return the address when a page may link to it (http or https, with a host, no user), else ""."""
    return url if is_web_page(url) else ""


def capital(text: str) -> str:
    """Return the text with a capital letter; the others stay, as German needs."""
    return text[:1].upper() + text[1:]


def host(url: str) -> str:
    """Return the host of a linkable address, to say where a link leads."""
    return host_of(url) if is_web_page(url) else ""


@cache
def packed_names() -> frozenset[str]:
    """Return the files of the static folder that are text, which is sent compressed."""
    texts = (path for path in STATIC.iterdir() if path.suffix in (".css", ".js", ".svg"))
    return frozenset(path.name for path in texts)


@cache
def packed_asset(name: str) -> bytes:
    """Return a file of the static folder compressed with gzip: a phone waits for the stylesheet."""
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)


@cache
def asset_version(name: str) -> str:
    """Return a static file's version, with which its address can be cached for ever."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
