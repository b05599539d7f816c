"""Badges from elsewhere: import them into the wallet, view, download as they came, remove."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.check.many import MAX_INPUTS
from credserv.journeys.check.reports.checks import tell_check
from credserv.journeys.transfer.brought import brought_along, brought_file, count_brought, open_brought
from credserv.journeys.transfer.imports import Kept, KeptAs, keep_imports, remove_import
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.holder_doors import ask_to_come_in, holder_door, holder_id
from credserv.web.frame.languages import gettext
from credserv.web.frame.limits import MAX_BATCH_BYTES
from credserv.web.frame.rendering import install, page

blueprint = Blueprint("wallet_imports", __name__, url_prefix="/wallet/imports")
blueprint.record_once(install)
blueprint.register_error_handler(UnauthenticatedError, ask_to_come_in)

_PAGE_ROWS = 40
_MAX_DIGITS = 6


@blueprint.get("")
@holder_door()
def home() -> Response:
    return _home(())


@blueprint.post("")
@holder_door(budget="verify", body=Body.BATCH, parts=MAX_INPUTS + 8)
def add() -> Response:
    """Import badges; the response shows each outcome. Sent again, all are already here."""
    kept = keep_imports(services(), holder_id(), _handed_in(), now(), added_by="upload")
    return _home(kept, asked=True)


@blueprint.get("/<import_id>")
@holder_door(guessable=True)
def one(import_id: str) -> Response:
    opened = open_brought(services(), holder_id(), import_id, now())
    checks = [*opened.report["checks"], *opened.report["policy"]]
    return page(
        "wallet/import.html",
        private=True,
        item=opened.brought,
        report=opened.report,
        checks=[tell_check(made, opened.report) for made in checks],
    )


@blueprint.get("/<import_id>/file")
@holder_door(guessable=True)
def file(import_id: str) -> Response:
    record, content = brought_file(services(), holder_id(), import_id)
    ending = record.ending
    response = Response(content, mimetype=record.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="credential.{ending}"'
    return response


@blueprint.post("/<import_id>/remove")
@holder_door(guessable=True)
def remove(import_id: str) -> AnyResponse:
    remove_import(services(), holder_id(), import_id)
    flash(gettext("It was removed from your wallet. Nothing of it is kept here."))
    return redirect(url_for("wallet_imports.home"), 303)


def _handed_in() -> list[tuple[str, bytes]]:
    """Return files, links (one a line) and pasted text, with the names used in the response."""
    files = [item for item in request.files.getlist("file") if item.filename][:MAX_INPUTS]
    found = [(str(item.filename), item.stream.read(MAX_BATCH_BYTES)) for item in files]
    found += [(link, link.encode()) for link in request.form.get("url", "").split()[:MAX_INPUTS]]
    text = request.form.get("text", "").strip()
    return [*found, ("", text.encode())] if text else found


def _home(kept: tuple[Kept, ...], *, asked: bool = False) -> Response:
    count, text = count_brought(services(), holder_id()), request.args.get("page", "1")
    pages = max(1, -(-count // _PAGE_ROWS))
    number = min(int(text), pages) if text.isdecimal() and len(text) < _MAX_DIGITS and int(text) else 1
    offset = (number - 1) * _PAGE_ROWS
    return page(
        "wallet/imports.html",
        private=True,
        items=brought_along(services(), holder_id(), now(), limit=_PAGE_ROWS, offset=offset),
        number=number,
        pages=pages,
        kept=kept,
        missing=asked and not kept,
        outcomes=KeptAs,
    )
