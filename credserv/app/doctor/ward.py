"""What the doctor's checks examine: an installation, opened as far as it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from credserv.app.remembered import data_folder
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.journeys.services import Services
from credserv.store.store import Store, open_store


@dataclass(frozen=True)
class Ward:
    """The installation. `environ` is from `compose_environment`.

    A property raises what prevents opening it.
    """

    environ: Mapping[str, str]
    now: datetime

    @property
    def folder(self) -> Path:
        return data_folder(self.environ)

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    @cached_property
    def store(self) -> Store:
        """The store, whatever it contains."""
        return open_store(self.settings.database_url, secret_key=self.settings.secret_key)

    @cached_property
    def services(self) -> Services:
        return build_services(self.settings, clock=lambda: self.now)

    def close(self) -> None:
        for name in ("store", "services"):
            opened = self.__dict__.get(name)
            if opened is not None:
                opened.close()
