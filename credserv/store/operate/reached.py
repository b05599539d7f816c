"""How far badges got."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Table, exists, func, or_, select
from sqlalchemy.sql import Select

from credserv.records.credentials import ISSUED
from credserv.records.health import Reached
from credserv.records.people import Visitor
from credserv.store.frame.database import Database
from credserv.store.tables import copies, credentials, share_items, share_openings, shares


class ReachedRepository:
    """Covers the badges of one organisation."""

    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def count(self) -> Reached:
        with self._database.reading() as connection:
            return count_reached(connection, lambda table: table.c.organisation_id == self._organisation_id)


def count_reached(connection: Connection, own: Callable[[Table], ColumnElement[bool]]) -> Reached:
    """Count the badges that reached each step, each badge once.

    Args:
        own: Returns the condition for the rows of a table that count.
    """
    known = own(credentials)
    issued = select(func.count()).where(known, credentials.c.state.in_([state.value for state in ISSUED]))
    delivered = select(func.count()).where(known, credentials.c.delivered_at.is_not(None))
    claimed = select(func.count(copies.c.credential_id.distinct())).where(
        own(copies), copies.c.stored_at.is_not(None)
    )
    # From the few that are shared, never from all badges.
    theirs = exists().where(credentials.c.id == share_items.c.credential_id, known)
    shared = select(func.count(share_items.c.credential_id.distinct())).where(theirs)
    # Only shares with a passcode or a limit count; the others log.
    logged = exists().where(
        share_openings.c.token_sha256 == shares.c.token_sha256,
        share_openings.c.visitor == Visitor.BROWSER.value,
    )
    opened = shared.join_from(share_items, shares, shares.c.token_sha256 == share_items.c.token_sha256).where(
        or_(shares.c.openings > 0, logged)
    )

    def one(statement: Select[int]) -> int:
        return connection.execute(statement).scalar_one()

    return Reached(one(issued), one(delivered), one(claimed), one(shared), one(opened))
