"""Two memberships of one person in one organisation: join them, and separate them again.

The row that is left stays but empty, so nobody is addressed by it and undoing needs no copy of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from credserv.ground.encoding import format_instant, parse_instant, random_token
from credserv.ground.words import search_text
from credserv.records.people import ProvedKind
from credserv.store.admit.joined_roles import join_roles, part_roles
from credserv.store.admit.members import spellings
from credserv.store.hold.awards import move_awards
from credserv.store.tables import (
    accreditations,
    applications,
    asserted_identifiers,
    cohort_places,
    credentials,
    directory_users,
    employment_requests,
    employment_spells,
    endorsements,
    feedback_requests,
    feedback_rounds,
    former_mentor_offers,
    founders,
    grants,
    handed_in,
    job_changes,
    member_dids,
    memberships,
    mentor_offers,
    mentoring_sessions,
    outcome_facts,
    pathway_proposals,
    pathway_starts,
    practice,
    proved_identifiers,
    round_answers,
    session_feedback,
    staff_accounts,
)

OF_MEMBERS = (
    asserted_identifiers,
    grants,
    handed_in,
    employment_requests,
    employment_spells,
    job_changes,
    feedback_requests,
    feedback_rounds,
    founders,
    applications,
    practice,
    accreditations,
    mentor_offers,
    former_mentor_offers,
    member_dids,
    outcome_facts,
    pathway_proposals,
    pathway_starts,
    staff_accounts,
    directory_users,
)
# Columns next to a membership's id.
NAMED = (
    employment_spells.c.manager_id,
    feedback_requests.c.rater_id,
    round_answers.c.rater_id,
    mentoring_sessions.c.mentor_id,
    mentoring_sessions.c.mentee_id,
    session_feedback.c.rater_id,
    cohort_places.c.mentor_id,
    cohort_places.c.mentee_id,
    endorsements.c.endorser_id,
    outcome_facts.c.told_by,
)


def join_memberships(connection: Connection, into: str, other: str, now: datetime) -> list[dict[str, Any]]:
    """Join memberships and return, for each, what it takes to separate them."""
    theirs = select(memberships).where(memberships.c.person_id == other).order_by(memberships.c.id)
    joined = []
    for left in connection.execute(theirs).all():
        mine = select(memberships).where(
            memberships.c.organisation_id == left.organisation_id, memberships.c.person_id == into
        )
        kept = connection.execute(mine).one_or_none()
        if kept is None:
            one = memberships.c.id == left.id
            connection.execute(update(memberships).where(one).values(person_id=into))
            joined.append({"left": left.id})
        else:
            joined.append(_join(connection, kept, left, now))
    return joined


def _join(connection: Connection, kept: Row[Any], left: Row[Any], now: datetime) -> dict[str, Any]:
    """Join two memberships. The row of the second stays, empty, and addresses nobody."""
    roles = join_roles(connection, kept.id, left.id, now)
    moved = {
        table.name: give(connection, table, table.c.membership_id, left.id, kept.id) for table in OF_MEMBERS
    }
    moved |= {str(column): give(connection, column.table, column, left.id, kept.id) for column in NAMED}
    awarded = select(credentials.c.id).where(
        credentials.c.identifier_id.in_(moved[asserted_identifiers.name])
    )
    move_awards(connection, connection.scalars(awarded.order_by(credentials.c.id)).all(), kept.id)
    text = f"{kept.search_text}\n{left.search_text}"
    one = memberships.c.id == kept.id
    declines = kept.declines_since or left.declines_since
    values = {"search_text": text, "declines_since": declines}
    connection.execute(update(memberships).where(one).values(**values))
    return {
        "left": left.id,
        "kept": kept.id,
        **roles,
        "moved": moved,
        "text": kept.search_text,
        "declines_since": format_instant(kept.declines_since) if kept.declines_since else None,
    }


def part_memberships(connection: Connection, other: str, joined: Mapping[str, Any]) -> None:
    """Separate joined memberships."""
    left = memberships.c.id == joined["left"]
    connection.execute(update(memberships).where(left).values(person_id=other))
    if "kept" not in joined:
        return
    for table in OF_MEMBERS:
        key = next(iter(table.primary_key))
        moved = joined["moved"].get(table.name, ())  # joined before this table existed
        back = key.in_(moved) & (table.c.membership_id == joined["kept"])
        connection.execute(update(table).where(back).values(membership_id=joined["left"]))
    for column in NAMED:
        moved = joined["moved"].get(str(column), ())
        back = next(iter(column.table.primary_key)).in_(moved) & (column == joined["kept"])
        connection.execute(update(column.table).where(back).values({column.name: joined["left"]}))
    part_roles(connection, joined)
    kept = memberships.c.id == joined["kept"]
    declines = joined.get("declines_since")
    values = {
        "search_text": joined["text"],
        "declines_since": parse_instant(declines) if declines else None,
    }
    connection.execute(update(memberships).where(kept).values(**values))
    ids = joined["moved"][asserted_identifiers.name]
    awarded = select(credentials.c.id).where(credentials.c.identifier_id.in_(ids))
    move_awards(connection, connection.scalars(awarded.order_by(credentials.c.id)).all(), str(joined["left"]))


def part_identifiers(
    connection: Connection, joined: Collection[str], people_apart: tuple[str, str], now: datetime
) -> None:
    """Give identifiers that an organisation has used since to whoever has proved them.

    Each was added where the organisation learned of it, to the membership of one person or the other.

    Args:
        joined: The ids of those that were there when the two were joined.
    """
    for giver, taker in (people_apart, people_apart[::-1]):
        proved = select(proved_identifiers.c.kind, proved_identifiers.c.value).where(
            proved_identifiers.c.person_id == taker, proved_identifiers.c.ended_at.is_(None)
        )
        values = {
            (row.kind, one)
            for row in connection.execute(proved).all()
            for one in (spellings(row.value) if row.kind == ProvedKind.EMAIL.value else [row.value])
        }
        for row in identifiers_of(connection, giver):
            if row.id not in joined and (row.kind, row.value) in values:
                _give_identifier(connection, row, taker, now)


def identifiers_of(connection: Connection, person_id: str) -> Sequence[Row[Any]]:
    """Return the identifiers by which organisations address a person."""
    found = (
        select(asserted_identifiers)
        .join(memberships, memberships.c.id == asserted_identifiers.c.membership_id)
        .where(memberships.c.person_id == person_id)
    )
    return connection.execute(found.order_by(asserted_identifiers.c.id)).all()


def _give_identifier(connection: Connection, asserted: Row[Any], taker: str, now: datetime) -> None:
    """Move an identifier with the awards that were ordered by it."""
    mine = (memberships.c.person_id == taker) & (memberships.c.organisation_id == asserted.organisation_id)
    kept = connection.execute(select(memberships.c.id).where(mine)).scalar_one_or_none()
    if kept is None:
        kept = random_token(16)
        made = {"id": kept, "person_id": taker, "organisation_id": asserted.organisation_id}
        text = search_text(asserted.value, None)
        connection.execute(insert(memberships).values(**made, search_text=text, created_at=now))
    one = asserted_identifiers.c.id == asserted.id
    connection.execute(update(asserted_identifiers).where(one).values(membership_id=kept))
    awarded = credentials.c.identifier_id == asserted.id
    ids = connection.scalars(select(credentials.c.id).where(awarded).order_by(credentials.c.id)).all()
    connection.execute(update(credentials).where(credentials.c.id.in_(ids)).values(person_id=taker))
    move_awards(connection, ids, kept)


def give(connection: Connection, table: Table, column: Column[Any], giver: str, taker: str) -> list[Any]:
    """Move rows and return the keys of those moved. Rows that the taker has too stay where they are."""
    key = next(iter(table.primary_key))
    ids = list(connection.scalars(select(key).where(column == giver).order_by(key)))
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(column == giver).values({column.name: taker}))
    except IntegrityError:
        return [known for known in ids if _gives_one(connection, table, column, key == known, taker)]
    return ids


def _gives_one(connection: Connection, table: Table, column: Column[Any], one: Any, taker: str) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(one).values({column.name: taker}))
    except IntegrityError:
        return False
    return True
