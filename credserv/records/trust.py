"""Whom verifiers trust: lists of issuers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TrustedListKind(StrEnum):
    OWN = "own"  # maintained here, entry by entry
    URL = "url"  # fetched, in the format of schemas/credserv/trusted-issuers.json
    FEDERATION = "federation"  # asked about each issuer: the trust anchor of an OpenID Federation
    DCC_REGISTRY = "dcc-registry"  # fetched, in the format of the Digital Credentials Consortium's registries


@dataclass(frozen=True)
class TrustedListRecord:
    """A list of issuers that an organisation trusts to be who the list says.

    Attributes:
        organisation: A slug; "" for this service.
        name: Unique within the organisation.
        tried_at: The last attempt to fetch it.
        fetched_at: When the stored entries were fetched.
        last_error: Of the last attempt; "" if it succeeded.
    """

    id: str
    organisation: str
    name: str
    kind: TrustedListKind
    created_at: datetime
    url: str | None = None
    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True)
class TrustedIssuerRecord:
    """An entry.

    Attributes:
        issuer: DID or https URL, normalised (trust_list.py).
        name: As the list gives it.
        valid_from: From when the entry counts, included.
        valid_until: Until when the entry counts, excluded.
        added_at: Since when it is here, for people to look at.
        accredits: Ids of the achievements for which it is trusted as the accreditor; one that ends with `/`
            stands for everything below it.
    """

    issuer: str
    name: str
    url: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    added_at: datetime | None = field(default=None, compare=False)
    accredits: tuple[str, ...] = ()

    def accredits_by(self, achievement: str) -> bool:
        """Return whether it is trusted as the accreditor that awards this achievement."""
        below = tuple(one for one in self.accredits if one.endswith("/"))
        return achievement in self.accredits or achievement.startswith(below)

    def counts_at(self, instant: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= instant
        return begun and (self.valid_until is None or instant < self.valid_until)
