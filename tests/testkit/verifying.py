"""A real verifier over hosts of the test's own: what each URL serves is a dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.verification import VerificationResult
from credserv.journeys.check.did_histories import DidHistories, SeenLogs
from credserv.journeys.check.resolve import DidResolver
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.status.bitstring import MINIMUM_ENTRIES, build_status_list_credential, encode_list
from credserv.verifying.recipe import Verifier
from credserv.verifying.surroundings import Resolvers
from tests.testkit.proofs import NOW, SCHEMAS, SigningIssuer, badge, canonizer, suites

STATUS_URL = "https://badges.example/status/1"


@cache
def verifier(*, minimum_status_entries: int = 0) -> Verifier:
    return Verifier(
        suites=suites(),
        canonizer=canonizer(),
        schemas=CredentialSchemas.load(SCHEMAS),
        minimum_status_entries=minimum_status_entries,
    )


@dataclass
class Hosts:
    """The outside world. pages: document or bytes by URL; everything else is unavailable. asked: in order.

    keepers: issuers who are trusted to keep status lists for others."""

    pages: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keepers: frozenset[str] = frozenset()
    seen: SeenLogs = field(default_factory=SeenLogs)

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        self.asked.append(url)
        if url not in self.pages:
            raise UnavailableError("the host did not answer in time")
        return Fetched(url, _bytes(self.pages[url]), "application/json")

    def own_status_list(self, url: str) -> bytes | None:
        if not url.startswith("https://ours.example/"):
            return None
        if url not in self.own:
            raise InputError("there is no such status list")
        return _bytes(self.own[url])

    @property
    def resolvers(self) -> Resolvers:
        did = DidResolver(
            find_own=lambda _did: None, fetcher=self, find_history=DidHistories(self, lambda: NOW, self.seen)
        )
        return Resolvers(
            resolve_did=did,
            fetch=self,
            own_status_list=self.own_status_list,
            keeps_lists=self.keepers.__contains__,
        )

    def verify(
        self, document: Mapping[str, Any], *, now: datetime = NOW, **options: Any
    ) -> VerificationResult:
        return verifier().verify_credential(document, now=now, resolvers=self.resolvers, **options)


def signed_list(by: SigningIssuer, *indexes: int, url: str = STATUS_URL, **changes: Any) -> dict[str, Any]:
    """A signed status list in which `indexes` are set. changes: its members, or its subject's."""
    document = build_status_list_credential(
        url=url,
        issuer=by.did,
        purpose="revocation",
        encoded_list=encode_list(indexes, MINIMUM_ENTRIES),
        valid_from=NOW - timedelta(hours=1),
        valid_until=NOW + timedelta(hours=1),
        ttl_milliseconds=60_000,
    )
    for name, value in changes.items():
        (document if name in document else document["credentialSubject"])[name] = value
    return by.sign(document)


def status_entry(index: int = 94567, *, url: str = STATUS_URL, purpose: str = "revocation") -> dict[str, str]:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def endorsement(by: SigningIssuer, of: str, **changes: Any) -> dict[str, Any]:
    """A signed EndorsementCredential of the thing with id `of`."""
    whole = badge(by)
    return by.sign(
        {
            "@context": whole["@context"],
            "id": "https://endorser.example/endorsements/1",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "An endorsement",
            "issuer": {"id": by.did, "type": ["Profile"], "name": "Endorser"},
            "validFrom": "2026-03-14T09:00:00Z",
            "credentialSubject": {
                "id": of,
                "type": ["EndorsementSubject"],
                "endorsementComment": "Good work.",
            },
        }
        | changes
    )


def _bytes(page: Any) -> bytes:
    return page if isinstance(page, bytes) else json.dumps(page).encode()
