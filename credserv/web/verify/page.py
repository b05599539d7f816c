"""The verify page: anyone, without an account, submits credentials and reads the result.

Files, links or pasted text; one gets a page, several a table. The form changes nothing and uses no session,
so it needs no token against forged requests. Nothing submitted is stored; a result is, but only when its
reader asks for a link to it (`results`).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from credserv.ground.errors import AbsentError, InputError, TooLargeError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, one_line
from credserv.journeys.check.check import Checked, Kind, Question
from credserv.journeys.check.many import MAX_INPUTS, Submitted, check_submitted, report_each, report_on
from credserv.journeys.check.reports.report import build_report, build_unread_report
from credserv.journeys.check.reports.statement import LABELS
from credserv.journeys.operate.organisation import find_by_did
from credserv.journeys.trust.lists import require_organisation
from credserv.openbadges.learning_credential import CLAIMS, VCT
from credserv.web.frame.context import now, services
from credserv.web.frame.door import SCRIPT_POLICY, Body, door
from credserv.web.frame.limits import MAX_IMAGE_BYTES, spend_rest
from credserv.web.frame.problems import unread_status
from credserv.web.frame.rendering import install, logo_of, page
from credserv.web.frame.sentences import said
from credserv.web.verify.signed_reports import sign_reports
from credserv.web.verify.view import build_view, count_verdicts

blueprint = Blueprint("verifier", __name__)
blueprint.record_once(install)

_MAX_INLINE_IMAGE_CHARS = 60_000  # characters of a data URI; keeps the page below 100 kB
_INLINE_IMAGES = ("data:image/png;base64,", "data:image/svg+xml;base64,", "data:image/jpeg;base64,")
_MAX_NAME_CHARS = 200
_OTHER_PARTS = 8  # form parts besides its files
MAX_FORM_PARTS = MAX_INPUTS + _OTHER_PARTS


@blueprint.get("/verify")
@door(policy=SCRIPT_POLICY)
def form() -> Response:
    """Show the form, filled in from `url` and `for`. Nothing is fetched before it is submitted."""
    return _form(url=request.args.get("url", ""), organisation=_organisation(request.args.get("for", "")))


@blueprint.post("/verify")
@door(budget="verify", body=Body.BATCH, parts=MAX_FORM_PARTS)
def result() -> Response:
    """Show the result of one, or a table of several; each counts against the budget."""
    items = read_form()
    if not items:
        again = _form(organisation=request.form.get("for", ""), missing=True)
        again.headers["Content-Security-Policy"] = SCRIPT_POLICY
        return again
    if len(items) > 1:
        spend_rest("verify", len(items))
        reports = sorted(report_each(services(), items, now=now()), key=lambda report: report["index"])
        return _show_table(reports)
    try:
        return _show(check_submitted(services(), items[0], now=now()), items[0].name)
    except (InputError, AbsentError, UnavailableError) as error:
        response = _show_report(_named(build_unread_report(error, now=now()), items[0].name))
        response.status_code = unread_status(error)
        return response


@blueprint.post("/verify/row")
@door(budget="verify", body=Body.BATCH, parts=1 + _OTHER_PARTS)
def row() -> Response:
    """Return one row of the table, for the page's script, which submits several files one by one."""
    items = read_form()
    if len(items) != 1:
        raise InputError("give one file or one link")
    report = report_on(services(), items[0], now=now())
    return page("verify/row.html", private=True, view=build_view(report), signed=sign_reports([report]))


# --- what is handed in ----------------------------------------------------------------------------


def read_form() -> list[Submitted]:
    """Return every file, else the text, else every link. Raises InputError, TooLargeError."""
    question = Question(
        recipient=request.form.get("recipient", "").strip() or None,
        organisation=_organisation(request.form.get("for", "")),
    )
    files = [item for item in request.files.getlist("file") if item.filename]
    if len(files) > MAX_INPUTS:
        raise TooLargeError(f"at most {MAX_INPUTS} files are checked at once")
    found = [
        Submitted(_name(item.filename), data=item.stream.read(MAX_IMAGE_BYTES + 1), question=question)
        for item in files
    ]
    text = request.form.get("text", "").strip()
    if text and not found:
        found = [Submitted(data=text.encode(), question=question)]
    links = request.form.get("url", "").split()
    if len(links) > MAX_INPUTS:
        raise TooLargeError(f"at most {MAX_INPUTS} links are checked at once")
    return found or [Submitted(_name(link), url=link, question=question) for link in links]


def _name(text: str | None) -> str:
    """Return its name in the result: printable, and not too long."""
    return cut(one_line(text or ""), _MAX_NAME_CHARS)


def _organisation(text: str) -> str:
    """Return whose lists of trusted issuers count. Raises InputError for one without lists here."""
    require_organisation(services(), text)
    return text


# --- what is shown --------------------------------------------------------------------------------


def _form(*, url: str = "", organisation: str = "", missing: bool = False) -> Response:
    return page(
        "verify/form.html",
        private=missing,
        url=url,
        organisation=organisation,
        missing=missing,
        labels=[(verdict, said(label.lower(), plain=True)) for verdict, label in LABELS.items()],
    )


def _show(checked: Checked, name: str) -> Response:
    return _show_report(_named(build_report(checked, now=now()), name), checked)


def _show_report(report: JsonObject, checked: Checked | None = None) -> Response:
    display = checked.display if checked is not None and _says_something(checked) else None
    return page(
        "verify/result.html",
        private=True,
        view=build_view(report),
        display=display,
        claims=CLAIMS,
        knows=checked is not None and checked.credential.get("type") == VCT,
        inside=[item.display for item in checked.within] if checked is not None else [],
        proven=checked is not None and checked.established,
        ours=display is not None and display.issuer_id == services().issuer.did,
        logo=_logo(checked),
        image=_image(checked) if checked is not None and checked.established else "",
        signed=sign_reports([report]),
        address=services().public_url,
        kept=None,
    )


def _says_something(checked: Checked) -> bool:
    """Return whether to show its content; a presentation only shows who signed it, once proven."""
    return bool(checked.credential) and (checked.established or checked.kind is not Kind.PRESENTATION)


def _show_table(reports: Sequence[JsonObject]) -> Response:
    views = [build_view(report, anchor=f"result-{number}") for number, report in enumerate(reports, 1)]
    totals = count_verdicts(views)
    return page(
        "verify/results.html",
        private=True,
        views=views,
        totals=totals,
        signed=sign_reports(reports),
        address=services().public_url,
    )


def _named(report: JsonObject, name: str) -> JsonObject:
    return {"input": name, **report} if name else report


def _logo(checked: Checked | None) -> str:
    """Return the logo of an organisation of ours that is proven to have issued it; "" for all others."""
    if checked is None or not checked.established or not checked.credential:
        return ""
    ours = find_by_did(services().store, checked.display.issuer_id)
    return "" if ours is None else logo_of(ours.id)


def _image(checked: Checked) -> str:
    """Return a picture of ours, or one within the document; no page makes a browser contact a stranger."""
    image = checked.display.image
    if checked.own is not None and image.startswith(f"{services().base_of(image)}/images/"):
        return urlsplit(image).path
    inline = image.startswith(_INLINE_IMAGES) and len(image) <= _MAX_INLINE_IMAGE_CHARS
    return image if inline else ""
