"""The collaborators of the journeys, bundled once by the composition root (`app.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from credserv.fetch.calling import Caller, process_caller
from credserv.ground.errors import NotFoundError
from credserv.ground.own_addresses import is_under
from credserv.records.organisations import Founding, OrganisationRecord, SigningKeyRecord, WantedKey
from credserv.records.retention import Retention
from credserv.verifying.federation_memory import FederationMemory

if TYPE_CHECKING:  # who verifies without an installation imports neither store nor queue
    from credserv.fetch.guarded import Fetcher
    from credserv.issuing.credential_signer import CredentialSigner
    from credserv.issuing.desk import IssuingDesk
    from credserv.issuing.recipe import Recipe
    from credserv.jobs import Jobs
    from credserv.openbadges.badge_image import BadgeImage
    from credserv.openbadges.json_schema import CredentialSchemas
    from credserv.proof.rdf.canonize import Canonizer
    from credserv.store.store import Store
    from credserv.trust.trust_list import TrustedFile
    from credserv.verifying.recipe import Resolvers, Verifier


class Organisations(Protocol):
    """The services of every organisation of the installation, as they are now."""

    def of(self, slug: str) -> Services:
        """Raises NotFoundError, and SigningKeyError when its key does not open."""

    def has(self, slug: str) -> bool: ...

    def slugs(self) -> tuple[str, ...]:
        """All of them, closed ones too, the oldest first."""

    def at(self, url: str) -> Services | None:
        """Of the organisation whose address an URL is."""

    def at_host(self, host: str) -> str | None:
        """The organisation that has this Host header to itself."""

    def addresses(self) -> tuple[str, ...]:
        """Former ones too."""

    def found(self, wanted: Founding, *, actor: str, now: datetime) -> OrganisationRecord:
        """Make an organisation with a key and a DID of its own. Raises InputError, ConflictError."""

    def change_address(self, slug: str, address: str | None, *, actor: str, now: datetime) -> None:
        """While nothing names the one that it has. Raises InputError, ConflictError, NotFoundError."""

    def make_key(self, slug: str, wanted: WantedKey, *, actor: str, now: datetime) -> SigningKeyRecord:
        """A key that is published and signs nothing yet. Raises InputError, ConflictError, NotFoundError,
        SigningKeyError."""

    def have_key_sign(self, slug: str, verification_method: str, *, now: datetime) -> datetime:
        """Plan that it takes the place of those that sign; returns when. Raises ConflictError, InputError,
        NotFoundError."""

    def withdraw_key(self, slug: str, verification_method: str, *, actor: str, now: datetime) -> None:
        """For good: nothing that it signed verifies. Raises InputError, NotFoundError."""

    def address_of(self, slug: str) -> str:
        """Where an organisation's addresses begin. Raises NotFoundError."""


@dataclass(frozen=True)
class Watch:
    """What is watched. source_silence: after which a source counts as silent, None for never. key_age: by
    which a signing key is to be changed. key_lead: for which a new key is published before it signs.
    reminder_lead: so long before a badge ends its holder is told, None for never."""

    source_silence: timedelta | None = timedelta(days=14)
    key_age: timedelta = timedelta(days=730)
    key_lead: timedelta = timedelta(seconds=600)
    reminder_lead: timedelta | None = timedelta(days=30)


@dataclass(frozen=True)
class Services:
    """Of one organisation. Frozen; shared by all threads of a process.

    public_url: where its addresses begin, without a trailing slash. status_list_refresh_seconds: the bound
    within which a revocation is public. mail_enabled: whether links reach people by mail, or an administrator
    hands them over; from a sandbox no mail goes. former_urls: where its addresses began before; what it
    issued then names them.
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
    federations: FederationMemory = field(default_factory=FederationMemory)
    trust_list_expiry: timedelta = timedelta(days=7)
    trusted_files: tuple[TrustedFile, ...] = ()
    neighbours: Organisations | None = None
    former_urls: tuple[str, ...] = ()
    watch: Watch = Watch()
    retention: Retention = field(default_factory=Retention)
    caller: Caller = field(default_factory=process_caller)
    watched_dir: Path | None = None  # into whose folders others put files for sources

    @property
    def desk(self) -> IssuingDesk:
        return self.recipe.desk

    @property
    def issuer(self) -> OrganisationRecord:
        return self.desk.issuer

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the addresses of this installation begin and began, of all its organisations."""
        return self.public_urls if self.neighbours is None else self.neighbours.addresses()

    @property
    def public_urls(self) -> tuple[str, ...]:
        """Where its addresses begin, that of now first."""
        return (self.public_url, *self.former_urls)

    def base_of(self, url: str) -> str:
        """Which of `public_urls` an address of this organisation begins with; that of now for any other."""
        exact = [base for base in self.public_urls if url.startswith(f"{base}/")]
        known = exact or [base for base in self.public_urls if is_under(f"{base}/", url)]
        return max(known, key=len, default=self.public_url)

    def at(self, url: str) -> Services:
        """The services of the organisation whose address it is; these, where it is nobody's here."""
        return self if self.neighbours is None else self.neighbours.at(url) or self

    def at_name(self, slug: str) -> Services:
        """The services of an organisation by its short name. Raises NotFoundError."""
        if self.neighbours is not None:
            return self.neighbours.of(slug)
        if slug != self.issuer.id:
            raise NotFoundError("there is no such organisation")
        return self

    def beside(self, slug: str) -> Services:
        """With another organisation's store and addresses, for what needs none of its keys. Raises
        NotFoundError."""
        if slug == self.store.organisation_id:
            return self
        if self.neighbours is None:
            raise NotFoundError("there is no such organisation")
        public_url = self.neighbours.address_of(slug)
        return replace(self, store=self.store.of(slug), public_url=public_url, former_urls=())

    @property
    def zone(self) -> ZoneInfo:
        """Of the place where the organisation is."""
        return ZoneInfo(self.issuer.time_zone)

    def today(self, now: datetime) -> date:
        """The day that it is where the organisation is."""
        return now.astimezone(self.zone).date()

    def require_open(self) -> None:
        """Raises OrganisationClosedError where nothing new may be issued, OrganisationMovedError where
        another installation does. As remembered: the store asks again when it reserves."""
        from credserv.store.open_organisation import require_open  # of who issues

        require_open(self.issuer.closed_at, self.issuer.moved_at)

    def close(self) -> None:
        """Let go of the connections to the databases."""
        self.jobs.close()
        self.store.close()
