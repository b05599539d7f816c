"""Copies: one award again, in another format and bound to a key of its holder (docs/adr/0023)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CopyForm(StrEnum):
    """The format of a copy, in the terms of OpenID4VCI 1.0, appendix A, where it has one."""

    LDP_VC = "ldp_vc"
    LDP_VC_SD = "ldp_vc-sd"  # a base proof of ecdsa-sd-2023, from which its holder derives what is shown
    JWT_VC_JSON = "jwt_vc_json"  # Open Badges 3.0, section 8.2
    VC_JWT = "vc+jwt"  # VC-JOSE-COSE 1.0
    DC_SD_JWT = "dc+sd-jwt"  # IETF SD-JWT VC
    LEARNING = "eu-learning"  # the European learning credential, likewise an SD-JWT VC

    @property
    def is_token(self) -> bool:
        return self not in (CopyForm.LDP_VC, CopyForm.LDP_VC_SD)

    @property
    def is_disclosing(self) -> bool:
        """Return whether its holder may show a part of it."""
        return self is CopyForm.LDP_VC_SD or self.is_sd_jwt_vc

    @property
    def is_sd_jwt_vc(self) -> bool:
        return self in (CopyForm.DC_SD_JWT, CopyForm.LEARNING)

    @property
    def is_named(self) -> bool:
        """Return whether it names its holder, so that not everybody may see all of it."""
        return self is CopyForm.LEARNING

    @property
    def wire_format(self) -> str:
        """Return the name of the format in OpenID4VCI."""
        if self.is_sd_jwt_vc:
            return CopyForm.DC_SD_JWT.value
        return CopyForm.LDP_VC.value if self is CopyForm.LDP_VC_SD else self.value

    @property
    def media_type(self) -> str:
        """Return the media type of the signed bytes."""
        if not self.is_token:
            return "application/vc"
        return "application/jwt" if self is CopyForm.JWT_VC_JSON else f"application/{self.wire_format}"


@dataclass(frozen=True)
class Holder:
    """Who requests a copy, and the DID of the key it is bound to: a did:key or did:jwk."""

    person_id: str
    did: str


@dataclass(frozen=True)
class CopyPlan:
    """Everything that varies in a copy, fixed before it is made.

    Attributes:
        salt: For its own hash of the holder's address.
    """

    id: str
    credential_id: str
    form: CopyForm
    holder_did: str
    key_thumbprint: str
    salt: str
    planned_at: datetime


@dataclass(frozen=True)
class CopyRecord:
    """A copy from its reservation on.

    Attributes:
        id: 128 random bits, base64url. Its own `id` is {public_url}/credentials/{id}.
        signed: The exact bytes; None until stored.
        ended_at: Since when its own bit is set, for good.
    """

    plan: CopyPlan
    status_list_id: str
    status_index: int
    signed: bytes | None = None
    stored_at: datetime | None = None
    ended_at: datetime | None = None
    erased_sha256: str = ""

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def credential_id(self) -> str:
        return self.plan.credential_id

    @property
    def form(self) -> CopyForm:
        return self.plan.form

    @property
    def holder_did(self) -> str:
        return self.plan.holder_did
