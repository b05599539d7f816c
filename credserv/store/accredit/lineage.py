"""Which applications speak for one: itself, and the one that it replaces."""

from __future__ import annotations

from sqlalchemy import CompoundSelect, literal, select, union_all

from credserv.store.tables import applications


def lineage(application_id: str) -> CompoundSelect[tuple[str]]:
    """Return a query for their ids."""
    before = select(applications.c.anew_of).where(
        applications.c.id == application_id, applications.c.anew_of.is_not(None)
    )
    return union_all(select(literal(application_id)), before)
