"""Whether an organisation may still issue and change things, checked in the transaction that does it.

What processes remember of an organisation is up to a second old, and whoever closes or moves one must be sure
that nothing follows.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from credserv.ground.errors import OrganisationClosedError, OrganisationMovedError
from credserv.store.frame.prepared import select_one
from credserv.store.tables import organisations

CLOSED = "this organisation was closed: what it issued keeps verifying, and it issues nothing new"
MOVED = "this organisation was moved to another installation, which issues and signs for it now"
# The lock that inserting a row with a foreign key takes as well.
_MOVED_AT = (
    select(organisations.c.moved_at)
    .where(organisations.c.id == bindparam("own"))
    .with_for_update(read=True, key_share=True)
)


def require_open(closed_at: datetime | None, moved_at: datetime | None) -> None:
    """Require that the organisation may issue.

    Raises:
        OrganisationMovedError: Another installation issues for it.
        OrganisationClosedError: Nothing new may be issued.
    """
    if moved_at is not None:
        raise OrganisationMovedError(MOVED)
    if closed_at is not None:
        raise OrganisationClosedError(CLOSED)


def require_here(connection: Connection, organisation_id: str) -> None:
    """Require that it was not moved, and keep it so until the caller's transaction ends.

    Raises:
        OrganisationMovedError: It was moved.
    """
    row = select_one(connection, _MOVED_AT, {"own": organisation_id})
    require_open(None, None if row is None else row.moved_at)
