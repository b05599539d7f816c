"""Find what was ordered and issued, and follow how it came about."""

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
    """What happened to a credential.

    Attributes:
        letter: The letter that is waiting, if any.
        audit: Who did what to the credential, oldest first.
    """

    letter: LetterRecord | None
    audit: tuple[AuditRecord, ...]


def record_of(services: Services, credential_id: str) -> CredentialRecord:
    """Return a credential in any state, signed or not.

    Raises:
        NotFoundError: There is no such credential.
    """
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
    """Search credentials by recipient, badge or id, newest first.

    Args:
        text: What to look for; "" finds all.
        after: The row after which the page begins.
        before: The row before which the page ends.
    """
    found = services.store.credentials
    return found.search(text, wanted=wanted, limit=limit, after=after, before=before)


def history_of(services: Services, credential_id: str) -> History:
    """Return what happened to a credential."""
    store = services.store
    return History(store.letters.get(credential_id), store.audit.of_subject(credential_id))
