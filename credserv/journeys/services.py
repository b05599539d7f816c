"""The collaborators of the journeys, bundled once by the composition root (`app`)."""

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

if TYPE_CHECKING:  # verifiers without an installation import neither store nor queue
    from credserv.fetch.guarded import Fetcher
    from credserv.issuing.credential_signer import CredentialSigner
    from credserv.issuing.recipe import Recipe
    from credserv.issuing.services import IssuingServices
    from credserv.jobs import Jobs
    from credserv.openbadges.badge_image import BadgeImage
    from credserv.openbadges.json_schema import CredentialSchemas
    from credserv.proof.rdf.canonize import Canonizer
    from credserv.store.store import Store
    from credserv.trust.trust_list import TrustedFile
    from credserv.verifying.recipe import Verifier
    from credserv.verifying.surroundings import Resolvers


class Organisations(Protocol):
    """The services of every organisation of the installation, always current."""

    def of(self, slug: str) -> Services:
        """Return an organisation's services.

        Raises:
            NotFoundError: There is no such organisation.
            SigningKeyError: Its key cannot be opened.
        """

    def has(self, slug: str) -> bool: ...

    def slugs(self) -> tuple[str, ...]:
        """Return all short names, closed organisations included, oldest first."""

    def at(self, url: str) -> Services | None:
        """Return the services of the organisation that a URL belongs to."""

    def at_host(self, host: str) -> str | None:
        """Return the organisation that has this Host header to itself."""

    def addresses(self) -> tuple[str, ...]:
        """Return where the organisations' URLs begin, former ones included."""

    def found(self, wanted: Founding, *, actor: str, now: datetime) -> OrganisationRecord:
        """Create an organisation with its own key and DID.

        Raises:
            InputError: A value is not valid.
            ConflictError: The name is taken.
        """

    def change_address(self, slug: str, address: str | None, *, actor: str, now: datetime) -> None:
        """Change an organisation's address while nothing names the current one.

        Raises:
            InputError: The address is not valid.
            ConflictError: Something names the current address.
            NotFoundError: There is no such organisation.
        """

    def make_key(self, slug: str, wanted: WantedKey, *, actor: str, now: datetime) -> SigningKeyRecord:
        """Make a key that is published and signs nothing yet.

        Raises:
            InputError: The key cannot be made so.
            ConflictError: The issuer's state does not allow it.
            NotFoundError: There is no such organisation.
            SigningKeyError: The key store cannot be used now.
        """

    def have_key_sign(self, slug: str, verification_method: str, *, now: datetime) -> datetime:
        """Schedule a key to replace the ones that sign.

        Returns:
            When it begins to sign.

        Raises:
            ConflictError: The key's state does not allow it.
            InputError: The key cannot sign.
            NotFoundError: There is no such organisation or key.
        """

    def withdraw_key(self, slug: str, verification_method: str, *, actor: str, now: datetime) -> None:
        """Withdraw a key for good: nothing that it signed verifies any more.

        Raises:
            InputError: The key cannot be withdrawn.
            NotFoundError: There is no such organisation or key.
        """

    def address_of(self, slug: str) -> str:
        """Return where an organisation's URLs begin.

        Raises:
            NotFoundError: There is no such organisation.
        """


@dataclass(frozen=True)
class Watch:
    """What is monitored, and when it raises an alarm.

    Attributes:
        source_silence: After which a source counts as silent; None for never.
        key_age: By which a signing key should be replaced.
        key_lead: How long a new key is published before it signs.
        reminder_lead: How long before a badge ends its holder is reminded; None for never.
    """

    source_silence: timedelta | None = timedelta(days=14)
    key_age: timedelta = timedelta(days=730)
    key_lead: timedelta = timedelta(seconds=600)
    reminder_lead: timedelta | None = timedelta(days=30)


@dataclass(frozen=True)
class Services:
    """The services of one organisation. Frozen, and shared by all threads of a process.

    Attributes:
        public_url: Where its URLs begin, without a trailing slash.
        status_list_refresh_seconds: Within which a revocation becomes public.
        mail_enabled: Whether links are mailed; otherwise an administrator hands them over. False for a
            sandbox.
        former_urls: Where its URLs began before; what it issued then names them.
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
    watched_dir: Path | None = None  # contains a folder per source, where others put files

    @property
    def issuing(self) -> IssuingServices:
        return self.recipe.issuing

    @property
    def issuer(self) -> OrganisationRecord:
        return self.issuing.issuer

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return where this installation's URLs begin or began, for all its organisations."""
        return self.public_urls if self.neighbours is None else self.neighbours.addresses()

    @property
    def public_urls(self) -> tuple[str, ...]:
        """Return where its URLs begin or began, the current one first."""
        return (self.public_url, *self.former_urls)

    def base_of(self, url: str) -> str:
        """Return which of `public_urls` a URL of this organisation begins with;
        the current one for any other.
        """
        exact = [base for base in self.public_urls if url.startswith(f"{base}/")]
        known = exact or [base for base in self.public_urls if is_under(f"{base}/", url)]
        return max(known, key=len, default=self.public_url)

    def at(self, url: str) -> Services:
        """Return the services of the organisation that a URL belongs to, or these if it belongs to none
        here.
        """
        return self if self.neighbours is None else self.neighbours.at(url) or self

    def at_name(self, slug: str) -> Services:
        """Return the services of an organisation by its short name.

        Raises:
            NotFoundError: There is no such organisation.
        """
        if self.neighbours is not None:
            return self.neighbours.of(slug)
        if slug != self.issuer.id:
            raise NotFoundError("there is no such organisation")
        return self

    def beside(self, slug: str) -> Services:
        """Return services with another organisation's store and URLs, for work that needs none of its keys.

        Raises:
            NotFoundError: There is no such organisation.
        """
        if slug == self.store.organisation_id:
            return self
        if self.neighbours is None:
            raise NotFoundError("there is no such organisation")
        public_url = self.neighbours.address_of(slug)
        return replace(self, store=self.store.of(slug), public_url=public_url, former_urls=())

    @property
    def zone(self) -> ZoneInfo:
        """Return the organisation's time zone."""
        return ZoneInfo(self.issuer.time_zone)

    def today(self, now: datetime) -> date:
        """Return the current day in the organisation's time zone."""
        return now.astimezone(self.zone).date()

    def require_open(self) -> None:
        """Require that the organisation may issue.

        This uses remembered state; the store checks again when it reserves.

        Raises:
            OrganisationClosedError: Nothing new may be issued.
            OrganisationMovedError: Another installation issues for it.
        """
        from credserv.store.frame.open_organisation import require_open  # for issuers only

        require_open(self.issuer.closed_at, self.issuer.moved_at)

    def close(self) -> None:
        """Close the database connections."""
        self.jobs.close()
        self.store.close()
