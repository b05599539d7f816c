"""Requests and responses of the API for frameworks and skills."""

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


class WantedSkillAnswer(Payload):
    uri = fields.String(required=True)
    label = fields.String(metadata={"description": "Left out where none is known."})
    level = fields.String(metadata={"description": "The least that will do; left out where any will."})
    scale = fields.List(fields.String(), metadata={"description": "The levels there are, the lowest first."})
    essential = fields.Boolean(required=True)


class RoleProfileAnswer(Payload):
    key = fields.String(required=True)
    name = fields.String(required=True)
    uri = fields.String(required=True, metadata={"description": "Of the occupation; empty where it is none."})
    changed_at = Instant(required=True)
    skills = fields.List(fields.Nested(WantedSkillAnswer), required=True)


class RoleProfileListAnswer(Payload):
    items = fields.List(fields.Nested(RoleProfileAnswer), required=True)


class ProfilePathwayQuery(Payload):
    toward = text(64, metadata={"description": "The key of the badge that it leads to, which is no step."})
    gaps = fields.String(
        load_default="named",
        validate=validate.OneOf(("named", "steps")),
        metadata={
            "description": "`steps`: what no badge shows is a step, too, which any badge for the skill meets."
        },
    )


class ShowsAnswer(Payload):
    achievement = fields.String(required=True, metadata={"description": "Its key."})
    name = fields.String(required=True)
    through = fields.String(
        required=True,
        metadata={"description": "The skill that it names, which a crosswalk makes this one."},
    )
    level = fields.String(required=True, metadata={"description": "The id of the level that is asked for."})
    why_not = fields.String(required=True, metadata={"description": "Empty where it does."})


class SkillStepsAnswer(Payload):
    uri = fields.String(required=True)
    label = fields.String(required=True)
    level = fields.String(required=True)
    essential = fields.Boolean(required=True)
    chosen = fields.String(required=True, metadata={"description": "The key that is proposed, or empty."})
    gap = fields.String(required=True, metadata={"description": "Why no badge does; empty where one does."})
    badges = fields.List(fields.Nested(ShowsAnswer), required=True)


class ProfilePathwayAnswer(Payload):
    profile = fields.String(required=True, metadata={"description": "Its name."})
    skills = fields.List(fields.Nested(SkillStepsAnswer), required=True)
    gaps = fields.List(
        fields.String(), required=True, metadata={"description": "The essential skills that no badge shows."}
    )
    without_room = fields.Integer(
        required=True, metadata={"description": "Steps for which `rule` has no room."}
    )
    rule = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "As `setRule` takes it, with a step."},
    )
