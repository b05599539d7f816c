"""Where an organisation's colleagues sign in by SAML: one provider, without secrets."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from credserv.records.access import SamlProviderRecord
from credserv.store.frame.database import Database
from credserv.store.tables import saml_providers


class SamlProviderRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database, self._organisation_id = database, organisation_id
        self._own = saml_providers.c.organisation_id == organisation_id

    def get(self) -> SamlProviderRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(saml_providers).where(self._own)).one_or_none()
        if row is None:
            return None
        return SamlProviderRecord(row.entity_id, row.sign_in, tuple(row.certificates), row.created_at)

    def set(self, provider: SamlProviderRecord) -> None:
        """Replace the provider."""
        with self._database.writing() as connection:
            connection.execute(delete(saml_providers).where(self._own))
            connection.execute(
                insert(saml_providers).values(
                    organisation_id=self._organisation_id,
                    entity_id=provider.entity_id,
                    sign_in=provider.sign_in,
                    certificates=list(provider.certificates),
                    created_at=provider.created_at,
                )
            )

    def end(self) -> bool:
        """Remove the provider; return whether there was one."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(saml_providers).where(self._own)).rowcount)
