"""Console: a personnel system's export. Previewed, then imported; the file is stored nowhere."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import ConflictError, CredservError, InputError, TooLargeError
from credserv.journeys.measure.personnel import Taken, look_at_personnel, take_personnel, words_of
from credserv.outcomes.personnel_files import PersonnelSystem, read_personnel_file
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door, status_of
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body
from credserv.web.frame.languages import ngettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("personnel", __name__, url_prefix="/personnel")

SYSTEMS = {
    PersonnelSystem.BAMBOOHR: "BambooHR: the table jobInfo, as CSV",
    PersonnelSystem.WORKDAY: "Workday: job changes, as CSV",
    PersonnelSystem.SCIM: "SCIM: users, as JSON",
}
_MAX_PACKED = 400_000  # of the import form, limited by the size of a field
_MAX_BYTES = 16 * 1_048_576
_SHOWN = 100


@dataclass(frozen=True)
class Looked:
    """The content of a file. `packed` is the file, which the page returns; "" if nothing can be imported."""

    system: PersonnelSystem
    taken: Taken
    packed: str


@blueprint.get("")
@console_door(needs=Permission.MEMBERS)
def index() -> Response:
    return _page()


@blueprint.post("")
@console_door(needs=Permission.MEMBERS, body=Body.BATCH)
def look() -> AnyResponse:
    """Show a file's content; nothing is changed."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InputError("choose a file first")
        data, system = sent.read(), _system()
        taken = look_at_personnel(services(), read_personnel_file(system, data), now())
        looked = Looked(system, taken, _pack(data))
    except InputError as error:
        return _page(error)
    return _page(looked=looked)


@blueprint.post("/taken")
@console_door(needs=Permission.MEMBERS)
def take() -> AnyResponse:
    """Import everything new in the previewed file, or nothing."""
    try:
        file = read_personnel_file(_system(), _unpack(request.form.get("packed", "")))
        taken = take_personnel(services(), file, actor=actor(), now=now())
    except (InputError, ConflictError) as error:
        return _page(error)
    changes = len(taken.new)
    flash(
        ngettext(
            "%(num)s change taken in. The same file again changes nothing.",
            "%(num)s changes taken in. The same file again changes nothing.",
            changes,
        )
    )
    return redirect(url_for("tell.personnel.index"), 303)


def _system() -> PersonnelSystem:
    try:
        return PersonnelSystem(request.form.get("system", ""))
    except ValueError:
        raise InputError("say which system gave the file out") from None


def _pack(data: bytes) -> str:
    packed = encode_base64url(zlib.compress(data, 9))
    if len(packed) > _MAX_PACKED:
        raise TooLargeError("the file is too large for this page: take it in with `credserv hr import`")
    return packed


def _unpack(packed: str) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(decode_base64url(packed), _MAX_BYTES)
    except (InputError, zlib.error):
        data = b""
    if not unpacking.eof:
        raise InputError("the file did not come back whole: choose it again")
    return data


def _page(error: CredservError | None = None, looked: Looked | None = None) -> Response:
    new = () if looked is None else looked.taken.new
    return page(
        "tell/personnel.html",
        status=status_of(error),
        private=True,
        here="personnel",
        error=error,
        systems=SYSTEMS,
        chosen=request.form.get("system", ""),
        looked=looked,
        changes=[(one, words_of(one)) for one in new[:_SHOWN]],
        more=max(0, len(new) - _SHOWN),
        most=_SHOWN,
    )
