"""What every command shares: the installation it works on, reading a file, and printing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from credserv.app.factory import build_services
from credserv.app.installation import compose_environment
from credserv.app.settings import Settings
from credserv.ground.errors import InputError, SettingsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.store.store import Store, open_store

P = ParamSpec("P")
R = TypeVar("R")
MAX_FILE_BYTES = 16_777_216


@dataclass(frozen=True)
class Installation:
    """The installation that a command is for; everything is read when it is first asked for.

    data_dir: `--data`, None for what the environment says.
    """

    data_dir: Path | None

    @cached_property
    def environ(self) -> dict[str, str]:
        return compose_environment(os.environ, self.data_dir)

    @cached_property
    def settings(self) -> Settings:
        try:
            return Settings.from_env(self.environ)
        except SettingsError as error:
            if "is not set" in error.detail and "CREDSERV_DATA_DIR" not in os.environ:
                raise SettingsError(f"{error.detail}; or run `credserv init` first") from error
            raise

    @cached_property
    def store(self) -> Store:
        """Raises SettingsError when the database is not of this release."""
        store = open_store(self.settings.database_url, secret_key=self.settings.secret_key)
        if not store.schema_is_current():
            raise SettingsError("the database is not ready for this release: run `credserv migrate`")
        return store

    @cached_property
    def services(self) -> Services:
        self.store  # noqa: B018 - tells about a database that is not ready before anything else fails on it
        return build_services(self.settings)

    def close(self) -> None:
        """Let go of the database, where it was opened."""
        for name in ("store", "services"):
            opened = self.__dict__.get(name)
            if opened is not None:
                opened.close()


def in_installation(command: Callable[Concatenate[Installation, P], R]) -> Callable[..., R]:
    """Give a command `--data`, and the Installation as its first argument."""

    @click.option(
        "--data",
        "data_dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the installation, its keys too.  [default: ./data, and keys in ./keys]",
    )
    @wraps(command)
    def with_installation(data_dir: Path | None, *args: Any, **options: Any) -> R:
        installation = Installation(data_dir)
        try:
            return command(installation, *args, **options)
        finally:
            installation.close()

    return with_installation


def utc_now() -> datetime:
    return datetime.now(UTC)


def read_file(path: Path) -> bytes:
    """The bytes of a file that is not too large. Raises InputError with its name."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    return data


def read_json_file(path: Path) -> JsonObject:
    """Raises InputError, naming the file, when it is no strict JSON object."""
    try:
        return parse_json_object(read_file(path))
    except InputError as error:
        raise type(error)(f"{path}: {error.detail.removeprefix(f'{path}: ')}", faults=error.faults) from error


def show_table(rows: list[tuple[str, ...]]) -> None:
    """Columns aligned, the first row being their names."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


file_argument = click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
