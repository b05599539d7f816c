"""The verify page: anyone, without an account, gives a credential and reads what was found.

A pasted text, a file or a link. The form changes nothing and knows no session, so it needs no
token against forged requests; its answers are kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from credserv.errors import InputError, UnavailableError
from credserv.journeys.check import Checked, check
from credserv.journeys.verdict import Statement, build_statement, statement_of_error
from credserv.web.context import now, services
from credserv.web.limits import allow_image_bytes, budget
from credserv.web.rendering import install, page
from credserv.web.verdict import build_rows

blueprint = Blueprint("verifier", __name__, template_folder="templates")
blueprint.record_once(install)

_MAX_INLINE_IMAGE_CHARS = 60_000  # characters of a data URI; the page stays below 100 kB
_INLINE_IMAGES = ("data:image/png;base64,", "data:image/svg+xml;base64,", "data:image/jpeg;base64,")


@dataclass(frozen=True)
class Submission:
    """What was handed in: bytes or an address, never both."""

    data: bytes | None
    url: str | None


@blueprint.get("/verify")
def form() -> Response:
    return page("verify/form.html", hidden=False)


@blueprint.post("/verify")
@budget("verify")
def result() -> Response:
    allow_image_bytes()
    submission = _read_form()
    if submission is None:
        return page("verify/form.html", private=True, missing=True)
    try:
        return _show(check(services(), data=submission.data, url=submission.url, now=now()))
    except (InputError, UnavailableError) as error:
        return _show_unread(statement_of_error(error))


def _read_form() -> Submission | None:
    """The first field that holds something."""
    file = request.files.get("file")
    data = file.read() if file is not None else b""
    text = request.form.get("text", "").strip()
    url = request.form.get("url", "").strip()
    if data or text:
        return Submission(data or text.encode(), None)
    return Submission(None, url) if url else None


def _show(checked: Checked) -> Response:
    display = checked.display
    rows, aside = build_rows(checked)
    return page(
        "verify/result.html",
        private=True,
        verdict=build_statement(checked),
        rows=rows,
        aside=aside,
        display=display if checked.credential else None,
        proven=checked.established,
        issuer=checked.issuer,
        ours=display.issuer_id == services().issuer.did,
        image=_image(checked) if checked.established else "",
    )


def _show_unread(found: Statement) -> Response:
    return page("verify/result.html", private=True, verdict=found, rows=(), aside=(), display=None)


def _image(checked: Checked) -> str:
    """A picture of ours, or one within the document; a page never makes a browser call a stranger."""
    image = checked.display.image
    if checked.own is not None and image.startswith(f"{services().public_url}/images/"):
        return image.removeprefix(services().public_url)
    inline = image.startswith(_INLINE_IMAGES) and len(image) <= _MAX_INLINE_IMAGE_CHARS
    return image if inline else ""
