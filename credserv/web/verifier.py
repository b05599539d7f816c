"""The verify page: anyone, without an account, gives a credential and reads what was found.

A pasted text, a file, a link or a share. The form changes nothing and knows no session, so it needs no
token against forged requests; its answers are kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from credserv.errors import GoneError, InputError, NotFoundError, UnavailableError
from credserv.journeys import carry
from credserv.journeys.check import Checked, check
from credserv.web import verdict
from credserv.web.context import now, services
from credserv.web.limits import allow_image_bytes, budget
from credserv.web.rendering import install, issuer_name, page
from credserv.web.verdict import Verdict

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
        checked = check(services(), data=submission.data, url=submission.url, now=now())
    except UnavailableError as error:
        return _show_unread(verdict.verdict_of_error(False, error.detail))
    except InputError as error:
        return _show_unread(verdict.verdict_of_error(True, error.detail))
    return _show(checked)


def _read_form() -> Submission | None:
    """The first field that holds something; a share is answered from its own bytes."""
    file = request.files.get("file")
    data = file.read() if file is not None else b""
    text = request.form.get("text", "").strip()
    url = request.form.get("url", "").strip()
    share = request.form.get("share", "").strip()
    if data or text:
        return Submission(data or text.encode(), None)
    if url:
        return Submission(None, url)
    return _read_share(share) if share else None


def _read_share(token: str) -> Submission | None:
    try:
        return Submission(carry.open_share(services(), token, now()).signed, None)
    except (NotFoundError, GoneError):
        return None


def _show(checked: Checked) -> Response:
    result, display = checked.result, checked.display
    issuer = verdict.name_issuer(display, services().issuer.did, issuer_name())
    proven = verdict.proof_passed(result)
    return page(
        "verify/result.html",
        private=True,
        verdict=verdict.build_verdict(result, display, checked.own, issuer),
        rows=verdict.build_rows(result),
        display=display,
        proven=proven,
        issuer=issuer,
        ours=display.issuer_id == services().issuer.did,
        image=_image(checked) if proven else "",
    )


def _show_unread(found: Verdict) -> Response:
    return page("verify/result.html", private=True, verdict=found, rows=(), display=None)


def _image(checked: Checked) -> str:
    """A picture of ours, or one within the document; a page never makes a browser call a stranger."""
    image = checked.display.image
    if checked.own is not None and image.startswith(f"{services().public_url}/images/"):
        return image.removeprefix(services().public_url)
    inline = image.startswith(_INLINE_IMAGES) and len(image) <= _MAX_INLINE_IMAGE_CHARS
    return image if inline else ""
