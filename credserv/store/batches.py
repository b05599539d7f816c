"""Many credentials in few statements: what `credentials` does one by one, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from credserv.records.credentials import CredentialRecord, IssuanceStep
from credserv.store.credential_rows import STORE_SIGNED, Claim
from credserv.store.database import Database, execute_many
from credserv.store.reservations import Reservations, add_steps

MAX_BATCH = 1_000  # an IN list of as many parameters is within every database's limit


class BatchRepository:
    def __init__(self, database: Database, organisation_id: str, reservations: Reservations) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._reservations = reservations

    def reserve(
        self, scope: str, claims: Sequence[Claim], *, now: datetime
    ) -> Mapping[str, CredentialRecord]:
        """As `credentials.reserve` for each claim, all in one transaction; by idempotency key.

        claims: at most MAX_BATCH, all of `scope`, each key once. A claim's intent is written down with it.
        An order that was reserved before, by whom ever, keeps its first record: its id and order_sha256
        tell. Raises ConflictError for an unknown achievement.
        """
        with self._database.writing() as connection:
            return self._reservations.reserve(connection, scope, claims, now)

    def store_signed(self, signed: Mapping[str, bytes], *, now: datetime) -> None:
        """As `credentials.store_signed`, by credential id: whoever was first keeps its bytes."""
        own = {"own": self._organisation_id, "at": now}
        rows = [{**own, "wanted": wanted, "bytes": content} for wanted, content in signed.items()]
        with self._database.writing() as connection:
            execute_many(connection, STORE_SIGNED, rows)
            add_steps(connection, signed, [IssuanceStep.STORED], now)
