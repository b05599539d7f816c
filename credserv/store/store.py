"""The store: one object that holds every repository, over SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from credserv.ground.errors import UnavailableError
from credserv.store import schema
from credserv.store.access import AccessRepository
from credserv.store.achievements import AchievementRepository
from credserv.store.audit import AuditRepository
from credserv.store.batches import BatchRepository
from credserv.store.credentials import CredentialRepository
from credserv.store.database import Database, open_engine
from credserv.store.events import EventRepository
from credserv.store.issuer import IssuerRepository
from credserv.store.people import HolderRepository, ShareRepository
from credserv.store.reservations import Reservations
from credserv.store.secrets import SecretBox
from credserv.store.shared_results import SharedResultRepository
from credserv.store.sources import SourceRepository
from credserv.store.status_lists import LIST_LENGTH, StatusListRepository
from credserv.store.trusted_lists import TrustedListRepository


class Store:
    """Safe to share between threads; not between processes (open one after a fork).

    Each method of a repository is a transaction of its own, unless it runs inside `transaction()`.
    Everything raises UnavailableError when the database cannot be reached or written.
    """

    def __init__(
        self, engine: Engine, secret_box: SecretBox, *, status_list_length: int = LIST_LENGTH
    ) -> None:
        self._database = Database(engine)
        self.issuer = IssuerRepository(self._database)
        self.achievements = AchievementRepository(self._database)
        self.sources = SourceRepository(self._database, secret_box)
        self.events = EventRepository(self._database)
        self.status_lists = StatusListRepository(self._database, length=status_list_length)
        self.holders = HolderRepository(self._database)
        reservations = Reservations(self.holders, self.status_lists)
        self.credentials = CredentialRepository(self._database, reservations, self.status_lists)
        self.batches = BatchRepository(self._database, reservations)
        self.shares = ShareRepository(self._database)
        self.trusted_lists = TrustedListRepository(self._database)
        self.shared_results = SharedResultRepository(self._database)
        self.access = AccessRepository(self._database)
        self.audit = AuditRepository(self._database)

    @contextmanager
    def transaction(self, *, savepoints: bool = True) -> Iterator[None]:
        """All that this thread does with the store inside is done together, or not at all.

        savepoints: False where no error of the store is caught inside.
        """
        with self._database.writing(savepoints=savepoints):
            yield

    def check(self) -> None:
        """Raises UnavailableError unless the database answers and has the tables of this version."""
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))
        if not self.schema_is_current():
            raise UnavailableError("the database has not been migrated to this version")

    def migrate(self) -> None:
        """Brings the tables to this version, all or nothing; does nothing when they are there.

        Two processes may call it at once. Raises SettingsError when the database is a newer version's.
        """
        schema.migrate(self._database)

    def schema_is_current(self) -> bool:
        """False for an empty or an older database. Raises SettingsError for a newer one."""
        return schema.is_current(self._database)

    def close(self) -> None:
        """Gives the connections back; the store can be used again and opens new ones."""
        self._database.engine.dispose()


def open_store(database_url: str, *, secret_key: bytes) -> Store:
    """A store over `sqlite:///FILE` or `postgresql://...`; connects only when first used.

    secret_key: 32 bytes or more, seals what is secret in it. Raises SettingsError.
    """
    return Store(open_engine(database_url), SecretBox(secret_key))
