"""Requests and responses of the API for achievements and credentials; see web/frame/shapes.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from credserv.ground.names import is_did, is_email
from credserv.journeys.award.batch import MAX_BATCH
from credserv.records.achievements import AchievementKind, AwardRule
from credserv.records.credentials import CredentialState
from credserv.web.frame.shapes import (
    CREDENTIAL_URL,
    FORMER_URL,
    WHAT_BECAME,
    FaultAnswer,
    Instant,
    Payload,
    text,
)

MAX_REASON_CHARS = 500
MAX_PAGE = 500
IDEMPOTENCY_KEY = r"[\x21-\x7e]{8,200}\Z"
_URI = validate.Regexp(r"(https?|urn|did|mailto):[^\s<>\"]{1,2000}\Z", error="Not an absolute URI.")
_ID = {"description": "The credential's short name in this API: the last part of its URL."}
_HOW_IT_STANDS = {"description": "The state of the credential."}

# --- achievements -------------------------------------------------------------------------------


class AchievementDefinitionPayload(ma.Schema):
    """A definition, as in the files under schemas/achievements. All its faults are reported together."""

    class Meta:
        unknown = ma.INCLUDE

    key = fields.Raw(
        metadata={"type": "string", "description": "Short name: a to z, 0 to 9, -; it never changes."}
    )
    kind = fields.Raw(metadata={"type": "string", "enum": [one.value for one in AchievementKind]})
    validity_days = fields.Raw(
        metadata={
            "type": "integer",
            "description": "Counted from the award; without it the badge does not expire.",
        }
    )
    validity_months = fields.Raw(
        metadata={"type": "integer", "description": "Instead of days: calendar months."}
    )
    validity_years = fields.Raw(
        metadata={"type": "integer", "description": "Instead of days: calendar years."}
    )
    award = fields.Raw(
        metadata={
            "type": "string",
            "enum": [rule.value for rule in AwardRule],
            "description": "How often one person can get it: `once` (default), or `per-validity`:"
            " again after the earlier award has expired.",
        }
    )
    image = fields.Raw(
        metadata={"type": "object", "description": "`png`, `svg` (data URIs) and `caption`; ours by default."}
    )
    achievement = fields.Raw(
        metadata={"type": "object", "description": "An Open Badges 3.0 Achievement without id and image."}
    )
    learning = fields.Raw(
        metadata={
            "type": "object",
            "description": "`study_time` (a duration of ISO 8601), `quality_assurance` and `prerequisites` "
            "(lists of texts) and `stackable`, for the EU's learning credential.",
        }
    )
    translations = fields.Raw(
        metadata={
            "type": "object",
            "description": "By language (BCP 47), each with `name`, `description` and "
            "`criteria.narrative`. They are not signed and make no new version. "
            "Those given replace all earlier ones; without this member those stay.",
        }
    )


class AchievementAnswer(Payload):
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True)
    url = fields.Url(required=True, metadata={"description": "The permanent address of this version."})
    created_at = Instant(required=True)
    validity_days = fields.Integer(allow_none=True)
    validity_months = fields.Integer(allow_none=True, metadata={"description": "A year is given as twelve."})
    award = fields.String(
        required=True,
        validate=validate.OneOf([rule.value for rule in AwardRule]),
        metadata={"description": "How often one person can get it."},
    )
    achievement = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "As it appears in credentials."}
    )
    learning = fields.Dict(
        keys=fields.String(), allow_none=True, metadata={"description": "As it was defined."}
    )
    translations = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "By language; they are not signed."}
    )


class AchievementListAnswer(Payload):
    items = fields.List(fields.Nested(AchievementAnswer), required=True)
    next = fields.String(
        allow_none=True, metadata={"description": "Pass it as `after` to get the next page."}
    )


# --- credentials --------------------------------------------------------------------------------


class RecipientPayload(Payload):
    email = fields.String(metadata={"description": "Appears in the credential only salted and hashed."})
    did = fields.String()
    name = text(200, metadata={"description": "For letters and the wallet; never in the credential."})

    @validates_schema
    def _someone(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "email" in data and not is_email(data["email"]):
            raise ValidationError("Not one plain e-mail address.", "email")
        if "did" in data and not is_did(data["did"]):
            raise ValidationError("Not a DID (did:method:identifier).", "did")
        if "email" not in data and "did" not in data:
            raise ValidationError("An e-mail address or a DID is required.")


class ResultPayload(Payload):
    """An Open Badges `Result` (section B.1.22). `#fragment` ids refer to the achievement."""

    resultDescription = text(2_000)  # noqa: N815 - the standard's member
    value = text(200)
    status = fields.String(
        validate=validate.OneOf(
            ["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"]
        )
    )
    achievedLevel = text(2_000)  # noqa: N815 - the standard's member


class EvidencePayload(Payload):
    """An Open Badges `Evidence` (section B.1.9)."""

    id = fields.String(validate=_URI)
    name = text(500)
    description = text(5_000)
    narrative = text(20_000)
    genre = text(200)
    audience = text(500)


class CredentialOrderPayload(Payload):
    achievement = text(64, required=True, metadata={"description": "The key of an achievement."})
    version = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=1_000_000),
        metadata={"description": "Version of the achievement; the newest by default."},
    )
    recipient = fields.Nested(RecipientPayload, required=True)
    awarded_at = Instant(metadata={"description": "When it was earned; now by default."})
    results = fields.List(fields.Nested(ResultPayload), validate=validate.Length(max=50))
    evidence = fields.List(fields.Nested(EvidencePayload), validate=validate.Length(max=50))


class BatchedOrderPayload(CredentialOrderPayload):
    idempotency_key = fields.String(
        required=True,
        validate=validate.Length(min=1, max=255),
        metadata={"description": "Like the header of a single order; unique in a batch."},
    )


@dataclass(frozen=True)
class RowFaults:
    """A row of a batch that its schema refuses: marshmallow's messages."""

    messages: Any


class Rows(fields.List[Any]):
    """A list whose rows are judged one by one, so that a wrong one does not affect the others."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("Not a list.")
        return [self._row(row) for row in value]

    def _row(self, row: Any) -> Any:
        try:
            return self.inner.deserialize(row)
        except ValidationError as error:
            return RowFaults(error.messages)


def _batch(**metadata: Any) -> Rows:
    size = validate.Length(min=1, max=MAX_BATCH)
    return Rows(fields.Nested(BatchedOrderPayload), validate=size, metadata=metadata)


class BatchPayload(Payload):
    """A faulty row is reported in its place; the others are issued."""

    items = _batch(description="The orders.")
    credentials = _batch(description="The former name of `items`.", deprecated=True)

    @validates_schema
    def _one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Give the orders as `items`.")

    @post_load
    def _as_items(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {"items": next(iter(data.values()))}


class BatchErrorAnswer(Payload):
    code = fields.String(required=True)
    detail = fields.String(required=True)
    faults = fields.List(fields.Nested(FaultAnswer))


class BatchedAnswer(Payload):
    """A row of a batch, in its place: the credential, or an `error`."""

    idempotency_key = fields.String(metadata={"description": "Absent if the row had no readable key."})
    credential_url = fields.Url(metadata=CREDENTIAL_URL)
    credential = fields.Url(metadata=FORMER_URL)
    id = fields.String(metadata=_ID)
    state = fields.String(
        validate=validate.OneOf([state.value for state in CredentialState]), metadata=_HOW_IT_STANDS
    )
    created = fields.Boolean(metadata={"description": "False for a repeat."})
    note = fields.String(metadata={"description": "Why nothing new was issued although the key is new."})
    error = fields.Nested(BatchErrorAnswer)


class BatchAnswer(Payload):
    created = fields.Integer(required=True)
    repeated = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    items = fields.List(fields.Nested(BatchedAnswer), required=True)


class CredentialAnswer(Payload):
    credential_url = fields.Url(required=True, metadata=CREDENTIAL_URL)
    credential = fields.Url(required=True, metadata=FORMER_URL)
    id = fields.String(required=True, metadata=_ID)
    achievement = fields.String(required=True)
    achievement_version = fields.Integer(required=True)
    issued_at = Instant(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in CredentialState]),
        metadata=_HOW_IT_STANDS,
    )
    changed_at = Instant(allow_none=True)
    note = fields.String(
        metadata={
            "description": "Why it could not be issued, or why nothing new was issued; otherwise empty."
        }
    )


def _require_recipient(text: str) -> None:
    """Raise ValidationError unless it can be in an order: an empty list would say that nothing was issued."""
    if not (is_email(text.strip()) or is_did(text.strip())):
        message = "Neither one plain e-mail address nor a DID. In an address, write + as %2B."
        raise ValidationError(message)


class CredentialQuery(ma.Schema):
    """Which credentials are listed: those that match everything given."""

    class Meta:
        unknown = ma.RAISE

    recipient = fields.String(
        validate=_require_recipient, metadata={"description": "The e-mail address or DID in the order."}
    )
    achievement = text(64, metadata={"description": "The key of an achievement."})
    state = fields.String(
        validate=validate.OneOf([state.value for state in CredentialState]),
        metadata={"description": "The state of the credentials."},
    )
    issued_from = Instant(metadata={"description": "Issued at this time or later."})
    issued_before = Instant(metadata={"description": "Issued before this time."})
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MAX_PAGE))
    after = fields.String(
        validate=validate.Regexp(r"[0-9]{1,17}\.[A-Za-z0-9_-]{1,64}\Z", error="Not the `next` of a page."),
        metadata={"description": "`next` from the previous page."},
    )


class CredentialListAnswer(Payload):
    items = fields.List(fields.Nested(CredentialAnswer), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Pass it as `after` to get the next page; null at the end."},
    )


class AchievementQuery(ma.Schema):
    class Meta:
        unknown = ma.RAISE

    limit = fields.Integer(validate=validate.Range(min=1, max=MAX_PAGE))
    after = text(64, metadata={"description": "`next` from the previous page."})


class StatusChangePayload(Payload):
    state = fields.String(required=True, validate=validate.OneOf(["revoked", "suspended", "active"]))
    reason = fields.String(
        validate=validate.Length(max=MAX_REASON_CHARS),
        load_default="",
        metadata={"description": "Required to revoke or suspend. It is never published."},
    )

    @validates_schema
    def _reasoned(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["state"] != "active" and not data["reason"].strip():
            raise ValidationError("A reason is required to revoke or suspend.", "reason")


class IdempotencyHeaders(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    idempotency_key = fields.String(
        required=True,
        data_key="Idempotency-Key",
        validate=validate.Regexp(IDEMPOTENCY_KEY, error="8 to 200 visible ASCII characters."),
        metadata={"description": "Your choice, one for each credential; a repeat returns the first result."},
    )


# --- events --------------------------------------------------------------------------------------


class EventAnswer(ma.Schema):
    """The outcome of an event."""

    source = fields.String(required=True)
    event_id = fields.String(required=True, metadata={"description": "Its `webhook-id`."})
    received_at = Instant(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(["received", "issued", "ignored", "quarantined"]),
        metadata=WHAT_BECAME,
    )
    credential_url = fields.Url(required=True, allow_none=True, metadata=CREDENTIAL_URL)
    credential = fields.Url(required=True, allow_none=True, metadata=FORMER_URL)
    note = fields.String(required=True, metadata={"description": "The reason, if there is one."})
