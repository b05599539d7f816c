"""Requests and responses of the API for frameworks and skills."""

from __future__ import annotations

from marshmallow import fields, validate

from credserv.journeys.define.skills import MAX_FOUND
from credserv.web.frame.shapes import Instant, Payload, text

_LICENCE = {"description": "Its licence: an address or words; empty if it states none."}


class FrameworkAnswer(Payload):
    id = fields.String(required=True, metadata={"description": "Its name in this API."})
    uri = fields.String(required=True)
    name = fields.String(required=True)
    format = fields.String(required=True)
    framework_version = fields.String(required=True)
    publisher = fields.String(required=True)
    licence = fields.String(required=True, metadata=_LICENCE)
    language = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "The number of skills."})
    revision = fields.Integer(
        required=True, metadata={"description": "The number of imports that changed it."}
    )
    imported_at = Instant(required=True)


class FrameworkListAnswer(Payload):
    items = fields.List(fields.Nested(FrameworkAnswer), required=True)


class SkillQuery(Payload):
    q = text(200, required=True, metadata={"description": "Beginnings of words, a code or a URI."})
    framework = text(64, metadata={"description": "The `id` of a framework, to search only in it."})
    language = text(35, metadata={"description": "The language of the answer, if there is a choice: `de`."})
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
    gone = fields.Boolean(
        required=True, metadata={"description": "Whether it is no longer in its framework."}
    )
    framework = fields.String(required=True, metadata={"description": "The name of its framework."})
    framework_id = fields.String(required=True)
    framework_version = fields.String(required=True)
    licence = fields.String(required=True, metadata=_LICENCE)


class SkillListAnswer(Payload):
    items = fields.List(fields.Nested(SkillAnswer), required=True)


class ReachedQuery(Payload):
    email = text(
        254,
        required=True,
        metadata={"description": "The e-mail address of a person here.", "example": "a@b.example"},
    )


class ReachedAnswer(Payload):
    uri = fields.String(
        required=True, metadata={"description": "As written in the badge; empty if it has none."}
    )
    label = fields.String(required=True)
    code = fields.String(required=True)
    framework = fields.String(required=True)
    level = fields.String(
        required=True, metadata={"description": "The level reached; empty if none is given."}
    )
    sentence = fields.String(required=True, metadata={"description": "The result in plain words."})
    credentials = fields.List(fields.String(), required=True, metadata={"description": "Newest first."})


class ReachedListAnswer(Payload):
    items = fields.List(fields.Nested(ReachedAnswer), required=True)


class WantedSkillAnswer(Payload):
    uri = fields.String(required=True)
    label = fields.String(metadata={"description": "Absent if none is known."})
    level = fields.String(metadata={"description": "The minimum; absent if any level suffices."})
    scale = fields.List(fields.String(), metadata={"description": "The levels, lowest first."})
    essential = fields.Boolean(required=True)


class RoleProfileAnswer(Payload):
    key = fields.String(required=True)
    name = fields.String(required=True)
    uri = fields.String(
        required=True, metadata={"description": "URI of the occupation; empty if it is not one."}
    )
    changed_at = Instant(required=True)
    skills = fields.List(fields.Nested(WantedSkillAnswer), required=True)


class RoleProfileListAnswer(Payload):
    items = fields.List(fields.Nested(RoleProfileAnswer), required=True)


class ProfilePathwayQuery(Payload):
    toward = text(
        64, metadata={"description": "The key of the badge that the pathway leads to, which is not a step."}
    )
    gaps = fields.String(
        load_default="named",
        validate=validate.OneOf(("named", "steps")),
        metadata={
            "description": "`steps`: a skill that no badge shows becomes a step too, met by any "
            "badge for that skill."
        },
    )


class ShowsAnswer(Payload):
    achievement = fields.String(required=True, metadata={"description": "Its key."})
    name = fields.String(required=True)
    through = fields.String(
        required=True,
        metadata={"description": "The skill that it names, if a crosswalk links it to this one."},
    )
    level = fields.String(required=True, metadata={"description": "The id of the required level."})
    why_not = fields.String(required=True, metadata={"description": "Empty if it does."})


class SkillStepsAnswer(Payload):
    uri = fields.String(required=True)
    label = fields.String(required=True)
    level = fields.String(required=True)
    essential = fields.Boolean(required=True)
    chosen = fields.String(required=True, metadata={"description": "The proposed key, or empty."})
    gap = fields.String(required=True, metadata={"description": "Why no badge does; empty if one does."})
    badges = fields.List(fields.Nested(ShowsAnswer), required=True)


class ProfilePathwayAnswer(Payload):
    profile = fields.String(required=True, metadata={"description": "Its name."})
    skills = fields.List(fields.Nested(SkillStepsAnswer), required=True)
    gaps = fields.List(
        fields.String(), required=True, metadata={"description": "The essential skills that no badge shows."}
    )
    without_room = fields.Integer(
        required=True, metadata={"description": "Steps that do not fit into `rule`."}
    )
    rule = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "In the form that `setRule` takes, if there is a step."},
    )
