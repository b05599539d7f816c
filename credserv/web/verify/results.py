"""What a reader takes along from the verify page: exports, and links to a result for a limited time.

Only results signed by this service are accepted (`signed_reports`). A link shows the report and never the
credential. It expires after the days its creator chose, and anyone who has it may end it earlier.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, current_app, json, redirect, request
from flask.typing import ResponseReturnValue

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.journeys.check.kept import end_result, keep_result, kept_result
from credserv.journeys.check.reports.report_csv import build_csv
from credserv.web.frame.context import now, services
from credserv.web.frame.door import door
from credserv.web.frame.rendering import install, page
from credserv.web.verify.signed_reports import read_reports
from credserv.web.verify.view import build_view

blueprint = Blueprint("results", __name__)
blueprint.record_once(install)

DAYS = (1, 7, 30)


@blueprint.post("/verify/export")
@door(budget="verify")
def export() -> Response:
    """Return the results shown on a page as a file: `format` is `csv` or `json`."""
    reports = [report for text in request.form.getlist("report") for report in read_reports(text)]
    if not reports:
        raise InputError("there is no result to export")
    if request.form.get("format") == "csv":
        # Spreadsheets read UTF-8 correctly only with a byte order mark.
        return _download("\ufeff" + build_csv(reports), "text/csv", "verification.csv")
    shown = reports if len(reports) > 1 else reports[0]
    text = json.dumps(shown, indent=2, ensure_ascii=False)
    return _download(text, "application/json", "verification.json")


def _download(text: str, media_type: str, name: str) -> Response:
    response = Response(text, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/verify/results")
@door(budget="links")
def keep() -> ResponseReturnValue:
    """Store one result under a new link, for the requested days."""
    reports, days = read_reports(request.form.get("report", "")), request.form.get("days", "")
    if len(reports) != 1 or days not in map(str, DAYS):
        raise InputError("a link is to one result, for 1, 7 or 30 days")
    ends_at = now() + timedelta(days=int(days))
    secret = bytes(current_app.config["SECRET_KEY"])
    token = keep_result(services(), reports[0], secret=secret, now=now(), ends_at=ends_at)
    return redirect(f"{request.root_path}/verify/results/{token}", code=303)


@blueprint.get("/verify/results/<token>")
@door(guessable=True)
def kept(token: str) -> Response:
    found = kept_result(services(), token, now())
    if found is None:
        return page("verify/ended.html", status=410, private=True)
    return page(
        "verify/result.html",
        private=True,
        view=build_view(found["report"]),
        display=None,
        inside=[],
        address=services().public_url,
        kept=f"{services().public_url}/verify/results/{token}",
        ends_at=parse_instant(found["ends_at"]),
    )


@blueprint.post("/verify/results/<token>/end")
@door(budget="links", guessable=True)
def end(token: str) -> Response:
    """End a link; anyone who has it may. An unknown one gets the same response."""
    end_result(services(), token)
    return page("verify/ended.html", private=True, ended=True)
