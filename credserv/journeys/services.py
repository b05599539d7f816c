"""The collaborators of the journeys, bundled once by the composition root (`app.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from credserv.fetch.guarded import Fetcher
from credserv.issuing.credential_signer import CredentialSigner
from credserv.issuing.desk import IssuingDesk
from credserv.issuing.recipe import Recipe
from credserv.jobs import Jobs
from credserv.openbadges.badge_image import BadgeImage
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.rdf.canonize import Canonizer
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store
from credserv.trust.trust_list import TrustedFile
from credserv.verifying.recipe import Resolvers, Verifier


@dataclass(frozen=True)
class Services:
    """Frozen; shared by all threads of a process.

    public_url: origin without a trailing slash. status_list_refresh_seconds: the bound within which a
    revocation is public. mail_enabled: whether links reach people by mail, or an administrator hands
    them over.
    """

    store: Store
    recipe: Recipe
    canonizer: Canonizer
    schemas: CredentialSchemas
    verifier: Verifier
    resolvers: Resolvers
    fetcher: Fetcher
    credential_signer: CredentialSigner
    jobs: Jobs
    public_url: str
    status_list_refresh_seconds: int = 60
    session_hours: int = 8
    max_document_bytes: int = 1_048_576
    mail_enabled: bool = False
    default_image: BadgeImage | None = None
    trust_list_refresh: timedelta = timedelta(hours=1)
    trust_list_expiry: timedelta = timedelta(days=7)
    trusted_files: tuple[TrustedFile, ...] = ()

    @property
    def desk(self) -> IssuingDesk:
        return self.recipe.desk

    @property
    def issuer(self) -> OrganisationRecord:
        return self.desk.issuer

    def close(self) -> None:
        """Let go of the connections to the databases."""
        self.jobs.close()
        self.store.close()
