"""Copy a database: read all rows in one snapshot, and write them into an empty database of either kind.

Tables are taken from the database itself, not from this release. A copy is made before a migration, and a
later release reads it and migrates it. JSON is copied as the text it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
)

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import ConflictError, InputError
from credserv.store import schema
from credserv.store.frame.bounded import long_waits
from credserv.store.frame.database import Database

_AT_ONCE = 500
_REVISIONS = "alembic_version"


@dataclass(frozen=True)
class TableRow:
    """A row.

    Attributes:
        table: The table's name.
        columns: The column names, the same for all rows of a table.
        values: As in JSON.
    """

    table: str
    columns: tuple[str, ...]
    values: Sequence[Any]


def read_all(database: Database) -> Iterator[TableRow]:
    """Yield every row as of one instant, parents first, while others write."""
    with database.snapshot() as connection:
        for table in _tables(connection):
            columns = list(table.columns)
            names = tuple(column.name for column in columns)
            found = select(*(_told(column) for column in columns)).order_by(*table.primary_key.columns)
            options = connection.execution_options(yield_per=_AT_ONCE)
            for row in options.execute(found):
                yield TableRow(table.name, names, [_to_json(value) for value in row])


def write_all(database: Database, revision: str, rows: Iterable[TableRow], *, for_now: bool = False) -> None:
    """Write rows into an empty database in one transaction.

    It then has the tables of `revision` and has to be migrated.

    Raises:
        ConflictError: The database is not empty.
        InputError: This release does not know the revision or a table.
    """
    if not schema.is_empty(database):
        raise ConflictError("the database is not empty: name an empty one, nothing is written over")
    with database.writing(savepoints=False) as connection, long_waits(connection):
        schema.make_at(connection, revision, for_now=for_now)
        tables = {table.name: table for table in _tables(connection)}
        for table in reversed(tables.values()):
            connection.execute(table.delete())  # rows that a migration inserted
        for lot in _lots(rows):
            _insert(connection, tables, lot)
        if connection.dialect.name == "postgresql":
            _count_on(connection, tables.values())
            # Until its autovacuum counts the rows, the planner takes the tables for empty ones.
            connection.execute(text("ANALYZE " + ", ".join(f'"{name}"' for name in tables)))


def _tables(connection: Connection) -> list[Table]:
    known = MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != _REVISIONS]


def _told(column: Column[Any]) -> Any:
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _insert(connection: Connection, tables: dict[str, Table], lot: Sequence[TableRow]) -> None:
    table, names = tables.get(lot[0].table), lot[0].columns
    if table is None or set(names) != {column.name for column in table.columns}:
        raise InputError(f"the copy holds a table {lot[0].table[:80]!r} that is not of its release")
    if any(row.columns != names or len(row.values) != len(names) for row in lot):
        raise InputError(f"the copy holds a row of {table.name} that is not of its table")
    columns = [table.columns[name] for name in names]
    raw = {
        column.name: cast(bindparam(column.name, type_=Text), JSON)
        for column in columns
        if isinstance(column.type, JSON) and connection.dialect.name == "postgresql"
    }
    plain = {
        column.name: bindparam(column.name, type_=Text if isinstance(column.type, JSON) else column.type)
        for column in columns
        if column.name not in raw
    }
    connection.execute(
        insert(table).values(plain | raw),
        [
            {
                column.name: _from_json(column, value)
                for column, value in zip(columns, row.values, strict=True)
            }
            for row in lot
        ],
    )


def _count_on(connection: Connection, tables: Iterable[Table]) -> None:
    """Set counters to continue after the copied rows."""
    for table in tables:
        key = list(table.primary_key.columns)
        if len(key) != 1 or not isinstance(key[0].type, Integer):
            continue
        sequence = select(func.pg_get_serial_sequence(table.name, key[0].name))
        name = connection.scalar(sequence)
        highest = connection.scalar(select(func.max(key[0])))
        if name is not None and highest is not None:
            connection.execute(text("SELECT setval(:name, :highest)"), {"name": name, "highest": highest})


def _lots(rows: Iterable[TableRow]) -> Iterator[list[TableRow]]:
    lot: list[TableRow] = []
    for row in rows:
        if lot and (row.table != lot[0].table or len(lot) == _AT_ONCE):
            yield lot
            lot = []
        lot.append(row)
    if lot:
        yield lot


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": encode_base64url(bytes(value))}
    if isinstance(value, datetime):
        return {"instant": (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a column holds a {type(value).__name__}, of which no copy is made")


def _from_json(column: Column[Any], value: Any) -> Any:
    """Convert a value. Raises InputError."""
    if not isinstance(value, dict):
        return value
    try:
        ((kind, written),) = value.items()
        if kind == "bytes":
            return decode_base64url(written)
        if kind == "date":
            return date.fromisoformat(written)
        if kind == "instant" and isinstance(column.type, DateTime):
            # SQLite stores no time zone; everything is UTC (tables/base.py).
            instant = datetime.fromisoformat(written).astimezone(UTC)
            return instant if column.type.timezone else instant.replace(tzinfo=None)
    except (ValueError, TypeError, InputError):
        pass
    raise InputError(f"the copy holds no value of {column.table.name}.{column.name} in its place")
