"""OpenAPI for the verifying calls where our shapes cannot express it: media types, and the published
schema."""

from __future__ import annotations

from typing import Any

from credserv.ground.verification import Verdict
from credserv.journeys.check.many import MAX_INPUTS
from credserv.web.frame.strict import Api
from credserv.web.verify.report_schema import REPORT as _REPORT_NAME
from credserv.web.verify.report_schema import build_components
from credserv.web.verify.shapes import (
    EligibilityPayload,
    VerifyBatchPayload,
    VerifyItemPayload,
    VerifyPayload,
    VerifyQuestionPayload,
)
from credserv.web.verify.submissions import FILE_TYPES, JSON_TYPES

JSON = "application/json"
LINES = ("application/x-ndjson", "application/jsonl")
CSV = "text/csv"
BATCH_TYPES = (JSON, *LINES, CSV)


def _component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


REPORT = _component(_REPORT_NAME)
_BINARY = {"type": "string", "format": "binary"}
FORMS = {
    "VerifyFileForm": _BINARY,
    "VerifyFilesForm": {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": MAX_INPUTS},
}
# One kind of JSON and no form: with several, generated clients do not compile. The descriptions of the calls
# name the others, and the forms are among the schemas.
_BARE = [name for name in (*JSON_TYPES[1:], *FILE_TYPES) if not name.endswith("+json")]
_EXAMPLE = {"url": "https://badges.example/credentials/1"}
ONE: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": _component("VerifyPayload"),
            "example": {"url": "https://badges.example/credentials/1"},
        },
        **{
            name: {"schema": _BINARY} for name in (*JSON_TYPES[1:], *FILE_TYPES) if not name.endswith("+json")
        },
    },
}
MANY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": _component("VerifyBatchPayload"),
            "example": {"items": [{"id": "1", **_EXAMPLE}]},
        }
    },
}
ELIGIBILITY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": _component("EligibilityPayload"),
            "example": {
                "profile": {"name": "coach", "skills": [{"uri": "https://frameworks.example/skills/coach"}]},
                "credentials": [_EXAMPLE],
            },
        }
    },
}
BATCH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": REPORT, "description": "In the order of what was sent."},
        "counts": {
            "type": "object",
            "description": "How many there are of each verdict.",
            "properties": {verdict.value: {"type": "integer", "minimum": 0} for verdict in Verdict},
            "required": [verdict.value for verdict in Verdict],
        },
    },
    "required": ["items", "counts"],
}
LINE = {**REPORT, "description": "A report in each line, with its `index`, as soon as it is ready."}
TABLE = {"type": "string", "description": "A line of text for each report, under a header (RFC 4180)."}


_SHAPES = (
    VerifyQuestionPayload,
    VerifyPayload,
    VerifyItemPayload,
    VerifyBatchPayload,
    EligibilityPayload,
)


def add_shapes(made: Api, report_schema: bytes) -> None:
    """Add to the OpenAPI document the schemas that those calls name and our shapes cannot fully express."""
    schemas = made.spec.components
    for name, component in build_components(report_schema).items():
        schemas.schema(name, component)
    for shape in _SHAPES:
        schemas.schema(shape.__name__, schema=shape)
    question = schemas.schemas["VerifyQuestionPayload"]
    for name, file in FORMS.items():
        members = {"file": file, **question["properties"]}
        schemas.schema(name, {**question, "properties": members, "required": ["file"]})
