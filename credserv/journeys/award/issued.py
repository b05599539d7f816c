"""What was ordered and issued: find it, and follow how it came about."""

from __future__ import annotations

from dataclasses import dataclass

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialFilter, CredentialRecord
from credserv.records.letters import LetterRecord
from credserv.records.paging import Page, Place


@dataclass(frozen=True)
class History:
    """letter: the one that waits, if any. audit: who did what to the credential, oldest first."""

    letter: LetterRecord | None
    audit: tuple[AuditRecord, ...]


def record_of(services: Services, credential_id: str) -> CredentialRecord:
    """In whatever state, signed or not. Raises NotFoundError."""
    found = services.store.credentials.get(credential_id)
    if found is None:
        raise NotFoundError("there is no such credential")
    return found


def search(
    services: Services,
    text: str,
    *,
    wanted: CredentialFilter,
    limit: int,
    after: Place | None,
    before: Place | None = None,
) -> Page[CredentialRecord]:
    """By recipient, badge or id, newest first; "" finds all. A page goes on from a row."""
    found = services.store.credentials
    return found.search(text, wanted=wanted, limit=limit, after=after, before=before)


def history_of(services: Services, credential_id: str) -> History:
    store = services.store
    return History(store.letters.get(credential_id), store.audit.of_subject(credential_id))
