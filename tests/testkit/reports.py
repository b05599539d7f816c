"""Reports of verifications, held against the schema that is published."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import Response, request
from jsonschema_rs import Draft202012Validator

from credserv.app.schemas import default_schemas_dir

PATHS = ("/api/v1/verify", "/api/v1/verify/batch")


def check_report(report: Any) -> None:
    """Raises ValidationError unless the report follows the published schema, and holds nothing else."""
    _strict().validate(report)


def check_reports(response: Response) -> Response:
    """As an `after_request` of a service under test: each of its reports is checked on its way out."""
    if request.path in PATHS and response.status_code == 200 and response.mimetype == "application/json":
        answer = json.loads(response.get_data())
        for report in answer.get("items", [answer]):
            check_report(report)
    return response


@cache
def _strict() -> Draft202012Validator:
    """The published schema, in which a member that it does not describe is a fault."""
    schema = json.loads((default_schemas_dir() / "credserv" / "verification-result.json").read_bytes())
    for described in (schema, *schema["$defs"].values()):
        described["additionalProperties"] = False
    return Draft202012Validator(schema, validate_formats=True)
