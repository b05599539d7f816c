"""Organisations instead of a single issuer, and people instead of holders.

Every table that refers to another is created again: its rows are set aside, the tables are dropped and
created in their new form, and the rows are restored. This works the same on SQLite, which cannot change a
constraint, and on PostgreSQL. Existing data belongs to the organisation `main`. A holder becomes a person
with the same id and a member of `main`, with their former identifiers as asserted ones; nobody has proved
anything yet.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from credserv.store.migrations.tables_0003 import INSTANT, metadata, organisations
from credserv.store.migrations.versions import initial_0001, verifying_0002

revision = "0003"
down_revision = "0002"

_NEW = ("people", "memberships", "membership_roles", "grants", "asserted_identifiers", "proved_identifiers")
_ASIDE = "before_0003_"
# Parents first. The rows of `images` stay where they are.
_TABLES = (
    "signing_keys",
    "achievements",
    "sources",
    "source_secrets",
    "events",
    "credentials",
    "credential_steps",
    "status_lists",
    "status_indexes",
    "shares",
    "api_keys",
    "links",
    "sessions",
    "audit_lines",
    "trusted_lists",
    "trusted_issuers",
    "shared_results",
)
_COUNTED = ("source_secrets", "audit_lines")
_MAIN = "'main'"
_RETIRED = (
    f"(SELECT max(line.at) FROM {_ASIDE}audit_lines AS line WHERE line.action = 'key-retired' "
    f"AND line.subject = {_ASIDE}signing_keys.verification_method)"
)
# By table: columns of now whose value is told by an expression over the row of before.
_UP = {
    "signing_keys": {
        "organisation_id": _MAIN,
        "activated_at": "created_at",
        "ended_at": f"CASE WHEN state = 'retired' THEN {_RETIRED} END",
    },
    "credentials": {"organisation_id": _MAIN, "identifier_id": "holder_id", "person_id": "holder_id"},
    "shares": {"person_id": "holder_id"},
    # Of the whole service where a person, and no administrator, comes in by it.
    "links": {"organisation_id": "CASE WHEN purpose = 'console' THEN 'main' END"},
    "sessions": {"organisation_id": "CASE WHEN kind = 'administrator' THEN 'main' END"},
}
_DOWN = {"credentials": {"holder_id": "person_id"}, "shares": {"holder_id": "person_id"}}


def upgrade() -> None:
    connection = op.get_bind()
    issuers = sa.table("issuers", sa.column("did", sa.Text), sa.column("profile", sa.JSON))
    known = connection.execute(sa.select(issuers)).one_or_none()
    _set_aside(connection, (*_TABLES, "holders"))
    op.drop_table("issuers")
    metadata.create_all(connection)
    if known is not None:
        _bring_organisation(connection, known.did, known.profile)
    for statement in (
        "INSERT INTO people (id, name, created_at) SELECT id, name, created_at FROM {}",
        "INSERT INTO memberships (id, organisation_id, person_id, name, search_text, created_at) "
        "SELECT id, 'main', id, name, search_text, created_at FROM {}",
        "INSERT INTO asserted_identifiers"
        " (id, membership_id, organisation_id, kind, value, written, created_at) "
        "SELECT id, id, 'main', CASE WHEN email IS NULL THEN 'did' ELSE 'email' END, COALESCE(email, did),"
        " COALESCE(email, did),"
        " created_at FROM {}",
    ):
        op.execute(statement.format(f"{_ASIDE}holders"))
    _bring_back(connection, _UP)
    op.drop_table(f"{_ASIDE}holders")


def _bring_organisation(connection: sa.Connection, did: str, profile: Any) -> None:
    first = sa.table(f"{_ASIDE}signing_keys", sa.column("created_at", INSTANT))
    begun = connection.execute(sa.select(sa.func.min(first.c.created_at))).scalar_one()
    connection.execute(
        organisations.insert().values(
            id="main",
            name=str(profile.get("name") or "main"),
            did=did,
            profile=profile,
            time_zone="UTC",
            first_weekday=0,
            created_at=begun if begun is not None else sa.func.current_timestamp(),
        )
    )


def downgrade() -> None:
    """Raises ValueError where there are several organisations: the version before knows one."""
    connection = op.get_bind()
    known = connection.execute(sa.select(organisations)).all()
    if len(known) > 1:
        raise ValueError("the version before this knows one organisation: export or remove the others")
    _set_aside(connection, (*_TABLES, *_NEW, "organisations"))
    connection.execute(sa.text(f"CREATE TABLE {_ASIDE}images AS SELECT * FROM images"))
    op.drop_table("images")
    initial_0001.upgrade()
    verifying_0002.upgrade()
    connection.execute(sa.text(f"INSERT INTO images SELECT * FROM {_ASIDE}images"))
    op.drop_table(f"{_ASIDE}images")
    issuers = sa.table("issuers", sa.column("id"), sa.column("did"), sa.column("profile", sa.JSON))
    for main in known:
        connection.execute(issuers.insert().values(id=1, did=main.did, profile=main.profile))
    op.execute(
        "INSERT INTO holders (id, identity, email, did, name, search_text, created_at) "
        "SELECT p.id, COALESCE('mailto:' || e.email, d.did, 'urn:person:' || p.id), e.email, d.did, p.name, "
        "COALESCE(m.search_text, ''), p.created_at "
        f"FROM {_ASIDE}people AS p LEFT JOIN {_ASIDE}memberships AS m ON m.person_id = p.id "
        + _first_of("email", "e")
        + _first_of("did", "d")
    )
    _bring_back(connection, _DOWN)
    for table in (*_NEW, "organisations"):
        op.drop_table(_ASIDE + table)


def _first_of(kind: str, alias: str) -> str:
    return (
        f"LEFT JOIN (SELECT membership_id, min(value) AS {kind} FROM {_ASIDE}asserted_identifiers "
        f"WHERE kind = '{kind}' AND ended_at IS NULL GROUP BY membership_id) AS {alias} "
        f"ON {alias}.membership_id = m.id "
    )


def _set_aside(connection: sa.Connection, tables: tuple[str, ...]) -> None:
    """Copies without constraints, whose names would else be taken; then children go before parents."""
    for table in tables:
        connection.execute(sa.text(f"CREATE TABLE {_ASIDE}{table} AS SELECT * FROM {table}"))
    reflected = sa.MetaData()
    reflected.reflect(connection, only=tables)
    for table in reversed(reflected.sorted_tables):
        if table.name in tables:
            op.drop_table(table.name)


def _bring_back(connection: sa.Connection, told: dict[str, dict[str, str]]) -> None:
    inspector = sa.inspect(connection)
    for table in _TABLES:
        before = {column["name"] for column in inspector.get_columns(_ASIDE + table)}
        names = [column["name"] for column in inspector.get_columns(table)]
        values = {name: name for name in names if name in before}
        values |= {"organisation_id": _MAIN} if "organisation_id" in {*names} - before else {}
        values |= told.get(table, {})
        columns = ", ".join(f'"{name}"' for name in values)
        # Constants and column names of this file and of our own tables, no value of anybody's.
        chosen = ", ".join(f'"{text}"' if text in before else text for text in values.values())
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM {_ASIDE}{table}"))
        op.drop_table(_ASIDE + table)
    if connection.dialect.name == "postgresql":
        for table in _COUNTED:
            number = f"SELECT COALESCE(max(id), 0) + 1 FROM {table}"
            connection.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({number}), false)")
            )
