"""Each migration, from the version before it with data in it, up and down, on both databases.

One walk through all versions. Once a table is there it gets a row of its own, made from the columns that the
database itself tells. After each step every row is still there, with the values it had in every column that
is still there; what a migration changes on purpose stands in `MEANT`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import count, pairwise
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Time,
    inspect,
    text,
)

from credserv.store import schema
from credserv.store.frame.database import Database, open_engine
from tests.testkit.released import config_for

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]

# What the table itself asks of its one row.
GIVEN: dict[tuple[str, str], Any] = {("issuers", "id"): 1}
# By version, table and column ("" for its rows): what changes on purpose.
MEANT_UP = {
    ("0003", "holders", ""): "they are members and people from then on",
    ("0003", "issuers", ""): "they are organisations from then on",
    ("0004", "credential_steps", ""): "they are instants of the credential from then on",
    ("0006", "memberships", "search_text"): "what is searched is made anew of address and name",
}
MEANT_DOWN = {
    ("0053", "mentor_offers", "is_listed"): "an offer without a time was withdrawn",
    ("0006", "links", ""): "links that lead to somebody's wallet are not those of an older version",
    ("0004", "credential_steps", ""): "those of the credential's instants come back beside it",
}


def test_attack_134_each_migration_keeps_every_row_of_the_version_before_it(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ScriptDirectory.from_config(schema.alembic_config())
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _config: script)
    revisions = [found.revision for found in script.walk_revisions()]
    engine, numbers = open_engine(empty_database_url), count(1)
    database, changed = Database(engine), []
    with engine.connect() as looking:
        before: Rows = {}
        for revision in reversed(revisions):
            with database.writing() as connection:
                command.upgrade(config_for(connection), revision)
            after = rows_of(looking)
            changed += [
                (revision, *one) for one in differences(before, after) if (revision, *one[:2]) not in MEANT_UP
            ]
            with engine.begin() as connection:
                fill(connection, [name for name, rows in after.items() if not rows], numbers)
            before = rows_of(looking)
        assert [name for name, rows in before.items() if not rows] == []
        assert [one for one in changed if one[:3] not in MEANT_UP] == []
        changed = []
        for revision, older in pairwise(revisions):
            with database.writing() as connection:
                command.downgrade(config_for(connection), older)
            after = rows_of(looking)
            gone = before.keys() - after.keys()
            kept = {name: rows for name, rows in before.items() if name not in gone}
            changed += [
                (revision, *one) for one in differences(kept, after) if (revision, *one[:2]) not in MEANT_DOWN
            ]
            before = after
    engine.dispose()
    assert [one for one in changed if one[:3] not in MEANT_DOWN] == []


def rows_of(connection: Connection) -> Rows:
    connection.rollback()
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    found = {
        name: [dict(row._mapping) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
        for name in sorted(names)
    }
    connection.rollback()
    return found


def differences(before: Rows, after: Rows) -> Iterator[tuple[str, str, Any, Any]]:
    for name, rows in before.items():
        if name not in after:
            if rows:
                yield name, "", "table", "gone"
            continue
        if len(rows) != len(after[name]):
            yield name, "", len(rows), len(after[name])
        elif rows:
            for column in rows[0].keys() & after[name][0].keys():
                had, has = ([row[column] for row in side] for side in (rows, after[name]))
                if sorted(map(str, had)) != sorted(map(str, has)):
                    yield name, column, had, has


def fill(connection: Connection, names: list[str], numbers: Iterator[int]) -> None:
    if not names:
        return
    tables = MetaData()
    tables.reflect(connection, only=names, resolve_fks=True)
    for table in tables.sorted_tables:
        if table.name in names:
            connection.execute(
                table.insert(), {c.name: value(connection, table, c, numbers) for c in table.columns}
            )


def value(connection: Connection, table: Table, column: Column[Any], numbers: Iterator[int]) -> Any:
    if (table.name, column.name) in GIVEN:
        return GIVEN[table.name, column.name]
    for key in column.foreign_keys:
        if found := connection.execute(key.column.table.select()).mappings().first():
            return found[key.column.name]
        return None
    number = next(numbers)
    kind = column.type
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Numeric | Float):
        return number
    if isinstance(kind, DateTime):
        return AT
    if isinstance(kind, Date):
        return date(2026, 3, 14)
    if isinstance(kind, Time):
        return time(9)
    if isinstance(kind, LargeBinary):
        return b"{}"
    if isinstance(kind, JSON):
        return {}
    written = f"{column.name}-{number}"
    return written[: getattr(kind, "length", None)]
