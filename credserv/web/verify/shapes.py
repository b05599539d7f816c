"""What the verifying API takes."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from credserv.journeys.check.many import MAX_INPUTS
from credserv.web.frame.shapes import ObjectOrText, Payload, text

WHAT_TO_VERIFY = ("credential", "presentation", "url")


class VerifyQuestionPayload(Payload):
    """What is asked beyond the credential itself; in a form with files, of each of them."""

    recipient = text(
        2_000, metadata={"description": "The e-mail address or DID of the person it should be about."}
    )
    challenge = text(
        2_000,
        metadata={
            "description": "What the holder of a presentation was asked to sign for. A mere copy of a "
            "credential is then not verified."
        },
    )
    domain = text(2_000, metadata={"description": "The same: to whom it was to be shown."})
    organisation = text(200, metadata={"description": "Whose lists of trusted issuers count."})


class VerifyPayload(VerifyQuestionPayload):
    """One thing to check: exactly one of the first three."""

    credential = ObjectOrText(
        metadata={"description": "A credential, as JSON or as a compact JWT or SD-JWT; or a presentation."}
    )
    presentation = ObjectOrText(metadata={"description": "The same, and nothing but a presentation."})
    url = fields.String(
        validate=validate.Regexp(r"https?://[!-~]{1,2000}\Z", error="Not a web address."),
        metadata={"description": "Where it is. Fetched over https, from public hosts only."},
    )

    @validates_schema
    def _one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if sum(name in data for name in WHAT_TO_VERIFY) != 1:
            raise ValidationError("Give one of `credential`, `presentation` and `url`.")


class VerifyItemPayload(VerifyPayload):
    id = text(500, metadata={"description": "Your name for it: the answer's `input`."})


class VerifyBatchPayload(Payload):
    """Each item is checked against its own shape, so that a wrong one costs the others nothing."""

    items = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(min=1, max=MAX_INPUTS),
        metadata={"description": "Each a VerifyItemPayload. Another has that for its answer."},
    )
