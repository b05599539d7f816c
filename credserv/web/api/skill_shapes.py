"""What the API for frameworks and skills takes and answers."""

from __future__ import annotations

from marshmallow import fields, validate

from credserv.journeys.define.skills import MAX_FOUND
from credserv.web.frame.shapes import Instant, Payload, text

_LICENCE = {"description": "The licence that it stands under: an address or words; empty where it says none."}


class FrameworkAnswer(Payload):
    id = fields.String(required=True, metadata={"description": "Its name in this API."})
    uri = fields.String(required=True)
    name = fields.String(required=True)
    format = fields.String(required=True)
    framework_version = fields.String(required=True)
    publisher = fields.String(required=True)
    licence = fields.String(required=True, metadata=_LICENCE)
    language = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "How many skills it has."})
    revision = fields.Integer(required=True, metadata={"description": "Counts the imports that changed it."})
    imported_at = Instant(required=True)


class FrameworkListAnswer(Payload):
    items = fields.List(fields.Nested(FrameworkAnswer), required=True)


class SkillQuery(Payload):
    q = text(200, required=True, metadata={"description": "Beginnings of words, a code or a URI."})
    framework = text(64, metadata={"description": "The `id` of one, to search in it alone."})
    language = text(35, metadata={"description": "In which to answer, where there is a choice: `de`."})
    limit = fields.Integer(load_default=20, validate=validate.Range(1, MAX_FOUND))


class SkillAnswer(Payload):
    uri = fields.String(required=True)
    label = fields.String(required=True)
    code = fields.String(required=True)
    type = fields.String(required=True, metadata={"description": "What its framework calls it."})
    level = fields.String(required=True)
    definition = fields.String(required=True)
    alt_labels = fields.List(fields.String(), required=True)
    parents = fields.List(fields.String(), required=True, metadata={"description": "URIs; several."})
    replaced_by = fields.List(fields.String(), required=True)
    deprecated = fields.Boolean(required=True)
    gone = fields.Boolean(required=True, metadata={"description": "Whether its framework has it no more."})
    framework = fields.String(required=True, metadata={"description": "The name of its framework."})
    framework_id = fields.String(required=True)
    framework_version = fields.String(required=True)
    licence = fields.String(required=True, metadata=_LICENCE)


class SkillListAnswer(Payload):
    items = fields.List(fields.Nested(SkillAnswer), required=True)


class ReachedQuery(Payload):
    email = text(
        254, required=True, metadata={"description": "Of one person here.", "example": "a@b.example"}
    )


class ReachedAnswer(Payload):
    uri = fields.String(required=True, metadata={"description": "As the badge writes it; empty for none."})
    label = fields.String(required=True)
    code = fields.String(required=True)
    framework = fields.String(required=True)
    level = fields.String(required=True, metadata={"description": "Reached; empty where none is told."})
    sentence = fields.String(required=True, metadata={"description": "What it comes to, plainly."})
    credentials = fields.List(fields.String(), required=True, metadata={"description": "Newest first."})


class ReachedListAnswer(Payload):
    items = fields.List(fields.Nested(ReachedAnswer), required=True)
