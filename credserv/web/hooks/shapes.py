"""What a learning system sends, and our response."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from credserv.web.frame.shapes import CREDENTIAL_URL, FORMER_URL, WHAT_BECAME, Instant, Payload


class EventLearner(ma.Schema):
    email = fields.String(metadata={"description": "This or a DID, or both."})
    did = fields.String()
    name = fields.String(metadata={"description": "For letters and the wallet."})


class EventCourse(ma.Schema):
    id = fields.String(required=True, metadata={"description": "What the rules of the source name."})
    name = fields.String()


class EventResult(ma.Schema):
    score = fields.Float(metadata={"description": "From 0 to 1; up to 1.1 it counts as 1."})
    passed = fields.Boolean(
        metadata={"description": "The course's verdict: false earns nothing; otherwise the rules decide."}
    )


class EventData(ma.Schema):
    learner = fields.Nested(EventLearner, required=True)
    course = fields.Nested(EventCourse, required=True)
    result = fields.Nested(EventResult)


class EventPayload(ma.Schema):
    """A completion in the generic dialect. It is read from its signed bytes, by the source's dialect."""

    type = fields.String(required=True, metadata={"description": "What the rules of the source name."})
    timestamp = Instant(required=True, metadata={"description": "When it was completed."})
    data = fields.Nested(EventData, required=True)


class HookAnswer(Payload):
    credential_url = fields.Url(allow_none=True, metadata=CREDENTIAL_URL)
    credential = fields.Url(allow_none=True, metadata=FORMER_URL)
    state = fields.String(
        required=True,
        validate=validate.OneOf(["issued", "ignored", "quarantined"]),
        metadata=WHAT_BECAME,
    )
    note = fields.String()
