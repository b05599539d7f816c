"""What the issuing recipe works with, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from credserv.ground.json_types import JsonObject

if TYPE_CHECKING:  # addresses are taken from here by who verifies, too
    from credserv.openbadges.json_schema import CredentialSchemas
    from credserv.proof.data_integrity.cryptosuite import CryptoSuite
    from credserv.proof.keys.signer import Signer
    from credserv.proof.rdf.canonize import Canonizer
    from credserv.records.credentials import IssuanceStep
    from credserv.records.organisations import OrganisationRecord
    from credserv.status.journal import StatusJournal
    from credserv.status.published import Published
    from credserv.store.store import Store


def _unobserved(step: IssuanceStep) -> None:
    """Nobody watches the steps."""


@dataclass(frozen=True)
class IssuingDesk:
    """All that the recipe needs.

    require_own: the whole verifier, asked about bytes that are about to be stored, at an instant; raises
    ProofError for what it would not accept. sends_letters: whether letters are queued: where there is a
    mail server, and in a sandbox, which keeps them. on_step: told each step of a lot right after it: RESERVED
    and STORED are committed then, MADE is in memory alone.
    unstopped_signer: the same key, which the brake does not stop: for what verifying needs (status lists, the
    log of signatures, requests to show something).
    last_lists: the status lists that this process served last, by id; last_tokens:
    the same as tokens, each with the list that it was made from. journal: of what was published.
    """

    store: Store
    issuer: OrganisationRecord
    verification_method: str
    signer: Signer
    unstopped_signer: Signer
    suite: CryptoSuite
    canonizer: Canonizer
    schemas: CredentialSchemas
    require_own: Callable[[bytes, datetime], None]
    public_url: str
    sends_letters: bool
    on_step: Callable[[IssuanceStep], None] = _unobserved
    last_lists: dict[str, Published] = field(default_factory=dict)
    last_tokens: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    journal: StatusJournal | None = None

    @property
    def intent(self) -> JsonObject:
        """What the audit trail says of a signature that is to come."""
        return {"verification_method": self.verification_method}


def credential_url(public_url: str, credential_id: str) -> str:
    """The public URL of a credential, which is also its `id`."""
    return f"{public_url}/credentials/{credential_id}"


def status_list_url(public_url: str, list_id: str) -> str:
    return f"{public_url}/status/{list_id}"


def status_token_url(public_url: str, list_id: str) -> str:
    """Where the same list stands as a Token Status List."""
    return f"{status_list_url(public_url, list_id)}/token"
