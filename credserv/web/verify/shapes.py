"""Requests of the verifying API."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from credserv.frameworks.eligibility import Answer
from credserv.ground.addresses import LINK
from credserv.journeys.accredit.skill_mentors import BY_ALIGNMENT, BY_NAME
from credserv.journeys.check.many import MAX_INPUTS
from credserv.web.frame.shapes import Flag, Instant, ObjectOrText, Payload, text

WHAT_TO_VERIFY = ("credential", "presentation", "url")


class VerifyQuestionPayload(Payload):
    """Questions besides the credential itself; in a form with files, for each of them."""

    recipient = text(
        2_000, metadata={"description": "The e-mail address or DID of the person whom it should be about."}
    )
    challenge = text(
        2_000,
        metadata={
            "description": "What the holder of a presentation was asked to sign for. A mere copy of a "
            "credential is then not verified."
        },
    )
    domain = text(
        2_000, metadata={"description": "To whom the holder of a presentation was asked to show it."}
    )
    organisation = text(
        200, metadata={"description": "The organisation whose lists of trusted issuers count."}
    )


class VerifyPayload(VerifyQuestionPayload):
    """One thing to verify: exactly one of the first three."""

    credential = ObjectOrText(
        metadata={"description": "A credential, as JSON or as a compact JWT or SD-JWT; or a presentation."}
    )
    presentation = ObjectOrText(metadata={"description": "A presentation, in the same forms."})
    url = fields.String(
        validate=validate.Regexp(rf"{LINK}\Z", error="Not a web address."),
        metadata={"description": "Its address. Fetched over https, from public hosts only."},
    )

    @validates_schema
    def _one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if sum(name in data for name in WHAT_TO_VERIFY) != 1:
            raise ValidationError("Give one of `credential`, `presentation` and `url`.")


class VerifyItemPayload(VerifyPayload):
    id = text(500, metadata={"description": "Your name for it: the answer's `input`."})


class VerifyBatchPayload(Payload):
    """Each item is validated by itself, so that a wrong one does not affect the others."""

    items = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(min=1, max=MAX_INPUTS),
        metadata={
            "description": "Each a VerifyItemPayload. An item of another form gets that as its answer."
        },
    )


# --- eligibility ----------------------------------------------------------------------------------


class EligibilityPayload(Payload):
    """A role profile, and the credentials compared with it."""

    profile = fields.Raw(
        required=True,
        metadata={
            "description": "`name` and `skills`, each with its `uri` and optionally `label`, "
            "`level`, `scale` and `essential`; or lists `essential` and "
            "`optional`; or the key of a profile that is kept here.",
            "example": {"name": "coach", "skills": [{"uri": "https://frameworks.example/skills/coach"}]},
        },
    )
    role = text(300, metadata={"description": "Which profile, if several are given."})
    credentials = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(min=1, max=MAX_INPUTS),
        metadata={
            "description": "Each a credential or presentation (JSON or a token), the URL of one, or a "
            "VerifyItemPayload."
        },
    )
    crosswalk = fields.List(
        fields.Raw(),
        validate=validate.Length(max=20_000),
        metadata={
            "description": "Links between skills, beside those kept here: `from`, `to` and `strength` "
            "(`exact`, `broader`, `narrower`, `related`)."
        },
    )
    count_unlisted = Flag(
        metadata={"description": "Also count credentials of issuers that no list of trusted issuers names."}
    )
    mentors = Flag(
        metadata={
            "description": "Name mentors who can be asked about each skill that is not met. 404 "
            "unless everybody may see the register of mentors."
        }
    )
    recipient = text(
        2_000, metadata={"description": "Count only credentials about this person: an e-mail address or DID."}
    )
    organisation = text(
        200, metadata={"description": "The organisation whose lists of trusted issuers count."}
    )
    at = Instant(metadata={"description": "Judge dates as of this time instead of now."})

    @validates_schema
    def _profile(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not isinstance(data.get("profile", ""), dict | list | str):
            raise ValidationError("Neither a role profile nor the key of one.", "profile")


class SkillMentor(Payload):
    """An accredited mentor who agreed to be in the register. What is not known is left out."""

    name = fields.String(required=True)
    competency = fields.String(
        required=True, metadata={"description": "The competency that they can be asked about."}
    )
    why = fields.String(
        required=True,
        validate=validate.OneOf((BY_NAME, BY_ALIGNMENT)),
        metadata={"description": "Why their accreditation covers the skill."},
    )
    state = fields.String(required=True, metadata={"description": "State of the accreditation."})
    since = Instant(metadata={"description": "Start of the state."})
    languages = fields.List(fields.String(), required=True)
    next_free = Instant(metadata={"description": "When a session of 15 minutes can begin."})
    credential = fields.String(metadata={"description": "The badge, which has the details."})


class EligibleSkill(Payload):
    """One skill of the profile. What does not apply is left out."""

    skill = fields.String(required=True, metadata={"description": "Its URI."})
    label = fields.String()
    essential = fields.Boolean(required=True)
    answer = fields.String(required=True, validate=validate.OneOf([one.value for one in Answer]))
    by = fields.List(
        fields.String(), required=True, metadata={"description": "The credentials behind the answer."}
    )
    reason = fields.String(required=True)
    level = fields.String(metadata={"description": "The required minimum."})
    strength = fields.String(metadata={"description": "Strength of the link, for `by` or `near`."})
    near = fields.List(
        fields.String(), metadata={"description": "Credentials about a linked skill, which do not meet it."}
    )
    not_counted = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Why a credential about it is not counted, by its id."},
    )
    ends = Instant(metadata={"description": "Until when it is met."})
    mentors = fields.List(
        fields.Nested(SkillMentor),
        metadata={"description": "Who can be asked about it, if you requested that; three at most."},
    )


class EligibilityAnswer(Payload):
    profile = fields.String(required=True, metadata={"description": "Its name."})
    skills = fields.List(fields.Nested(EligibleSkill), required=True)
    summary = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={
            "description": "For the essential skills: how many are `met`, `of` how many, and the rest."
        },
    )
    credentials = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        required=True,
        metadata={"description": "The state of each credential: `id`, `input`, `standing` and `why`."},
    )
    unread = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata={"description": "What could not be read: `input` and `why`."},
    )
    checked_at = Instant(required=True)
