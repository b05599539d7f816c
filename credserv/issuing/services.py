"""The collaborators of the issuing recipe, supplied by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from credserv.ground.json_types import JsonObject

if TYPE_CHECKING:
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
    """Ignore the step."""


@dataclass(frozen=True)
class IssuingServices:
    """Everything that the recipe works with.

    Attributes:
        unstopped_signer: The same key, not subject to the brake. It signs what verification needs: status
            lists, the signature log and presentation requests.
        require_own: Runs the whole verifier on bytes about to be stored, at the given instant. Raises
            ProofError if it does not accept them.
        sends_letters: Whether letters are queued. True where a mail server is configured, and in a sandbox,
            which keeps its letters.
        on_step: Called after each step of a lot. RESERVED and STORED are committed by then; MADE exists in
            memory only.
        last_lists: The status lists that this process served last, by id.
        last_tokens: The same lists as tokens, each with the list it was made from.
        journal: The journal of published status lists.
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
        """Return what the audit trail records before a signature is made."""
        return {"verification_method": self.verification_method}
