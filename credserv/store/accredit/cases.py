"""Who had which part in a case, collected from its records."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from credserv.records.cases import Case, CaseRole
from credserv.store.accredit.lineage import lineage
from credserv.store.frame.database import Database
from credserv.store.tables import (
    appeals,
    application_evidence,
    applications,
    audit_cases,
    endorsements,
    holds,
    revocations,
    terms,
)

# Kinds of evidence by which somebody judges the applicant.
_ASSESSING = ("assessment", "observation", "declaration")


class CaseRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def of_credential(self, credential_id: str) -> Case | None:
        """Return the case of a badge, or of the application that reserves its id; None for an unknown id."""
        own = applications.c.organisation_id == self._organisation_id
        found = select(applications).where(own, applications.c.credential_id == credential_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
            if row is None:
                return None
            people: defaultdict[CaseRole, set[str]] = defaultdict(set)
            people[CaseRole.APPLICANT].add(row.membership_id)
            people[CaseRole.DECIDER].add(row.decided_by)
            _who_judged(connection, row.id, people)
            _who_decided(connection, credential_id, people)
        people[CaseRole.ASSESSOR].discard(row.membership_id)  # people do not assess themselves
        return Case({role: frozenset(known - {""}) for role, known in people.items()})


def _who_judged(connection: Connection, application_id: str, people: defaultdict[CaseRole, set[str]]) -> None:
    said = endorsements.c
    endorsed = select(said.endorser_id).where(
        said.application_id.in_(lineage(application_id)), said.endorser_id.is_not(None)
    )
    people[CaseRole.ENDORSER].update(connection.scalars(endorsed))
    seen = application_evidence.c
    assessed = select(seen.by).where(
        seen.application_id.in_(lineage(application_id)), seen.kind.in_(_ASSESSING)
    )
    people[CaseRole.ASSESSOR].update(connection.scalars(assessed))


def _who_decided(connection: Connection, credential_id: str, people: defaultdict[CaseRole, set[str]]) -> None:
    deciders, theirs = people[CaseRole.DECIDER], [terms.c.decided_by, holds.c.begun_by, holds.c.ended_by]
    for column in theirs:
        deciders.update(
            connection.scalars(select(column).where(column.table.c.credential_id == credential_id))
        )
    for two in connection.scalars(
        select(revocations.c.decided_by).where(revocations.c.credential_id == credential_id)
    ):
        deciders.update(two)
    appealed = select(appeals.c.decided_by).where(appeals.c.credential_id == credential_id)
    people[CaseRole.APPEAL].update(connection.scalars(appealed))
    audited = select(audit_cases.c.decided_by).where(audit_cases.c.credential_id == credential_id)
    people[CaseRole.AUDITOR].update(connection.scalars(audited))
