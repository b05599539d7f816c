"""Links that work once. Of each token, only the SHA-256 is stored.

Administrators' links belong to an organisation; people's links belong to none.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.request_ids import carried_request
from credserv.records.access import LinkPurpose, LinkRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import link_letters, links

# A double press, a second tab, or Back after the form: for this long, whoever
# used a link gets the same answer.
_SAME_ANSWER = timedelta(minutes=1)
_OF_NONE = frozenset(
    {
        LinkPurpose.WALLET,
        LinkPurpose.WALLET_LETTER,
        LinkPurpose.PROOF,
        LinkPurpose.PROOF_LETTER,
        LinkPurpose.ADDRESS,
        LinkPurpose.ADDRESS_LETTER,
        LinkPurpose.JOIN,
        LinkPurpose.JOIN_LETTER,
        LinkPurpose.OIDC,
        LinkPurpose.PASSKEY,
        LinkPurpose.NOT_ME,
        LinkPurpose.NOTICE_LETTER,
    }
)


class LinkRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(
        self,
        token_sha256: str,
        purpose: LinkPurpose,
        subject: str,
        expires_at: datetime,
        *,
        claim: str | None = None,
    ) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(links).values(**self._values(token_sha256, purpose, subject, expires_at, claim))
            )

    def add_once(
        self,
        token_sha256: str,
        purpose: LinkPurpose,
        subject: str,
        expires_at: datetime,
        *,
        claim: str | None = None,
        letter_at: datetime | None,
        language: str = "",
    ) -> None:
        """Store a link that another process may just have added, with its letter.

        Args:
            letter_at: When the letter is due; None for none.
            language: The language of the page of the request.
        """
        with self._database.writing() as connection:
            values = self._values(token_sha256, purpose, subject, expires_at, claim)
            if insert_if_absent(connection, links, **values) and letter_at is not None:
                own = {"token_sha256": token_sha256, "organisation_id": self._organisation_id}
                connection.execute(
                    insert(link_letters).values(
                        **own, due_at=letter_at, tries=0, request_id=carried_request(), language=language
                    )
                )

    def find(self, token_sha256: str, purposes: Collection[LinkPurpose]) -> LinkRecord | None:
        """Return a link, used or not, expired or not, without using it up, because
        mail scanners look (attack 121).
        """
        with self._database.reading() as connection:
            row = connection.execute(select(links).where(self._known(token_sha256, purposes))).one_or_none()
        return None if row is None else link_record(row)

    def last(self, purpose: LinkPurpose, subject: str, claim: str | None, now: datetime) -> LinkRecord | None:
        """Return the link of this purpose and subject that lives longest."""
        same_claim = links.c.claim.is_(None) if claim is None else links.c.claim == claim
        same = (links.c.purpose == purpose.value) & (links.c.subject == subject) & same_claim
        found = select(links).where(self._reached(), same, links.c.expires_at > now)
        with self._database.reading() as connection:
            row = connection.execute(found.order_by(links.c.expires_at.desc()).limit(1)).one_or_none()
        return None if row is None else link_record(row)

    def use(
        self, token_sha256: str, purposes: Collection[LinkPurpose], now: datetime, *, browser: str
    ) -> LinkRecord | None:
        """Return the link to the first who uses it, and for a minute to the same
        browser again; None to others.

        Args:
            browser: The SHA-256 of something that only this browser has.
        """
        known = self._known(token_sha256, purposes)
        fresh = links.c.used_at.is_(None) & (links.c.expires_at > now)
        again = (links.c.used_by == browser) & (links.c.used_at > now - _SAME_ANSWER)
        with self._database.writing() as connection:
            used = connection.execute(
                update(links).where(known, fresh).values(used_at=now, used_by=browser)
            ).rowcount
            found = select(links).where(known) if used else select(links).where(known, again)
            row = connection.execute(found).one_or_none()
        return None if row is None else link_record(row)

    def forget_unused(self, purpose: LinkPurpose, subject: str) -> None:
        """End earlier links of the same purpose in favour of a newer one."""
        with self._database.writing() as connection:
            connection.execute(
                delete(links).where(
                    self._reached(),
                    links.c.purpose == purpose.value,
                    links.c.subject == subject,
                    links.c.used_at.is_(None),
                )
            )

    def forget_console(self, *, of: str | None = None) -> None:
        """End all links that open this organisation's console.

        Args:
            of: Only those that were handed over to this person, by id.
        """
        opening = (LinkPurpose.CONSOLE.value, LinkPurpose.CONSOLE_MAIL.value)
        own = (links.c.organisation_id == self._organisation_id) & links.c.purpose.in_(opening)
        if of is not None:
            own &= links.c.subject == of
        with self._database.writing() as connection:
            connection.execute(delete(links).where(own))

    def _values(
        self,
        token_sha256: str,
        purpose: LinkPurpose,
        subject: str,
        expires_at: datetime,
        claim: str | None,
    ) -> dict[str, object]:
        return {
            "token_sha256": token_sha256,
            "organisation_id": None if purpose in _OF_NONE else self._organisation_id,
            "purpose": purpose.value,
            "subject": subject,
            "expires_at": expires_at,
            "claim": claim,
        }

    def _known(self, token_sha256: str, purposes: Collection[LinkPurpose]) -> ColumnElement[bool]:
        asked = links.c.purpose.in_([purpose.value for purpose in purposes])
        return (links.c.token_sha256 == token_sha256) & self._reached() & asked

    def _reached(self) -> ColumnElement[bool]:
        """Return the condition for this organisation's rows, and for people's own, which belong to none."""
        return links.c.organisation_id.is_(None) | (links.c.organisation_id == self._organisation_id)


def link_record(row: Row[Any]) -> LinkRecord:
    """Return the record of a row."""
    return LinkRecord(LinkPurpose(row.purpose), row.subject, row.expires_at, row.used_at, row.claim)
