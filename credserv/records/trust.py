"""Whom verifiers trust: lists of issuers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TrustedListKind(StrEnum):
    OWN = "own"  # kept here, entry by entry
    URL = "url"  # fetched, in the form of schemas/credserv/trusted-issuers.json
    FEDERATION = "federation"  # asked about each issuer: the trust anchor of an OpenID Federation
    DCC_REGISTRY = "dcc-registry"  # fetched, in the form of the Digital Credentials Consortium's registries


@dataclass(frozen=True)
class TrustedListRecord:
    """One list of issuers that an organisation trusts to be who the list says.

    organisation: a slug, "" for this service. name: unique within the organisation. tried_at: of the newest
    attempt to fetch it, fetched_at: of the one whose entries are here. last_error: of the newest attempt, ""
    when it went well.
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
    """issuer: DID or https URL, normalised (trust_list.py). name: as the list gives it.

    valid_from, valid_until: when the entry counts, the first instant included, the last not. added_at: since
    when it says so here, for people to look at. accredits: the achievements of which it is trusted as the
    accreditor, by id; one that ends with `/` stands for all below it.
    """

    issuer: str
    name: str
    url: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    added_at: datetime | None = field(default=None, compare=False)
    accredits: tuple[str, ...] = ()

    def accredits_by(self, achievement: str) -> bool:
        """Whether it is trusted as the accreditor that awards this achievement."""
        below = tuple(one for one in self.accredits if one.endswith("/"))
        return achievement in self.accredits or achievement.startswith(below)

    def counts_at(self, instant: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= instant
        return begun and (self.valid_until is None or instant < self.valid_until)
