"""Console: competency frameworks. Import with preview and progress, search, and role profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.fetch.client_credentials import TokenClient
from credserv.frameworks.asked import Asked
from credserv.frameworks.readers import FORMATS
from credserv.ground.errors import ConflictError, CredservError, InputError, NotFoundError, UnavailableError
from credserv.ground.strict_json import parse_json
from credserv.journeys.define import framework_imports as imports
from credserv.journeys.define import role_profiles
from credserv.journeys.define.framework_files import GivenFile, fetch_framework
from credserv.journeys.define.frameworks import remove_framework
from credserv.journeys.define.skills import list_frameworks, require_framework, search_skills
from credserv.journeys.services import Services
from credserv.records.frameworks import ImportState
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import gettext
from credserv.web.frame.listings import Listing
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("frameworks", __name__, url_prefix="/frameworks")

_LOOK_AGAIN_SECONDS = 2
_ASKED = ("base", "name", "language", "licence", "publisher")
_MAX_PROFILE_BYTES = 1_048_576
_GOING = (ImportState.WAITING, ImportState.RUNNING)

FRAMEWORKS = Listing(
    "frameworks",
    ("id", "name", "uri", "version", "publisher", "licence", "language", "format", "items", "imported_at"),
    lambda: list_frameworks(services()),
    lambda one: (
        one.id,
        one.name,
        one.uri,
        one.version,
        one.publisher,
        one.licence,
        one.language,
        one.format,
        one.items,
        one.imported_at,
    ),
    prefix="framework-",
).serve(blueprint, Permission.LOOK)
IMPORTS = Listing(
    "imports",
    ("id", "name", "state", "created_at", "error"),
    lambda: imports.all_imports(services()),
    lambda one: (one.id, one.name, one.state, one.created_at, one.error),
    states=tuple(ImportState),
    beneath="/imports",
    prefix="import-",
    rows=20,
).serve(blueprint, Permission.LOOK)
PROFILES = Listing(
    "role-profiles",
    ("key", "name", "uri", "skills", "changed_at"),
    lambda: role_profiles.list_profiles(services()),
    lambda one: (one.key, one.name, one.uri, len(one.skills), one.changed_at),
    beneath="/profiles",
    prefix="profile-",
).serve(blueprint, Permission.LOOK)


@blueprint.get("")
@console_door(needs=Permission.LOOK)
def index() -> Response:
    return _index()


@blueprint.post("/imports")
@console_door(needs=Permission.DEFINE, body=Body.FRAMEWORK)
def begin() -> AnyResponse:
    """Begin an import from files or an address; its changes are shown before anything is stored."""
    given = (file for file in request.files.getlist("file") if file.filename)
    files = [GivenFile(file.filename or "", file.stream.read()) for file in given]
    said: dict[str, Any] = {name: request.form.get(name, "").strip() for name in _ASKED}
    url = request.form.get("url", "").strip()
    try:
        if url and request.form.get("token_endpoint", "").strip():
            files, url = [fetch_framework(services(), url, _client())], ""
        begun = imports.begin_import(
            services(),
            files,
            Asked(**said),
            url=url,
            format=request.form.get("format", ""),
            actor=actor(),
            now=now(),
        )
    except (InputError, UnavailableError) as error:
        return _index(error)
    return redirect(url_for(".one_import", import_id=begun.id), 303)


def _client() -> TokenClient:
    """Return the client. Its secret is used once and not stored, because the address is fetched at once."""
    told = {name: request.form.get(name, "").strip() for name in ("token_endpoint", "client_id", "scope")}
    return TokenClient(**told, client_secret=request.form.get("client_secret", ""))


@blueprint.get("/imports/<import_id>")
@console_door(needs=Permission.LOOK, shown=("import_id",))
def one_import(import_id: str) -> Response:
    """Show an import; while it runs, the page reloads by itself."""
    return _import_page(import_id)


@blueprint.post("/imports/<import_id>/confirm")
@console_door(needs=Permission.DEFINE, shown=("import_id",))
def confirm(import_id: str) -> AnyResponse:
    return _change(import_id, imports.confirm_import)


@blueprint.post("/imports/<import_id>/cancel")
@console_door(needs=Permission.DEFINE, shown=("import_id",))
def cancel(import_id: str) -> AnyResponse:
    return _change(import_id, imports.cancel_import)


def _change(import_id: str, change: Callable[[Services, str], None]) -> AnyResponse:
    try:
        change(services(), import_id)
    except ConflictError as error:
        return _import_page(import_id, error)
    return redirect(url_for(".one_import", import_id=import_id), 303)


@blueprint.post("/<framework_id>/remove")
@console_door(needs=Permission.DEFINE, shown=("framework_id",))
def remove(framework_id: str) -> AnyResponse:
    name = require_framework(services(), framework_id).name
    remove_framework(services(), framework_id, actor=actor(), now=now())
    flash(gettext("“%(name)s” was removed. Achievements keep what they say of its skills.", name=name))
    return redirect(url_for(".index"), 303)


# --- role profiles --------------------------------------------------------------------------------


@blueprint.post("/profiles")
@console_door(needs=Permission.DEFINE, body=Body.IMAGE)
def keep_profile() -> AnyResponse:
    """Store a file, lines of URIs under a name, or an occupation."""
    try:
        kept = _kept_profile()
    except (InputError, NotFoundError) as error:
        return _index(error)
    flash(gettext("The role profile “%(name)s” is kept.", name=kept))
    return redirect(url_for(".index"), 303)


@blueprint.post("/profiles/<key>/remove")
@console_door(needs=Permission.DEFINE, shown=("key",))
def remove_profile(key: str) -> AnyResponse:
    role_profiles.remove_profile(services(), key, actor=actor(), now=now())
    flash(gettext("The role profile was removed."))
    return redirect(url_for(".index"), 303)


def _kept_profile() -> str:
    occupation = request.form.get("occupation", "").strip()
    if occupation:
        return role_profiles.keep_occupation(services(), occupation, actor=actor(), now=now()).name
    file = request.files.get("profile")
    data = file.stream.read(_MAX_PROFILE_BYTES + 1) if file is not None and file.filename else b""
    if data:
        value = parse_json(data, max_bytes=_MAX_PROFILE_BYTES)
    else:
        name = request.form.get("role", "").strip()
        if not name:
            raise InputError("a role profile needs a name")
        value = {"name": name, "skills": request.form.get("skills", "").split()}
    return role_profiles.keep_profile(services(), value, actor=actor(), now=now()).name


# --- pages ----------------------------------------------------------------------------------------


def _index(error: CredservError | None = None) -> Response:
    words, chosen = request.values.get("q", "").strip(), request.values.get("framework", "")
    return page(
        "teach/frameworks.html",
        status=status_of(error),
        private=True,
        here="frameworks",
        error=error,
        frameworks=list_frameworks(services()),
        known=FRAMEWORKS.found(),
        imports=IMPORTS.found(),
        profiles=PROFILES.found(),
        formats=FORMATS,
        words=words,
        chosen=chosen,
        found=search_skills(services(), words, framework_id=chosen) if words else (),
    )


def _import_page(import_id: str, error: CredservError | None = None) -> Response:
    record = imports.require_import(services(), import_id)
    response = page(
        "teach/framework_import.html",
        status=status_of(error),
        private=True,
        here="frameworks",
        error=error,
        record=record,
        is_going_on=record.state in _GOING,
    )
    if record.state in _GOING:
        response.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return response
