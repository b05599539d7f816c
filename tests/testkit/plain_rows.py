"""A row of plain values in tables whose content does not matter: that it is there is what a test is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, Float, Integer, LargeBinary, Table, insert, select

from credserv.records.audits import Outcome
from credserv.store import tables as t
from credserv.store.frame.database import Database, open_engine

OF_MENTORING = (
    t.mentor_offers,
    t.former_mentor_offers,
    t.mentor_registers,
    t.cohorts,
    t.cohort_places,
    t.mentoring_sessions,
    t.session_feedback,
)
OF_OUTCOMES = (
    t.outcome_facts,
    t.outcome_metrics,
    t.outcome_notes,
    t.outcome_views,
    t.pathway_proposals,
    t.pathway_starts,
)
# Parents first.
OF_ACCREDITATION = (
    t.programmes,
    t.founders,
    t.applications,
    t.application_evidence,
    t.practice,
    t.endorsements,
    t.accreditations,
    t.terms,
    t.term_reminders,
    t.copy_versions,
    t.holds,
    t.revocations,
    t.appeals,
    t.audits,
    t.audit_cases,
    t.log_nodes,
)


def fill_accreditation(
    database_url: str, organisation_id: str, credential_id: str, now: datetime, **written: Any
) -> None:
    """A row in each table of accreditations, about who holds the credential. written: by column."""
    engine = open_engine(database_url)
    try:
        with Database(engine).writing() as connection:
            held = connection.execute(
                select(t.asserted_identifiers.c.membership_id)
                .join(t.credentials, t.credentials.c.identifier_id == t.asserted_identifiers.c.id)
                .where(t.credentials.c.id == credential_id)
            ).scalar_one()
            given = {
                "organisation_id": organisation_id,
                "credential_id": credential_id,
                "membership_id": held,
                "sealed": None,
                "outcome": Outcome.PASSED.value,
                **written,
            }
            copy = select(t.copies.c.id).where(t.copies.c.organisation_id == organisation_id).limit(1)
            given["copy_id"] = connection.execute(copy).scalar_one()
            put_plain_rows(connection, (*OF_ACCREDITATION, *OF_OUTCOMES), given, now)
            given |= {"mentor_id": held, "mentee_id": held, "rater_id": held}
            put_plain_rows(connection, OF_MENTORING, given, now)
    finally:
        engine.dispose()


def put_plain_rows(
    connection: Connection, wanted: Iterable[Table], given: dict[str, Any], now: datetime
) -> None:
    """given: values by the names of columns, in every table that has them."""
    for table in wanted:
        row = {column.name: given.get(column.name, _plain(column, now)) for column in table.columns}
        connection.execute(insert(table).values(**row))


def _plain(column: Any, now: datetime) -> Any:
    if isinstance(column.type, t.Instant):
        return now
    if isinstance(column.type, Date):
        return date(2026, 3, 14)
    for kind, value in (
        (JSON, ["plain"]),
        (Boolean, True),
        (Integer, 1),
        (Float, 1.0),
        (LargeBinary, b"plain"),
    ):
        if isinstance(column.type, kind):
            return value
    return "plain"
