"""POST /api/v1/verify, for one and for many: for programs that verify credentials, without a key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from flask import Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable

from credserv.ground.canonical_json import write_answer
from credserv.ground.errors import AbsentError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Verdict
from credserv.journeys.check.many import Submitted, check_submitted, report_each
from credserv.journeys.check.reports.report import SCHEMA, build_report, build_unread_report
from credserv.journeys.check.reports.report_csv import build_csv
from credserv.web.frame.context import now, services
from credserv.web.frame.door import Body, door
from credserv.web.frame.limits import spend_rest
from credserv.web.frame.strict import Blueprint
from credserv.web.verify import api_docs as docs
from credserv.web.verify.submissions import MAX_PARTS, read_one, read_several

bp = Blueprint("verification", __name__, url_prefix="/api/v1", description="For programs; no key is needed.")


@bp.route("/verify", methods=["POST"], tags=["Verification"])
@door(budget="verify", machine=True, any_site=True, body=Body.IMAGE)
@bp.doc(requestBody=docs.ONE)
@bp.doc(operationId="verify")
@bp.response(200, docs.REPORT, description="The result, even if a check failed.")
def post_verify() -> Response:
    """Verify a credential or presentation; no key is needed. 200 with every check, even when one failed.

    Send JSON as in VerifyPayload, a bare credential with its own media type, the file itself, or a form with
    one `file` (multipart/form-data, VerifyFileForm). What cannot be read as a credential in any form is a
    problem, and so is an organisation that keeps no lists of trusted issuers here.
    """
    item, instant = read_one(), now()
    try:
        report = build_report(check_submitted(services(), item, now=instant), now=instant)
    except (UnavailableError, AbsentError) as error:
        report = build_unread_report(error, now=instant)
    return _json(report)


@bp.route("/verify/batch", methods=["POST"], tags=["Verification"])
@door(budget="verify", machine=True, any_site=True, body=Body.BATCH, parts=MAX_PARTS)
@bp.doc(requestBody=docs.MANY)
@bp.doc(operationId="verifyBatch")
@bp.response(200, docs.BATCH, description="A report for each.")
@bp.alt_response(200, schema=docs.LINE, content_type=docs.LINES[0], description="A report for each.")
@bp.alt_response(200, schema=docs.LINE, content_type=docs.LINES[1], description="A report for each.")
@bp.alt_response(200, schema=docs.TABLE, content_type=docs.CSV, description="A report for each.")
def post_verify_batch() -> Response:
    """Verify up to 100 at once; each counts against the budget. A wrong one does not affect the others.

    Send `items`, or a form with several `file`s (VerifyFilesForm). With `Accept: application/x-ndjson` you
    get a line for each as soon as it is ready, with its `index`; with `text/csv`, a table.
    """
    accepted = request.accept_mimetypes or MIMEAccept([("*/*", 1)])
    wanted = accepted.best_match(docs.BATCH_TYPES)
    if wanted is None:
        raise NotAcceptable(f"To be had here: {', '.join(docs.BATCH_TYPES)}.")
    items = read_several()
    spend_rest("verify", len(items))
    return _answer(items, wanted)


def _answer(items: Sequence[Submitted], wanted: str) -> Response:
    found = report_each(services(), items, now=now())
    if wanted in docs.LINES:
        lines = (json.dumps(report).encode() + b"\n" for report in found)
        # Unbuffered, because a proxy that needs the length would wait for the last line.
        headers = {"X-Accel-Buffering": "no"}
        return Response(lines, mimetype=wanted, headers=headers, direct_passthrough=True)
    reports = sorted(found, key=lambda report: int(report["index"]))
    if wanted == docs.CSV:
        named = {"Content-Disposition": 'attachment; filename="verification.csv"'}
        # Without the mark, spreadsheets assume another encoding and spoil every non-ASCII letter.
        return Response("\ufeff" + build_csv(reports), mimetype=wanted, headers=named)
    counts = Counter(report["verdict"] for report in reports)
    return _json({"items": reports, "counts": {verdict.value: counts[verdict.value] for verdict in Verdict}})


def _json(answer: JsonObject) -> Response:
    described = {"Link": f'<{SCHEMA}>; rel="describedby"'} if "schema" in answer else {}
    return Response(write_answer(answer), mimetype="application/json", headers=described)
