"""Which applications speak for one: itself, and that in whose place it was granted anew."""

from __future__ import annotations

from sqlalchemy import CompoundSelect, literal, select, union_all

from credserv.store.tables import applications


def lineage(application_id: str) -> CompoundSelect[tuple[str]]:
    """Their ids."""
    before = select(applications.c.anew_of).where(
        applications.c.id == application_id, applications.c.anew_of.is_not(None)
    )
    return union_all(select(literal(application_id)), before)
