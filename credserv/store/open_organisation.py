"""Whether an organisation may still issue, and be changed, asked in the transaction that does it.

What processes remember of an organisation is up to a second old; whoever closes or moves one must know that
nothing comes after.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from credserv.ground.errors import OrganisationClosedError, OrganisationMovedError
from credserv.store.prepared import select_one
from credserv.store.tables import organisations

CLOSED = "this organisation was closed: what it issued keeps verifying, and it issues nothing new"
MOVED = "this organisation was moved to another installation, which issues and signs for it now"
# With the lock that an inserted row with a foreign key takes, too.
_MOVED_AT = (
    select(organisations.c.moved_at)
    .where(organisations.c.id == bindparam("own"))
    .with_for_update(read=True, key_share=True)
)


def require_open(closed_at: datetime | None, moved_at: datetime | None) -> None:
    """Raises OrganisationMovedError, OrganisationClosedError."""
    if moved_at is not None:
        raise OrganisationMovedError(MOVED)
    if closed_at is not None:
        raise OrganisationClosedError(CLOSED)


def require_here(connection: Connection, organisation_id: str) -> None:
    """Within the caller's transaction: it was not moved, nor is it until the transaction ends. Raises
    OrganisationMovedError."""
    row = select_one(connection, _MOVED_AT, {"own": organisation_id})
    require_open(None, None if row is None else row.moved_at)
