"""The one issuer of an installation and its signing keys."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.issuer import IssuerRecord, KeyState, SigningKeyRecord
from credserv.store.database import Database, insert_if_absent
from credserv.store.tables import issuers, signing_keys


class IssuerRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> IssuerRecord | None:
        """The issuer with all its keys, oldest first; None before the first start."""
        with self._database.reading() as connection:
            row = connection.execute(select(issuers)).one_or_none()
            if row is None:
                return None
            order = (signing_keys.c.created_at, signing_keys.c.verification_method)
            keys = connection.execute(select(signing_keys).order_by(*order)).all()
        return IssuerRecord(did=row.did, profile=row.profile, keys=tuple(_key(key) for key in keys))

    def create(self, issuer: IssuerRecord) -> None:
        """Stores the issuer and its keys. Raises ConflictError when there is one already."""
        with self._database.writing() as connection:
            created = insert_if_absent(
                connection, issuers, id=1, did=issuer.did, profile=dict(issuer.profile)
            )
            if not created:
                raise ConflictError("this installation has its issuer already")
            for key in issuer.keys:
                self.add_key(key)

    def add_key(self, key: SigningKeyRecord) -> None:
        """Raises ConflictError when the verification method or the public key is known (attack 77)."""
        with self._database.writing() as connection:
            connection.execute(
                insert(signing_keys).values(
                    verification_method=key.verification_method,
                    public_key_multibase=key.public_key_multibase,
                    signer_uri=key.signer_uri,
                    state=key.state.value,
                    created_at=key.created_at,
                )
            )

    def retire_key(self, verification_method: str) -> None:
        """It signs no more and stays published. Raises NotFoundError."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(signing_keys)
                .where(signing_keys.c.verification_method == verification_method)
                .values(state=KeyState.RETIRED.value)
            )
            if not changed.rowcount:
                raise NotFoundError("there is no such signing key")


def _key(row: Row[tuple[object, ...]]) -> SigningKeyRecord:
    return SigningKeyRecord(
        verification_method=row.verification_method,
        public_key_multibase=row.public_key_multibase,
        signer_uri=row.signer_uri,
        state=KeyState(row.state),
        created_at=row.created_at,
    )
