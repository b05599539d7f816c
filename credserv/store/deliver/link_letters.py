"""The outbox of letters with links, each taken by one worker at a time (docs/adr/0015).

`links.add_once` writes the rows, in the transaction that records the request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import case, delete, select, update

from credserv.records.access import UNHURRIED
from credserv.records.letters import DueLinkLetter
from credserv.store.admit.links import link_record
from credserv.store.frame.database import Database
from credserv.store.tables import link_letters, links


class LinkLetterRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._own = link_letters.c.organisation_id == organisation_id

    def take(self, now: datetime, *, until: datetime, limit: int) -> tuple[DueLinkLetter, ...]:
        """Take the letters that have been due longest, unhurried ones last, and count an attempt for each.

        Nobody else gets them before `until`.
        """
        may_wait = links.c.purpose.in_([purpose.value for purpose in UNHURRIED])
        order = (case((may_wait, 1), else_=0), link_letters.c.due_at, link_letters.c.token_sha256)
        wanted_by = link_letters.outerjoin(links, links.c.token_sha256 == link_letters.c.token_sha256)
        due = select(link_letters).select_from(wanted_by).where(self._own, link_letters.c.due_at <= now)
        due = due.order_by(*order).limit(limit)
        with self._database.reading() as connection:
            if connection.execute(due.order_by(None).limit(1)).first() is None:
                return ()
        with self._database.writing(savepoints=False) as connection:
            rows = connection.execute(due.with_for_update(skip_locked=True, of=link_letters)).all()
            taken = [row.token_sha256 for row in rows]
            connection.execute(
                update(link_letters)
                .where(link_letters.c.token_sha256.in_(taken))
                .values(due_at=until, tries=link_letters.c.tries + 1)
            )
            found = connection.execute(select(links).where(links.c.token_sha256.in_(taken)))
            wanted = {row.token_sha256: link_record(row) for row in found}
        return tuple(
            DueLinkLetter(
                row.token_sha256, wanted.get(row.token_sha256), row.tries + 1, row.request_id, row.language
            )
            for row in rows
        )

    def settle(self, gone: Collection[str], later: Mapping[str, datetime]) -> None:
        """Store the outcome.

        Args:
            gone: Accepted by a mail server, or never to be sent.
            later: When to retry, by token.
        """
        with self._database.writing(savepoints=False) as connection:
            connection.execute(delete(link_letters).where(self._own, link_letters.c.token_sha256.in_(gone)))
            for token, due_at in later.items():
                one = link_letters.c.token_sha256 == token
                connection.execute(update(link_letters).where(self._own, one).values(due_at=due_at))
