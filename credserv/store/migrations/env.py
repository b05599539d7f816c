"""What Alembic runs: the migrations, on the connection and in the transaction that the caller passes in."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from credserv.store.tables import Instant, metadata


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Migrations stand by themselves: they name the plain type, not ours of today."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render,
    # SQLite too can undo the making of tables, once BEGIN is ours (see database.py).
    transactional_ddl=True,
)
context.run_migrations()
