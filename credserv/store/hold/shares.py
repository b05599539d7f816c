"""What people show: links, and pages at an address of their choice.

A share is at the address of one organisation and shows what the person holds, whoever issued it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.people import ShareOpening, ShareRecord, Visitor
from credserv.store.frame.database import Database
from credserv.store.hold.consents import withdraw
from credserv.store.hold.share_rows import of_row
from credserv.store.tables import credentials, imports, share_imports, share_items, share_openings, shares

_MAX_LOGGED = 200  # openings per share


class ShareRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def create(self, share: ShareRecord) -> None:
        """Store a share. If the person already has this address, it now leads to the new share.

        Raises:
            NotFoundError: A credential is not the person's.
            ConflictError: Somebody else has or had the address.
        """
        if not (share.credential_ids or share.import_ids):
            raise NotFoundError("there is no such credential")
        with self._database.writing() as connection:
            if share.slug:
                self._take_slug(connection, share)
            connection.execute(insert(shares).values(self._values(share)))
            _show(connection, share, share_items.c.credential_id, credentials, share.credential_ids)
            _show(connection, share, share_imports.c.import_id, imports, share.import_ids)

    def get(self, token_sha256: str) -> ShareRecord | None:
        """Return a share, even an ended one."""
        return self._one(shares.c.token_sha256 == token_sha256)

    def at_slug(self, slug: str) -> ShareRecord | None:
        """Return the share at an address, even an ended one."""
        return self._one(shares.c.slug == slug)

    def end(self, token_sha256: str, person_id: str, now: datetime) -> None:
        """End a person's share. An ended one keeps its first end.

        Raises:
            NotFoundError: They have no such share.
        """
        own = (shares.c.token_sha256 == token_sha256) & (shares.c.person_id == person_id) & self._own()
        with self._database.writing() as connection:
            if connection.execute(select(shares.c.token_sha256).where(own)).one_or_none() is None:
                raise NotFoundError("there is no such link")
            connection.execute(update(shares).where(own, shares.c.ended_at.is_(None)).values(ended_at=now))
            withdraw(connection, [token_sha256], now)

    def of_person(self, person_id: str) -> tuple[ShareRecord, ...]:
        """Return a person's shares, newest first, ended ones included."""
        found = select(shares).where(shares.c.person_id == person_id, self._own())
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(shares.c.created_at.desc(), shares.c.token_sha256)).all()
            return _records(connection, rows)

    def count_opening(self, token_sha256: str, now: datetime) -> bool:
        """Count an opening after the passcode, if any, was right; return False if none is left."""
        left = or_(shares.c.max_openings.is_(None), shares.c.openings < shares.c.max_openings)
        counted = update(shares).where(shares.c.token_sha256 == token_sha256, self._own(), left)
        with self._database.writing() as connection:
            done = connection.execute(counted.values(openings=shares.c.openings + 1, wrong_passcodes=0))
            if not done.rowcount:
                return False
            self._log(connection, token_sha256, now, Visitor.BROWSER)
        return True

    def count_wrong_passcode(self, token_sha256: str) -> None:
        own = (shares.c.token_sha256 == token_sha256) & self._own()
        with self._database.writing() as connection:
            connection.execute(update(shares).where(own).values(wrong_passcodes=shares.c.wrong_passcodes + 1))

    def log_opening(self, token_sha256: str, now: datetime, visitor: Visitor) -> None:
        """Log an opening; the last 200 of a share are kept."""
        with self._database.writing() as connection:
            self._log(connection, token_sha256, now, visitor)

    def openings(self, tokens: Sequence[str]) -> Mapping[str, tuple[ShareOpening, ...]]:
        """Return the openings of this organisation's shares, newest first."""
        found = (
            select(share_openings)
            .join(shares, shares.c.token_sha256 == share_openings.c.token_sha256)
            .where(share_openings.c.token_sha256.in_(tokens), self._own())
            .order_by(share_openings.c.id.desc())
        )
        log: dict[str, tuple[ShareOpening, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(found):
                opening = ShareOpening(row.at, Visitor(row.visitor))
                log[row.token_sha256] = (*log.get(row.token_sha256, ()), opening)
        return log

    def _log(self, connection: Connection, token_sha256: str, now: datetime, visitor: Visitor) -> None:
        values = {"token_sha256": token_sha256, "at": now, "visitor": visitor.value}
        connection.execute(insert(share_openings).values(values))
        theirs = share_openings.c.token_sha256 == token_sha256
        if (connection.scalar(select(func.count()).where(theirs)) or 0) > _MAX_LOGGED:
            oldest = select(func.min(share_openings.c.id)).where(theirs).scalar_subquery()
            connection.execute(delete(share_openings).where(share_openings.c.id == oldest))

    def _take_slug(self, connection: Connection, share: ShareRecord) -> None:
        there = (shares.c.slug == share.slug) & self._own()
        owner = connection.execute(select(shares.c.person_id).where(there)).scalar_one_or_none()
        if owner not in (None, share.person_id):
            raise ConflictError("somebody else has this address; choose another")
        withdraw(connection, select(shares.c.token_sha256).where(there), share.created_at)
        connection.execute(
            update(shares)
            .where(there)
            .values(slug=None, ended_at=func.coalesce(shares.c.ended_at, share.created_at))
        )

    def _values(self, share: ShareRecord) -> dict[str, object]:
        return {
            "token_sha256": share.token_sha256,
            "organisation_id": self._organisation_id,
            "person_id": share.person_id,
            "created_at": share.created_at,
            "label": share.label,
            "ended_at": share.ended_at,
            "ends_at": share.ends_at,
            "max_openings": share.max_openings,
            "openings": share.openings,
            "passcode": share.passcode or None,
            "wrong_passcodes": share.wrong_passcodes,
            "shows_name": share.shows_name,
            "address": share.address or None,
            "slug": share.slug or None,
        }

    def _one(self, condition: ColumnElement[bool]) -> ShareRecord | None:
        with self._database.reading() as connection:
            rows = connection.execute(select(shares).where(condition, self._own())).all()
            return next(iter(_records(connection, rows)), None)

    def _own(self) -> ColumnElement[bool]:
        return shares.c.organisation_id == self._organisation_id


def _show(
    connection: Connection, share: ShareRecord, column: Column[Any], whose: Table, ids: Sequence[str]
) -> None:
    """Record what a share shows. Raises NotFoundError if one is not the person's."""
    wanted = dict.fromkeys(ids)
    if not wanted:
        return
    owned = select(whose.c.id).where(whose.c.id.in_(wanted), whose.c.person_id == share.person_id)
    if set(connection.scalars(owned)) != set(wanted):
        raise NotFoundError("the person has no such credential")
    connection.execute(
        insert(column.table),
        [
            {"token_sha256": share.token_sha256, "place": place, column.name: known}
            for place, known in enumerate(wanted, 1)
        ],
    )


def _records(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[ShareRecord, ...]:
    tokens = [row.token_sha256 for row in rows]
    issued = _shown(connection, share_items.c.credential_id, tokens)
    brought = _shown(connection, share_imports.c.import_id, tokens)
    return tuple(of_row(row, issued[row.token_sha256], brought[row.token_sha256]) for row in rows)


def _shown(connection: Connection, column: Column[Any], tokens: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what shares show, in the person's order."""
    t = column.table.c
    found = select(t.token_sha256, column).where(t.token_sha256.in_(tokens))
    shown: dict[str, tuple[str, ...]] = dict.fromkeys(tokens, ())
    for token, known in connection.execute(found.order_by(t.token_sha256, t.place)):
        shown[token] += (known,)
    return shown
