"""The data of a released version, as its own code left it: what an upgrade has to keep."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Boolean, Column, Connection, DateTime, MetaData

from credserv.store import schema
from credserv.store.frame.database import Database, open_engine

_FILE = Path(__file__).parents[1] / "unit" / "store" / "released_0002.json"


@cache
def released() -> Any:
    """`tables`: rows by table. `key_files`: text by name. `tokens`: what people and programs hold."""
    return json.loads(_FILE.read_text())


def fill_released(database_url: str) -> None:
    """Makes the tables of the released version in an empty database, with its data."""
    move(database_url, command.upgrade, "0002")
    engine = open_engine(database_url)
    with Database(engine).writing() as connection:
        tables = MetaData()
        tables.reflect(connection)
        rows = released()["tables"]
        for table in tables.sorted_tables:
            if rows.get(table.name):
                values = [
                    {column.name: _value(column, row[column.name]) for column in table.columns}
                    for row in rows[table.name]
                ]
                connection.execute(table.insert(), values)
    engine.dispose()


def move(database_url: str, there: Callable[[Config, str], None], revision: str) -> None:
    """Up or down to one revision, as `migrate` does."""
    engine = open_engine(database_url)
    try:
        with Database(engine).writing() as connection:
            there(config_for(connection), revision)
    finally:
        engine.dispose()


def config_for(connection: Connection) -> Config:
    config = schema.alembic_config()
    config.attributes["connection"] = connection
    return config


def _value(column: Column[Any], stored: Any) -> Any:
    """The dump is SQLite's own: texts for instants and JSON, numbers for truth."""
    if stored is None:
        return None
    if isinstance(stored, dict):
        return base64.b64decode(stored["base64"])
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(stored).replace(tzinfo=UTC)
    if isinstance(column.type, JSON):
        return json.loads(stored)
    return bool(stored) if isinstance(column.type, Boolean) else stored
