"""Apps and their tokens. Of each secret, only the SHA-256 is stored.

Apps are registered with an organisation; grants belong to the people who gave them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.oauth import (
    AllowedApp,
    ClientRecord,
    GrantRecord,
    RequestRecord,
    TokenKind,
    TokenRecord,
)
from credserv.store.frame.database import Database
from credserv.store.hold.consents import withdraw
from credserv.store.tables import oauth_clients as c
from credserv.store.tables import oauth_grants as g
from credserv.store.tables import oauth_requests as r
from credserv.store.tables import oauth_tokens as t

_TOUCH_EVERY = timedelta(hours=1)


class OAuthRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- apps

    def add_client(self, client: ClientRecord) -> None:
        values = {**vars(client), "metadata": dict(client.metadata)}
        with self._database.writing() as connection:
            connection.execute(insert(c).values(organisation_id=self._organisation_id, **values))

    def client(self, client_id: str) -> ClientRecord | None:
        """Return an app of this organisation."""
        with self._database.reading() as connection:
            row = connection.execute(select(c).where(self._own(client_id))).one_or_none()
        return None if row is None else _client(row)

    def change_client(self, client: ClientRecord) -> None:
        with self._database.writing() as connection:
            connection.execute(update(c).where(self._own(client.id)).values(metadata=dict(client.metadata)))

    def remove_client(self, client_id: str, now: datetime) -> None:
        """Delete an app with its grants."""
        with self._database.writing() as connection:
            granted = select(g.c.id).where(g.c.client_id == client_id)
            withdraw(connection, granted, now)
            connection.execute(delete(t).where(t.c.grant_id.in_(granted)))
            connection.execute(delete(g).where(g.c.client_id == client_id))
            connection.execute(delete(r).where(r.c.client_id == client_id))
            connection.execute(delete(c).where(self._own(client_id)))

    # --- authorization requests

    def keep_request(self, request_sha256: str, request: RequestRecord) -> None:
        values = {**vars(request), "parameters": dict(request.parameters)}
        with self._database.writing() as connection:
            connection.execute(insert(r).values(request_sha256=request_sha256, **values))

    def request(self, request_sha256: str, now: datetime) -> RequestRecord | None:
        """Return a waiting request from an app of this organisation."""
        found = (
            select(r)
            .join(c, c.c.id == r.c.client_id)
            .where(r.c.request_sha256 == request_sha256, r.c.expires_at > now)
            .where(c.c.organisation_id == self._organisation_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else RequestRecord(row.client_id, row.parameters, row.expires_at)

    def use_request(self, request_sha256: str) -> bool:
        """Delete a request, which is answered once; return whether it existed."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(r).where(r.c.request_sha256 == request_sha256))
            return bool(gone.rowcount)

    # --- grants

    def add_grant(self, grant: GrantRecord) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(g).values(**{**vars(grant), "scopes": list(grant.scopes)}))

    def end_grant(self, grant_id: str, now: datetime) -> None:
        """End a grant with all its tokens."""
        with self._database.writing() as connection:
            connection.execute(
                update(g).where(g.c.id == grant_id, g.c.ended_at.is_(None)).values(ended_at=now)
            )
            withdraw(connection, [grant_id], now)

    def end_other_grants(self, grant: GrantRecord, now: datetime) -> None:
        """End earlier grants of the same app and person in favour of a new consent."""
        same = (g.c.client_id == grant.client_id) & (g.c.person_id == grant.person_id) & (g.c.id != grant.id)
        with self._database.writing() as connection:
            withdraw(connection, select(g.c.id).where(same, g.c.ended_at.is_(None)), now)
            connection.execute(update(g).where(same, g.c.ended_at.is_(None)).values(ended_at=now))

    def touch_grant(self, grant: GrantRecord, now: datetime) -> None:
        if grant.last_used_at is None or grant.last_used_at <= now - _TOUCH_EVERY:
            with self._database.writing() as connection:
                connection.execute(update(g).where(g.c.id == grant.id).values(last_used_at=now))

    def apps_of(self, person_id: str, now: datetime) -> tuple[AllowedApp, ...]:
        """Return the apps with a usable token, at any organisation's address, newest first."""
        works = select(t.c.grant_id).where(
            t.c.kind != TokenKind.CODE.value, t.c.used_at.is_(None), t.c.expires_at > now
        )
        found = (
            select(g, c.c.metadata, c.c.secret_sha256, c.c.management_sha256, c.c.created_at.label("made_at"))
            .join(c, c.c.id == g.c.client_id)
            .where(g.c.person_id == person_id, g.c.ended_at.is_(None), g.c.id.in_(works))
            .order_by(g.c.created_at.desc(), g.c.id)
        )
        with self._database.reading() as connection:
            return tuple(_allowed(row) for row in connection.execute(found))

    # --- tokens

    def add_token(self, token: TokenRecord) -> None:
        values = {**vars(token), "scopes": list(token.scopes), "bound": dict(token.bound)}
        with self._database.writing() as connection:
            connection.execute(insert(t).values(**values))

    def token(self, token_sha256: str) -> tuple[TokenRecord, GrantRecord] | None:
        """Return a token in any state; None if it belongs to another organisation's app."""
        found = (
            select(t, g.c.client_id, g.c.person_id, g.c.scopes.label("granted"), g.c.created_at)
            .add_columns(g.c.last_used_at, g.c.ended_at)
            .join(g, g.c.id == t.c.grant_id)
            .join(c, c.c.id == g.c.client_id)
            .where(t.c.token_sha256 == token_sha256, c.c.organisation_id == self._organisation_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            return None
        token = TokenRecord(
            token_sha256, TokenKind(row.kind), row.grant_id, tuple(row.scopes), row.expires_at, row.bound
        )
        grant = GrantRecord(row.grant_id, row.client_id, row.person_id, tuple(row.granted), row.created_at)
        used = TokenRecord(**{**vars(token), "used_at": row.used_at})
        return used, GrantRecord(
            **{**vars(grant), "last_used_at": row.last_used_at, "ended_at": row.ended_at}
        )

    def use_token(self, token_sha256: str, now: datetime) -> bool:
        """Mark a token as used; return whether this was its first use, even under concurrency."""
        fresh = (t.c.token_sha256 == token_sha256) & t.c.used_at.is_(None)
        with self._database.writing() as connection:
            return bool(connection.execute(update(t).where(fresh).values(used_at=now)).rowcount)

    def keep_token(self, token_sha256: str, until: datetime) -> None:
        """Keep a token past its end, for what was made from it."""
        with self._database.writing() as connection:
            connection.execute(update(t).where(t.c.token_sha256 == token_sha256).values(expires_at=until))

    def remove_token(self, token_sha256: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.token_sha256 == token_sha256))

    def forget_expired(self, now: datetime) -> None:
        """Delete what has expired, whoever owns it."""
        with self._database.writing() as connection:
            for table in (r, t):
                connection.execute(delete(table).where(table.c.expires_at <= now))

    def _own(self, client_id: str) -> ColumnElement[bool]:
        return (c.c.id == client_id) & (c.c.organisation_id == self._organisation_id)


def _client(row: Row[Any]) -> ClientRecord:
    return ClientRecord(row.id, row.metadata, row.secret_sha256, row.management_sha256, row.created_at)


def _allowed(row: Row[Any]) -> AllowedApp:
    grant = GrantRecord(
        row.id,
        row.client_id,
        row.person_id,
        tuple(row.scopes),
        row.created_at,
        row.last_used_at,
        row.ended_at,
    )
    client = ClientRecord(row.client_id, row.metadata, row.secret_sha256, row.management_sha256, row.made_at)
    return AllowedApp(grant, client)
