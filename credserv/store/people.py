"""Holders, and the links by which they show a credential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.names import fold, normalise_email, parse_email
from credserv.records.credentials import Recipient
from credserv.records.people import HolderRecord, ShareRecord
from credserv.store.database import Database, insert_all_absent
from credserv.store.tables import credentials, holders, shares

_MAILTO = "mailto:"
_BY_IDENTITIES = select(holders.c.id, holders.c.identity, holders.c.email, holders.c.name).where(
    holders.c.identity.in_(bindparam("identities", expanding=True))
)


class HolderRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, holder_id: str) -> HolderRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(holders).where(holders.c.id == holder_id)).one_or_none()
        return None if row is None else _holder(row)

    def find_by_email(self, email: str) -> HolderRecord | None:
        """Whichever way the address is written (see ground/names.py)."""
        identities = _identities(Recipient(email=email))
        found = select(holders).where(holders.c.identity.in_(identities))
        with self._database.reading() as connection:
            rows = {row.identity: row for row in connection.execute(found)}
        return next((_holder(rows[identity]) for identity in identities if identity in rows), None)

    def find_or_create(
        self, connection: Connection, recipients: Sequence[Recipient], now: datetime
    ) -> list[str]:
        """The ids of the recipients' holders, in the same order, within the caller's transaction. A DID in
        an order never joins the wallet of an address to that of another: whoever orders could else reach
        into it. Raises InputError for nobody."""
        identities = [_identity(recipient) for recipient in recipients]
        named = dict(zip(identities, recipients, strict=True))
        known = _find_known(connection, named)
        absent = [_values(named[identity], identity, now) for identity in sorted(named.keys() - known.keys())]
        if insert_all_absent(connection, holders, absent):
            ids = {str(row["identity"]): str(row["id"]) for row in absent}
        else:
            known = _find_known(connection, named)
            ids = {}
        for identity, row in known.items():
            ids[identity] = row.id
            if row.name is None and named[identity].name is not None:
                _set_name(connection, row, named[identity].name or "")
        return [ids[identity] for identity in identities]


class ShareRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, share: ShareRecord) -> None:
        """Raises NotFoundError unless the credential is the holder's own."""
        owned = select(credentials.c.id).where(
            credentials.c.id == share.credential_id, credentials.c.holder_id == share.holder_id
        )
        with self._database.writing() as connection:
            if connection.execute(owned).one_or_none() is None:
                raise NotFoundError("the holder has no such credential")
            connection.execute(
                insert(shares).values(
                    token_sha256=share.token_sha256,
                    credential_id=share.credential_id,
                    holder_id=share.holder_id,
                    created_at=share.created_at,
                    label=share.label,
                    ended_at=share.ended_at,
                )
            )

    def get(self, token_sha256: str) -> ShareRecord | None:
        """Also one that was ended."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(shares).where(shares.c.token_sha256 == token_sha256)
            ).one_or_none()
        return None if row is None else _share(row)

    def end(self, token_sha256: str, holder_id: str, now: datetime) -> None:
        """Ends a holder's own link; ended already: keeps its first end. Raises NotFoundError."""
        own = (shares.c.token_sha256 == token_sha256) & (shares.c.holder_id == holder_id)
        with self._database.writing() as connection:
            if connection.execute(select(shares.c.token_sha256).where(own)).one_or_none() is None:
                raise NotFoundError("there is no such link")
            connection.execute(update(shares).where(own, shares.c.ended_at.is_(None)).values(ended_at=now))

    def of_holder(self, holder_id: str) -> tuple[ShareRecord, ...]:
        """Newest first, ended ones too."""
        found = select(shares).where(shares.c.holder_id == holder_id)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(shares.c.created_at.desc(), shares.c.token_sha256))
            return tuple(_share(row) for row in rows)


def _find_known(connection: Connection, named: Mapping[str, Recipient]) -> dict[str, Any]:
    """The rows of those that are known, by identity, whichever spelling they were kept under before."""
    spelled = {identity: _identities(recipient) for identity, recipient in named.items()}
    rows = _find_all(connection, {one for identities in spelled.values() for one in identities})
    return {
        identity: rows[next(one for one in identities if one in rows)]
        for identity, identities in spelled.items()
        if not rows.keys().isdisjoint(identities)
    }


def _find_all(connection: Connection, identities: Iterable[str]) -> dict[str, Any]:
    """The rows by identity."""
    rows = connection.execute(_BY_IDENTITIES, {"identities": list(identities)})
    return {row.identity: row for row in rows}


def _identity(recipient: Recipient) -> str:
    if recipient.email is not None:
        return _MAILTO + normalise_email(recipient.email)
    if recipient.did is not None:
        return recipient.did
    raise InputError("a recipient needs an e-mail address or a DID")


def _identities(recipient: Recipient) -> list[str]:
    """Under which a holder may be kept: the normal form, and what versions before it made of an address,
    which left the domain as it was written. Theirs first, so that a wallet stays the one it was."""
    email = recipient.email
    if email is None:
        return [_identity(recipient)]
    try:
        address = parse_email(email.strip())
    except InputError:  # of a version that took it
        return [_MAILTO + fold(email.strip())]
    as_a_label = f"{fold(address.local)}@{address.ascii_domain}"
    spellings = (fold(email.strip()), address.normal, as_a_label)
    return list(dict.fromkeys(_MAILTO + spelling for spelling in spellings))


def _values(recipient: Recipient, identity: str, now: datetime) -> dict[str, object]:
    email = None if recipient.email is None else str(parse_email(recipient.email.strip()))
    return {
        "id": random_token(16),
        "identity": identity,
        "email": email,
        "did": recipient.did,
        "name": recipient.name,
        "search_text": _search_text(email, recipient.name),
        "created_at": now,
    }


def _search_text(email: str | None, name: str | None) -> str:
    # A line break between the two, so that no search matches across them.
    return fold("\n".join(part for part in (email, name) if part))


def _set_name(connection: Connection, row: Row[tuple[object, ...]], name: str) -> None:
    connection.execute(
        update(holders)
        .where(holders.c.id == row.id)
        .values(name=name, search_text=_search_text(row.email, name))
    )


def _holder(row: Row[tuple[object, ...]]) -> HolderRecord:
    return HolderRecord(row.id, row.email, row.did, row.name, row.created_at)


def _share(row: Row[tuple[object, ...]]) -> ShareRecord:
    return ShareRecord(
        token_sha256=row.token_sha256,
        credential_id=row.credential_id,
        holder_id=row.holder_id,
        created_at=row.created_at,
        label=row.label,
        ended_at=row.ended_at,
    )
