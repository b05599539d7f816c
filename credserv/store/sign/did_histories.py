"""An organisation's did:webvh: its log, and the encrypted key that continues it."""

from __future__ import annotations

from sqlalchemy import select, update

from credserv.ground.errors import ConflictError
from credserv.records.did_histories import DidHistoryRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import did_histories


class DidHistoryRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._box = secret_box
        self._own = did_histories.c.organisation_id == organisation_id

    def get(self, *, locked: bool = False) -> DidHistoryRecord | None:
        """Return it.

        Args:
            locked: Whether to prevent others from continuing it until the transaction ends.
        """
        found = select(did_histories).where(self._own)
        with self._database.reading() as connection:
            row = connection.execute(found.with_for_update() if locked else found).one_or_none()
        if row is None:
            return None
        return DidHistoryRecord(row.did, row.log, self._box.unseal(row.sealed_key), row.changed_at)

    def begin(self, history: DidHistoryRecord) -> None:
        """Store a new one.

        Raises:
            ConflictError: The organisation already has one.
        """
        with self._database.writing() as connection:
            values = self._values(history)
            if not insert_if_absent(
                connection, did_histories, organisation_id=self._organisation_id, **values
            ):
                raise ConflictError("this organisation has a did:webvh already: `credserv did show` tells it")

    def continue_(self, before: DidHistoryRecord, history: DidHistoryRecord) -> None:
        """Replace the one that was read.

        Raises:
            ConflictError: Somebody else continued it meanwhile.
        """
        this = self._own & (did_histories.c.log == before.log)
        with self._database.writing() as connection:
            change = update(did_histories).where(this).values(**self._values(history))
            if connection.execute(change).rowcount != 1:
                raise ConflictError("the log of the did:webvh was continued meanwhile: try again")

    def _values(self, history: DidHistoryRecord) -> dict[str, object]:
        return {
            "did": history.did,
            "log": history.log,
            "sealed_key": self._box.seal(history.next_key),
            "changed_at": history.changed_at,
        }
