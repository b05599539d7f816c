"""An installation for a command or process: its environment, settings, store and services.

Each is imported and opened at first use, so that `--help` waits for neither database nor proofs. All are
closed together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from credserv.app.remembered import (
    SECRET_FILES,
    compose_environment,
    data_folder,
    describe_missing,
    is_begun,
)
from credserv.ground.errors import NotFoundError, SettingsError
from credserv.records.organisations import MAIN

if TYPE_CHECKING:
    from credserv.app.settings import Settings
    from credserv.journeys.services import Services
    from credserv.store.store import Store


@dataclass(frozen=True)
class Installation:
    """The installation.

    Attributes:
        data_dir: `--data`; None for the environment's.
        organisation: whose store and services it returns.
    """

    data_dir: Path | None
    organisation: str = MAIN

    @cached_property
    def environ(self) -> dict[str, str]:
        return compose_environment(os.environ, self.data_dir)

    @cached_property
    def settings(self) -> Settings:
        """The settings. Raises SettingsError; for an empty folder it says what is there."""
        from credserv.app.settings import Settings

        try:
            return Settings.from_env(self.environ)
        except SettingsError as error:
            folder = data_folder(self.environ)
            lacking = any(f"CREDSERV_{name} is not set" in error.detail for name in SECRET_FILES)
            if lacking and not is_begun(folder):
                raise SettingsError(describe_missing(folder)) from error
            raise

    @cached_property
    def store(self) -> Store:
        """The store. Raises SettingsError when the database is not of this release."""
        from credserv.store.store import open_store

        store = open_store(self.settings.database_url, secret_key=self.settings.secret_key)
        if store.is_empty():
            raise SettingsError(
                "the database holds no installation: see whether CREDSERV_DATABASE_URL names the right one "
                "(`credserv settings show`), restore it, or run `credserv init` to begin a new one"
            )
        if not store.schema_is_current():
            raise SettingsError("the database is not ready for this release: run `credserv migrate`")
        if self.organisation == MAIN:
            return store
        own = store.of(self.organisation)
        if own.organisation.get() is None:
            raise NotFoundError(
                f"there is no organisation {self.organisation}: `credserv organisation list` shows them"
            )
        return own

    def require_here(self) -> None:
        """Require that the organisation is here.

        Raises OrganisationMovedError where another installation now signs for it.
        """
        from credserv.store.frame.open_organisation import require_open

        known = self.store.organisation.get()
        if known is not None:
            require_open(None, known.moved_at)

    @cached_property
    def services(self) -> Services:
        from credserv.app.services import build_services

        self.store  # noqa: B018 - tells about a database that is not ready before anything else fails on it
        return build_services(self.settings).at_name(self.organisation)

    def close(self) -> None:
        """Close the database, if it was opened."""
        for name in ("store", "services"):
            opened = self.__dict__.get(name)
            if opened is not None:
                opened.close()
