"""Move an organisation to another installation: read its rows in one snapshot, and write them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError
from credserv.ground.json_types import JsonObject
from credserv.store import tables as t
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.frame.remembered import Memory
from credserv.store.frame.secrets import SecretBox
from credserv.store.operate.audit_seals import hold_sealing
from credserv.store.operate.moving_rows import MOVED, row_to_json

Row = tuple[Table, dict[str, Any]]

_AT_ONCE = 500
_ID_BYTES = 16
# Each installation encrypts these with its own secret key.
_SEALED = {t.source_secrets: ("sealed",), t.audits: ("sealed",), t.member_dids: ("sealed_key",)}
_SEALED |= {t.did_histories: ("sealed_key",)}
_PEOPLE = {(t.people, "id")} | {
    (table, key.parent.name) for table in MOVED for key in table.foreign_keys if key.column is t.people.c.id
}


class MovingRepository:
    def __init__(
        self, database: Database, organisation_id: str, secret_box: SecretBox, memory: Memory
    ) -> None:
        self._database = database
        self._id = organisation_id
        self._secret_box = secret_box
        self._memory = memory

    def read(self) -> Iterator[tuple[str, JsonObject]]:
        """Yield each row with its table's name as of one instant, parents first, with secrets decrypted."""
        with self._database.snapshot() as connection:
            for table, is_own in MOVED.items():
                found = select(table).where(is_own(self._id)).order_by(*table.primary_key.columns)
                options = connection.execution_options(yield_per=_AT_ONCE)
                for row in options.execute(found).mappings():
                    told = dict(row_to_json(table, dict(row)))
                    for name in _sealed(table, told):
                        told[name] = self._secret_box.unseal(told[name])
                    yield table.name, told

    def write(self, rows: Iterable[Row], *, address: str | None) -> None:
        """Write rows in one transaction, under this store's id for the organisation.

        People in the file become new people, even if somebody with the same address is known here, until they
        prove who they are.

        Args:
            rows: As `FileCheck` accepted them, in order.

        Raises:
            ConflictError: An id, DID, key or address is taken.
        """
        people: dict[str, str] = {}
        with self._database.writing(savepoints=False) as connection:
            for table, lot in _lots(rows):
                if table is t.audit_lines:
                    hold_sealing(connection)
                if table is t.people:
                    people |= _free_ids(connection, [values["id"] for values in lot])
                self._insert(connection, table, [self._own(table, row, people, address) for row in lot])
            self._memory.bump(connection)

    def _own(
        self, table: Table, row: dict[str, Any], people: dict[str, str], address: str | None
    ) -> dict[str, Any]:
        values = {
            name: people.get(value, value) if (table, name) in _PEOPLE else value
            for name, value in row.items()
        }
        if table is t.organisations:
            return {**values, "id": self._id, "address": address}
        for name in _sealed(table, values):
            values[name] = self._secret_box.seal(values[name])
        return {**values, "organisation_id": self._id} if "organisation_id" in table.columns else values

    def _insert(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if table is t.images:  # stored by content, shared by all
            insert_all_absent(connection, table, rows)
        elif table is t.audit_lines or table is t.source_secrets:
            connection.execute(insert(table), rows)
        elif not insert_all_absent(connection, table, rows):
            raise ConflictError(f"some of the {table.name.replace('_', ' ')} in the file are here already")


def _sealed(table: Table, values: Mapping[str, Any]) -> list[str]:
    """Return the non-empty columns that each installation encrypts with its own key."""
    return [name for name in _SEALED.get(table, ()) if values[name] is not None]


def _lots(rows: Iterable[Row]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    table: Table | None = None
    lot: list[dict[str, Any]] = []
    for known, values in rows:
        if lot and (known is not table or len(lot) == _AT_ONCE) and table is not None:
            yield table, lot
            lot = []
        table = known
        lot.append(values)
    if lot and table is not None:
        yield table, lot


def _free_ids(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return, by id, the id a person gets here: the same if it is free."""
    taken = set(connection.scalars(select(t.people.c.id).where(t.people.c.id.in_(ids))))
    return {known: random_token(_ID_BYTES) if known in taken else known for known in ids}
