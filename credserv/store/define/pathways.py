"""Pathways that members began, once each, and proposals to begin one."""

from __future__ import annotations

from sqlalchemy import delete, select

from credserv.records.pathways import PathwayProposal, PathwayStart, Proposer
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import pathway_proposals
from credserv.store.tables import pathway_starts as t


class PathwayRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def begin(self, start: PathwayStart) -> bool:
        """Store a start; return False if they began before, which keeps the first record."""
        values = {**vars(start), "baseline": dict(start.baseline)}
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, organisation_id=self._organisation_id)

    def of_member(self, membership_id: str) -> tuple[PathwayStart, ...]:
        """Return a member's pathways, earliest first."""
        found = select(t).where(
            t.c.organisation_id == self._organisation_id, t.c.membership_id == membership_id
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.started_at, t.c.id)).all()
        return tuple(
            PathwayStart(
                row.id, row.membership_id, row.achievement_key, row.started_at, row.started_by, row.baseline
            )
            for row in rows
        )

    def propose(self, proposal: PathwayProposal) -> bool:
        """Store a proposal; return False if one is open."""
        values = {**vars(proposal), "proposer": proposal.proposer.value}
        with self._database.writing() as connection:
            return insert_if_absent(
                connection, pathway_proposals, **values, organisation_id=self._organisation_id
            )

    def proposed_to(self, membership_id: str) -> tuple[PathwayProposal, ...]:
        """Return open proposals, earliest first."""
        columns = pathway_proposals.c
        found = select(pathway_proposals).where(
            columns.organisation_id == self._organisation_id, columns.membership_id == membership_id
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(columns.proposed_at, columns.id)).all()
        return tuple(
            PathwayProposal(
                row.id, row.membership_id, row.achievement_key, row.proposed_at, Proposer(row.proposer)
            )
            for row in rows
        )

    def end_proposal(self, membership_id: str, achievement_key: str) -> None:
        """Delete a proposal that was answered or is obsolete."""
        columns = pathway_proposals.c
        one = delete(pathway_proposals).where(
            columns.organisation_id == self._organisation_id,
            columns.membership_id == membership_id,
            columns.achievement_key == achievement_key,
        )
        with self._database.writing() as connection:
            connection.execute(one)
