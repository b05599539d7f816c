"""What all tables share: the metadata, instants, and the column that says who owns a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """Takes an aware datetime and returns the same instant as aware UTC, to the microsecond.

    SQLite stores no time zone, so it is written and read as UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
# SQLite counts up by itself only in a column of the exact type INTEGER.
Counter = BigInteger().with_variant(Integer, "sqlite")


def index_where(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = True) -> Index:
    """Return an index over some rows of a table, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
