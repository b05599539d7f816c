"""Where an organisation's people sign in: one provider, its secret encrypted at rest."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from credserv.records.access import IdentityProviderRecord
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import identity_providers


class IdentityProviderRepository:
    def __init__(self, database: Database, organisation_id: str, box: SecretBox) -> None:
        self._database, self._organisation_id, self._box = database, organisation_id, box
        self._own = identity_providers.c.organisation_id == organisation_id

    def get(self) -> IdentityProviderRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(identity_providers).where(self._own)).one_or_none()
        if row is None:
            return None
        return IdentityProviderRecord(row.issuer, row.client_id, row.created_at, self._box.unseal(row.sealed))

    def set(self, provider: IdentityProviderRecord) -> None:
        """Replace the provider."""
        with self._database.writing() as connection:
            connection.execute(delete(identity_providers).where(self._own))
            connection.execute(
                insert(identity_providers).values(
                    organisation_id=self._organisation_id,
                    issuer=provider.issuer,
                    client_id=provider.client_id,
                    sealed=self._box.seal(provider.client_secret),
                    created_at=provider.created_at,
                )
            )

    def end(self) -> bool:
        """Remove the provider; return whether there was one."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(identity_providers).where(self._own)).rowcount)
