"""Offers of awards to wallet apps: each redeemed once, with the code and the number that the person types."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import SettingsError
from credserv.records.copies import CopyForm
from credserv.records.offers import IssuanceRecord, OfferRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.prepared import execute_many, select_one
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import issuances, offers, spent_values

_NONCE_BYTES = 16
_OWN = offers.c.organisation_id == bindparam("own")
_BY_ID = select(offers).where(offers.c.id_sha256 == bindparam("wanted"), _OWN)
_BY_CODE = select(offers).where(offers.c.code_sha256 == bindparam("wanted"), _OWN)
_BY_TOKEN = select(offers).where(offers.c.token_sha256 == bindparam("wanted"), _OWN)
_LOCKED = _BY_CODE.with_for_update()
_ADD_ISSUANCE = insert(issuances)
_DELIVERED = (
    update(issuances).where(issuances.c.id_sha256 == bindparam("of")).values(delivered_at=bindparam("at"))
)
_REDEEM = (
    update(offers)
    .where(offers.c.id_sha256 == bindparam("of"))
    .values(
        redeemed_at=bindparam("at"),
        token_sha256=bindparam("token"),
        token_ends_at=bindparam("ends"),
        key_thumbprint=bindparam("key"),
    )
)


class OfferRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._secret_box = secret_box

    def create(self, offer: OfferRecord) -> None:
        """Store an offer and end earlier ones of the same award to the same person."""
        earlier = update(offers).where(
            offers.c.credential_id == offer.credential_id,
            offers.c.person_id == offer.person_id,
            offers.c.redeemed_at.is_(None),
            offers.c.ends_at > offer.created_at,
            self._own(),
        )
        with self._database.writing() as connection:
            connection.execute(earlier.values(ends_at=offer.created_at))
            connection.execute(
                insert(offers).values(
                    id_sha256=offer.id_sha256,
                    organisation_id=self._organisation_id,
                    credential_id=offer.credential_id,
                    person_id=offer.person_id,
                    code_sha256=offer.code_sha256,
                    tx_sha256=offer.tx_sha256,
                    created_at=offer.created_at,
                    ends_at=offer.ends_at,
                    tries=0,
                )
            )

    def get(self, id_sha256: str) -> OfferRecord | None:
        return self._find(_BY_ID, id_sha256)

    def by_code(self, code_sha256: str) -> OfferRecord | None:
        return self._find(_BY_CODE, code_sha256)

    def by_token(self, token_sha256: str) -> OfferRecord | None:
        return self._find(_BY_TOKEN, token_sha256)

    def redeem(
        self,
        code_sha256: str,
        tx_sha256: str,
        *,
        token_sha256: str,
        token_ends_at: datetime,
        key_thumbprint: str | None,
        now: datetime,
    ) -> bool:
        """Exchange an offer for an access token, once.

        Return False if it is over, or if `tx_sha256` is wrong, which is counted.
        """
        wanted = {"own": self._organisation_id, "wanted": code_sha256}
        with self._database.writing() as connection:
            row = select_one(connection, _LOCKED, wanted)
            if row is None or not _offer(row).is_open(now):
                return False
            if not hmac.compare_digest(row.tx_sha256, tx_sha256):
                mine = offers.c.id_sha256 == row.id_sha256
                connection.execute(update(offers).where(mine).values(tries=offers.c.tries + 1))
                return False
            redeemed = {"of": row.id_sha256, "at": now, "token": token_sha256, "ends": token_ends_at}
            execute_many(connection, _REDEEM, [{**redeemed, "key": key_thumbprint}])
        return True

    def seal_number(self, tx_code: str) -> str:
        """Encrypt a number for its letter, so that the store alone does not reveal it."""
        return self._secret_box.seal(tx_code)

    def unseal_number(self, sealed: str) -> str:
        """Decrypt a number.

        Raises:
            SettingsError: It was encrypted with another secret key.
        """
        return self._secret_box.unseal(sealed)

    def end(self, id_sha256: str, now: datetime) -> None:
        """End an offer and its token."""
        ended = update(offers).where(offers.c.id_sha256 == id_sha256, self._own())
        with self._database.writing() as connection:
            connection.execute(ended.values(ends_at=now, token_ends_at=now))

    # --- credential requests

    def add_issuance(self, made: IssuanceRecord) -> None:
        row = {
            "id_sha256": made.id_sha256,
            "offer_sha256": made.offer_sha256,
            "form": made.form.value,
            "holders": list(made.holders),
            "created_at": made.created_at,
            "delivered_at": made.delivered_at,
            "event": made.event,
        }
        with self._database.writing() as connection:
            execute_many(connection, _ADD_ISSUANCE, [row])

    def issuance(self, offer_sha256: str, id_sha256: str) -> IssuanceRecord | None:
        mine = (issuances.c.id_sha256 == id_sha256) & (issuances.c.offer_sha256 == offer_sha256)
        with self._database.reading() as connection:
            row = connection.execute(select(issuances).where(mine)).one_or_none()
        return None if row is None else _issuance(row)

    def note_delivered(self, id_sha256: str, now: datetime) -> None:
        with self._database.writing() as connection:
            execute_many(connection, _DELIVERED, [{"of": id_sha256, "at": now}])

    def note_event(self, id_sha256: str, event: str) -> None:
        changed = update(issuances).where(issuances.c.id_sha256 == id_sha256)
        with self._database.writing() as connection:
            connection.execute(changed.values(event=event))

    # --- values used once

    def new_nonce(self, now: datetime) -> str:
        """Return a nonce without storing it, so that requests for nonces fill no table."""
        return self._secret_box.seal(
            f"c_nonce {self._organisation_id} {now.isoformat()} {random_token(_NONCE_BYTES)}"
        )

    def nonce_made_at(self, nonce: str) -> datetime | None:
        """Return when a nonce was made; None if it is not this organisation's."""
        try:
            kind, organisation, made_at, _ = self._secret_box.unseal(nonce).split(" ")
        except (SettingsError, ValueError):
            return None
        is_ours = (kind, organisation) == ("c_nonce", self._organisation_id)
        return datetime.fromisoformat(made_at) if is_ours else None

    def spend(self, value: str, ends_at: datetime) -> bool:
        """Use a value up; return False if it was used before.

        Args:
            ends_at: When nobody would accept it any more anyway.
        """
        with self._database.writing() as connection:
            return insert_if_absent(connection, spent_values, value_sha256=hash_token(value), ends_at=ends_at)

    def purge(self, before: datetime, now: datetime) -> None:
        """Delete offers that ended before an instant, with their results, and spent values that have
        ended.
        """
        old = select(offers.c.id_sha256).where(offers.c.ends_at < before, self._own())
        with self._database.writing() as connection:
            connection.execute(delete(issuances).where(issuances.c.offer_sha256.in_(old)))
            connection.execute(delete(offers).where(offers.c.ends_at < before, self._own()))
            connection.execute(delete(spent_values).where(spent_values.c.ends_at < now))

    def _find(self, by: Select[Any], wanted: str) -> OfferRecord | None:
        with self._database.reading() as connection:
            row = select_one(connection, by, {"own": self._organisation_id, "wanted": wanted})
        return None if row is None else _offer(row)

    def _own(self) -> ColumnElement[bool]:
        return offers.c.organisation_id == self._organisation_id


def _offer(row: Row[tuple[object, ...]]) -> OfferRecord:
    return OfferRecord(
        id_sha256=row.id_sha256,
        credential_id=row.credential_id,
        person_id=row.person_id,
        code_sha256=row.code_sha256,
        tx_sha256=row.tx_sha256,
        created_at=row.created_at,
        ends_at=row.ends_at,
        tries=row.tries,
        redeemed_at=row.redeemed_at,
        token_sha256=row.token_sha256,
        token_ends_at=row.token_ends_at,
        key_thumbprint=row.key_thumbprint,
    )


def _issuance(row: Row[tuple[object, ...]]) -> IssuanceRecord:
    return IssuanceRecord(
        id_sha256=row.id_sha256,
        offer_sha256=row.offer_sha256,
        form=CopyForm(row.form),
        holders=tuple(row.holders),
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        event=row.event,
    )
