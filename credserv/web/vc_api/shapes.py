"""The shapes of the VC-API (W3C VCALM, chapter 3); `payloads` has those of our own API."""
# ruff: noqa: N815 - the members are named by the standard

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from credserv.web.frame.shapes import Instant, ListOrOne, ObjectOrText, Payload

_MAX_TEXT = 2_000
_MAX_POINTERS = 256


def _text(**options: Any) -> fields.String:
    return fields.String(validate=validate.Length(min=1, max=_MAX_TEXT), **options)


def _pointer() -> fields.String:
    return fields.String(validate=validate.Length(max=1_000))


class IssueOptionsPayload(Payload):
    credentialId = _text(metadata={"description": "The credential's own id, if it has one."})
    type = _text(
        metadata={
            "description": "The type of the proof (DataIntegrityProof), or of the token around "
            "the credential: vc+jwt, vc+sd-jwt, vc+cose."
        }
    )
    cryptosuite = _text(metadata={"description": "One that fits the issuer's key."})
    created = Instant(metadata={"description": "Time of the proof; now by default."})
    expires = Instant(metadata={"description": "End of the proof."})
    challenge = _text()
    domain = _text()
    mandatoryPointers = fields.List(
        _pointer(),
        validate=validate.Length(max=_MAX_POINTERS),
        metadata={
            "description": "JSON Pointers to what the holder cannot withhold, with the cryptosuite "
            "ecdsa-sd-2023 or the type vc+sd-jwt. Issuer, dates, status and schema are never withheld."
        },
    )


class IssuePayload(Payload):
    credential = fields.Dict(keys=fields.String(), required=True)
    options = fields.Nested(IssueOptionsPayload, load_default=dict)


class IssueAnswer(Payload):
    verifiableCredential = fields.Dict(required=True)


class DeriveOptionsPayload(Payload):
    selectivePointers = fields.List(
        _pointer(),
        validate=validate.Length(max=_MAX_POINTERS),
        metadata={"description": "JSON Pointers to what is shown besides the mandatory members."},
    )


class DerivePayload(Payload):
    verifiableCredential = fields.Dict(keys=fields.String(), required=True)
    options = fields.Nested(DeriveOptionsPayload, load_default=dict)


class PresentOptionsPayload(Payload):
    challenge = _text()
    domain = _text()


class PresentPayload(Payload):
    presentation = fields.Dict(keys=fields.String(), required=True)
    options = fields.Nested(PresentOptionsPayload, load_default=dict)


class VerifyOptionsPayload(Payload):
    checks = fields.List(
        fields.String(validate=validate.OneOf(["proof", "credentialStatus", "credentialSchema"])),
        metadata={"description": '["proof"] checks only the proof; anything else checks everything.'},
    )
    challenge = _text(metadata={"description": "What the proof must state."})
    domain = _text(metadata={"description": "What the proof must state."})
    expectedProofPurpose = _text(metadata={"description": "What the proof must be for."})
    returnCredential = fields.Boolean(load_default=False)
    returnPresentation = fields.Boolean(load_default=False)
    returnResults = fields.Boolean(load_default=False)
    returnProblemDetails = fields.Boolean(load_default=True)


class VerifyCredentialPayload(Payload):
    verifiableCredential = ObjectOrText(required=True)
    options = fields.Nested(VerifyOptionsPayload, load_default=dict)


class VerifyPresentationPayload(Payload):
    verifiablePresentation = ObjectOrText(required=True)
    options = fields.Nested(VerifyOptionsPayload, load_default=dict)


class VerificationAnswer(Payload):
    verified = fields.Boolean(required=True)
    checks = fields.List(fields.String())
    errors = fields.List(fields.String())
    warnings = fields.List(fields.String())
    problemDetails = fields.List(fields.Dict())
    verifiableCredential = fields.Raw()
    verifiablePresentation = fields.Raw()


class StatusPayload(Payload):
    credentialId = _text(required=True)
    credentialStatus = ListOrOne(
        required=True,
        metadata={
            "description": "`type` and `statusPurpose`: revocation or suspension.",
            "items": {"type": "object"},
            "minItems": 1,
        },
    )
    status = fields.Boolean(load_default=True, metadata={"description": "Whether to set or to clear it."})
    indexAllocator = _text()


class StatusAnswer(Payload):
    credentialId = fields.String(required=True)
    statusPurpose = fields.String(required=True)
    status = fields.Boolean(required=True)
