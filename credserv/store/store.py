"""The store: one object with every repository of an organisation, over SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from credserv.ground.errors import UnavailableError
from credserv.records.organisations import MAIN
from credserv.store import schema
from credserv.store.accredit.accreditations import AccreditationRepository
from credserv.store.accredit.appeals import AppealRepository
from credserv.store.accredit.applications import ApplicationRepository
from credserv.store.accredit.audits import AuditPeriodRepository
from credserv.store.accredit.capacity import CapacityRepository
from credserv.store.accredit.cases import CaseRepository
from credserv.store.accredit.endorsements import EndorsementRepository
from credserv.store.accredit.feedback_requests import FeedbackRequestRepository
from credserv.store.accredit.feedback_rounds import FeedbackRoundRepository
from credserv.store.accredit.mentor_offers import CohortRepository, MentorOfferRepository
from credserv.store.accredit.mentoring import MentoringRepository
from credserv.store.accredit.practice import PracticeRepository
from credserv.store.admit.access import AccessRepository
from credserv.store.admit.colleagues import ColleagueRepository
from credserv.store.admit.directory import DirectoryRepository
from credserv.store.admit.employment import EmploymentRepository
from credserv.store.admit.employment_requests import EmploymentRequestRepository
from credserv.store.admit.identifiers import IdentifierRepository
from credserv.store.admit.identities import IdentityRepository
from credserv.store.admit.identity_providers import IdentityProviderRepository
from credserv.store.admit.links import LinkRepository
from credserv.store.admit.member_dids import MemberDidRepository
from credserv.store.admit.members import MemberRepository
from credserv.store.admit.merging import MergeRepository
from credserv.store.admit.passkeys import PasskeyRepository
from credserv.store.admit.people import PeopleRepository
from credserv.store.admit.roster import RosterRepository
from credserv.store.admit.saml_providers import SamlProviderRepository
from credserv.store.admit.staff import StaffRepository
from credserv.store.authorize.oauth import OAuthRepository
from credserv.store.award.bulk import BulkRepository
from credserv.store.award.credentials import CredentialRepository
from credserv.store.award.events import EventRepository
from credserv.store.award.handed_in import HandedInRepository
from credserv.store.award.lots import LotRepository
from credserv.store.award.observations import ObservationRepository
from credserv.store.award.reservations import Reservations
from credserv.store.award.statements import StatementRepository
from credserv.store.claim.copies import CopyRepository
from credserv.store.claim.exchanges import ExchangeRepository
from credserv.store.claim.offers import OfferRepository
from credserv.store.connect.source_pulls import SourcePullRepository
from credserv.store.connect.sources import SourceRepository
from credserv.store.connect.webhook_outbox import WebhookOutbox
from credserv.store.connect.webhooks import WebhookRepository
from credserv.store.define.achievements import AchievementRepository
from credserv.store.define.framework_imports import FrameworkImportRepository
from credserv.store.define.frameworks import FrameworkRepository
from credserv.store.define.path_evidence import PathEvidenceRepository
from credserv.store.define.pathways import PathwayRepository
from credserv.store.define.programmes import ProgrammeRepository
from credserv.store.define.role_profiles import RoleProfileRepository
from credserv.store.define.rules import RuleRepository
from credserv.store.define.skill_search import SkillSearch
from credserv.store.define.translations import TranslationRepository
from credserv.store.deliver.letter_words import LetterWordsRepository
from credserv.store.deliver.letters import LetterRepository
from credserv.store.deliver.link_letters import LinkLetterRepository
from credserv.store.deliver.reminders import ReminderRepository
from credserv.store.frame.audit import AuditRepository
from credserv.store.frame.database import Database, open_engine
from credserv.store.frame.remembered import Memory
from credserv.store.frame.secrets import SecretBox
from credserv.store.hold.awards import Awards
from credserv.store.hold.consents import ConsentRepository
from credserv.store.hold.holder_keys import HolderKeyRepository
from credserv.store.hold.holdings import HoldingRepository
from credserv.store.hold.objections import ObjectionRepository
from credserv.store.hold.shared_results import SharedResultRepository
from credserv.store.hold.shares import ShareRepository
from credserv.store.measure.outcomes import OutcomeRepository
from credserv.store.operate.addresses import AddressRepository
from credserv.store.operate.alarms import AlarmRepository
from credserv.store.operate.audit_seals import AuditSeals
from credserv.store.operate.brands import BrandRepository
from credserv.store.operate.dumping import TableRow, read_all, write_all
from credserv.store.operate.erasure import ErasureRepository
from credserv.store.operate.health import HealthRepository
from credserv.store.operate.moving import MovingRepository
from credserv.store.operate.organisations import OrganisationDirectory, OrganisationRepository
from credserv.store.operate.reached import ReachedRepository
from credserv.store.operate.retention import RetentionRepository
from credserv.store.operate.sandbox import SandboxRepository
from credserv.store.operate.wrong import WrongRepository
from credserv.store.present.presentation_requests import PresentationRequestRepository
from credserv.store.publish.status_indexes import LIST_LENGTH
from credserv.store.publish.status_lists import StatusListRepository
from credserv.store.sign.did_histories import DidHistoryRepository
from credserv.store.sign.issuance_log import IssuanceLogRepository
from credserv.store.sign.versions import VersionRepository
from credserv.store.transfer.archives import ArchiveRepository
from credserv.store.transfer.hosts import HostRepository
from credserv.store.transfer.imports import ImportRepository
from credserv.store.trust.trusted_lists import TrustedListRepository


class Store:
    """All repositories. Safe to share between threads; not between processes (open one after a fork).

    Its repositories reach only the rows of `organisation_id`, so nothing above has to think of it. `people`
    and what depends on them alone cover the whole service; `organisations`, `addresses` and `health` are for
    its operator.

    Each method of a repository is its own transaction, unless it runs inside `transaction()`. Every method
    raises UnavailableError if the database cannot be reached or written.
    """

    def __init__(
        self,
        database: Database,
        secret_box: SecretBox,
        *,
        organisation_id: str = MAIN,
        status_list_length: int = LIST_LENGTH,
        remembered: Memory | None = None,
    ) -> None:
        self._database, self._secret_box = database, secret_box
        self._status_list_length = status_list_length
        self.organisation_id = organisation_id
        bound = (database, organisation_id)
        self.remembered = remembered or Memory(database)
        self.organisations = OrganisationDirectory(database, self.remembered)
        self.addresses = AddressRepository(database, self.remembered)
        self.health = HealthRepository(database)
        self.people = PeopleRepository(database)
        self.identities = IdentityRepository(database)
        self.merges = MergeRepository(database)
        self.passkeys = PasskeyRepository(database, self.people)
        self.holdings = HoldingRepository(database)
        self.erasure = ErasureRepository(database)
        self.holder_keys = HolderKeyRepository(database, secret_box)
        self.consents = ConsentRepository(database)
        self.imports = ImportRepository(database)
        self.hosts = HostRepository(database, secret_box)
        self.archives = ArchiveRepository(*bound, secret_box)
        self.oauth = OAuthRepository(*bound)
        self.organisation = OrganisationRepository(*bound, self.remembered)
        self.brands = BrandRepository(*bound, self.remembered)
        self.members = MemberRepository(*bound)
        self.did_histories = DidHistoryRepository(*bound, secret_box)
        self.member_dids = MemberDidRepository(*bound, secret_box)
        self.endorsements = EndorsementRepository(*bound)
        self.achievements = AchievementRepository(*bound, self.remembered)
        self.translations = TranslationRepository(*bound, self.remembered)
        self.programmes = ProgrammeRepository(*bound, self.remembered)
        self.applications = ApplicationRepository(*bound)
        self.rules = RuleRepository(*bound, self.remembered)
        self.sources = SourceRepository(*bound, secret_box, self.remembered)
        self.source_pulls = SourcePullRepository(*bound, secret_box)
        self.events = EventRepository(*bound)
        self.observations = ObservationRepository(*bound)
        self.statements = StatementRepository(*bound)
        self.objections = ObjectionRepository(*bound)
        self.employment_requests = EmploymentRequestRepository(*bound)
        self.identifiers = IdentifierRepository(*bound)
        self.handed_in = HandedInRepository(*bound)
        self.pathways = PathwayRepository(*bound)
        self.status_lists = StatusListRepository(*bound, length=status_list_length)
        self.sandbox = SandboxRepository(*bound, self.status_lists, self.remembered)
        awards = Awards(organisation_id, self.achievements)
        reservations = Reservations(organisation_id, self.members, self.status_lists.indexes, awards)
        self.issuance_log = IssuanceLogRepository(*bound)
        self.credentials = CredentialRepository(*bound, self.status_lists)
        self.copies = CopyRepository(*bound, self.status_lists)
        self.accreditations = AccreditationRepository(*bound)
        self.versions = VersionRepository(*bound)
        self.offers = OfferRepository(*bound, secret_box)
        self.lots = LotRepository(*bound, reservations)
        self.letters = LetterRepository(*bound)
        self.letter_words = LetterWordsRepository(*bound, self.remembered)
        self.bulk = BulkRepository(*bound)
        self.reminders = ReminderRepository(*bound)
        self.retention = RetentionRepository(*bound)
        self.webhooks = WebhookRepository(*bound, secret_box)
        self.webhook_outbox = WebhookOutbox(*bound)
        self.reached = ReachedRepository(*bound)
        self.wrong = WrongRepository(*bound)
        self.alarms = AlarmRepository(*bound)
        self.outcomes = OutcomeRepository(*bound)
        self.shares = ShareRepository(*bound)
        self.trusted_lists = TrustedListRepository(*bound)
        self.frameworks = FrameworkRepository(*bound)
        self.framework_imports = FrameworkImportRepository(*bound)
        self.skill_search = SkillSearch(*bound)
        self.role_profiles = RoleProfileRepository(*bound)
        self.shared_results = SharedResultRepository(*bound)
        self.exchanges = ExchangeRepository(*bound)
        self.presentation_requests = PresentationRequestRepository(*bound, secret_box)
        self.saml_providers = SamlProviderRepository(*bound)
        self.identity_providers = IdentityProviderRepository(*bound, secret_box)
        self.mentoring = MentoringRepository(*bound)
        self.mentor_offers = MentorOfferRepository(*bound)
        self.cohorts = CohortRepository(*bound)
        self.access = AccessRepository(*bound, self.remembered)
        self.links = LinkRepository(*bound)
        self.link_letters = LinkLetterRepository(*bound)
        self.cases = CaseRepository(*bound)
        self.colleagues = ColleagueRepository(*bound)
        self.staff = StaffRepository(*bound)
        self.directory = DirectoryRepository(*bound)
        self.roster = RosterRepository(*bound)
        self.employment = EmploymentRepository(*bound)
        self.capacity = CapacityRepository(*bound)
        self.path_evidence = PathEvidenceRepository(*bound)
        self.feedback_requests = FeedbackRequestRepository(*bound)
        self.feedback_rounds = FeedbackRoundRepository(*bound)
        self.audit = AuditRepository(*bound)
        self.practice = PracticeRepository(*bound)
        self.appeals = AppealRepository(*bound)
        self.audits = AuditPeriodRepository(*bound, secret_box)
        self.audit_seals = AuditSeals(database)
        self.moving = MovingRepository(*bound, secret_box, self.remembered)

    def of(self, organisation_id: str) -> Store:
        """Return the store of another organisation, over the same connections."""
        return Store(
            self._database,
            self._secret_box,
            organisation_id=organisation_id,
            status_list_length=self._status_list_length,
            remembered=self.remembered,
        )

    @contextmanager
    def transaction(self, *, savepoints: bool = True) -> Iterator[None]:
        """Run everything that this thread does with the store inside as one transaction.

        Args:
            savepoints: False if no error of the store is caught inside.
        """
        with self._database.writing(savepoints=savepoints):
            yield

    def after_commit(self, then: Callable[[], None]) -> None:
        """Call `then` once this thread's transaction is committed, at once if there is none,
        or never if it is rolled back.
        """
        if self._database.is_writing:
            self._database.after_commit(then)
        else:
            then()

    def check(self) -> None:
        """Check that the database answers and has this version's tables.

        Raises:
            UnavailableError: It does not.
        """
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))
        if not self.schema_is_current():
            raise UnavailableError("the database has not been migrated to this version")

    def create_for_now(self) -> None:
        """Create the tables of a temporary database, as `schema.create`."""
        schema.create(self._database)

    def migrate(self) -> None:
        """Bring the tables to this version, all or nothing; two processes may call it at once.

        Raises:
            SettingsError: The database is a newer version's.
        """
        schema.migrate(self._database)

    def is_empty(self) -> bool:
        """Return whether no version of this service has created its tables here."""
        return schema.is_empty(self._database)

    def schema_is_current(self) -> bool:
        """Return whether the tables are this version's: False for an empty or older database.

        Raises:
            SettingsError: The database is a newer version's.
        """
        return schema.is_current(self._database)

    def tables_revision(self) -> str | None:
        """Return the revision of the tables, of any release; None for an empty database."""
        return schema.revision(self._database)

    def read_all(self) -> Iterator[TableRow]:
        """Yield every row of the database, whatever release its tables are from (dumping.py)."""
        return read_all(self._database)

    def write_all(self, revision: str, rows: Iterable[TableRow], *, for_now: bool = False) -> None:
        """Write rows into an empty database, as `dumping.write_all`."""
        write_all(self._database, revision, rows, for_now=for_now)

    def unmake(self) -> None:
        """Drop all tables of a database that was filled in vain, as `schema.unmake`."""
        schema.unmake(self._database)

    def schema_revision(self) -> str:
        """Return the revision of this release's tables; data written for one is not read by another."""
        return schema.head_revision()

    def close(self) -> None:
        """Close the connections. The store can be used again and opens new ones."""
        self._database.close()


def open_store(database_url: str, *, secret_key: bytes) -> Store:
    """Return a store over `sqlite:///FILE` or `postgresql://...`. It connects on first use.

    Args:
        secret_key: 32 bytes or more; encrypts the secrets in it.

    Raises:
        SettingsError: The URL or key cannot be used.
    """
    return Store(Database(open_engine(database_url)), SecretBox(secret_key))
