"""What commands share: their installation, reading files, and printing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from credserv.app.opening import Installation as Installation
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.records.organisations import MAIN

P = ParamSpec("P")
R = TypeVar("R")
MAX_FILE_BYTES = 16_777_216


class Instant(click.ParamType[datetime]):
    """An instant as an option, such as 2026-11-21T09:00:00Z."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_instant(str(value))
        except InputError as error:
            self.fail(f"{error.detail}; write 2026-11-21T09:00:00Z", param, ctx)


def in_installation(command: Callable[Concatenate[Installation, P], R]) -> Callable[..., R]:
    """Give a command `--data`, and the Installation as its first argument."""

    @click.option(
        "--data",
        "data_dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Data folder of the installation, including its keys.  [default: CREDSERV_DATA_DIR, else "
        "./data]",
    )
    @wraps(command)
    def with_installation(data_dir: Path | None, *args: Any, **options: Any) -> R:
        installation = Installation(data_dir)
        try:
            return command(installation, *args, **options)
        finally:
            installation.close()

    return with_installation


def in_organisation(command: Callable[Concatenate[Installation, P], R]) -> Callable[..., R]:
    """Give a command `--organisation` too; the Installation returns that one's store and services."""

    @click.option("--organisation", default=MAIN, show_default=True, help="Short name of the organisation.")
    @click.option(
        "--data",
        "data_dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Data folder of the installation, including its keys.  [default: CREDSERV_DATA_DIR, else "
        "./data]",
    )
    @wraps(command)
    def with_organisation(data_dir: Path | None, organisation: str, *args: Any, **options: Any) -> R:
        installation = Installation(data_dir, organisation)
        try:
            return command(installation, *args, **options)
        finally:
            installation.close()

    return with_organisation


def changing_organisation(command: Callable[Concatenate[Installation, P], R]) -> Callable[..., R]:
    """As `in_organisation`, for a command that changes something.

    It is refused where another installation now signs for the organisation.
    """

    @wraps(command)
    def here_alone(installation: Installation, /, *args: P.args, **options: P.kwargs) -> R:
        installation.require_here()
        return command(installation, *args, **options)

    return in_organisation(here_alone)


def utc_now() -> datetime:
    return datetime.now(UTC)


def read_file(path: Path, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of a file that is not too large. Raises InputError with its name."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(data) > max_bytes:
        raise InputError(f"{path} is larger than {max_bytes} bytes")
    return data


def parse_file(path: Path, parse: Callable[[bytes], R], *, max_bytes: int = MAX_FILE_BYTES) -> R:
    """Return what `parse` makes of a file. Raises its InputError with the file's name."""
    try:
        return parse(read_file(path, max_bytes=max_bytes))
    except InputError as error:
        raise type(error)(f"{path}: {error.detail.removeprefix(f'{path}: ')}", faults=error.faults) from error


def read_json_file(path: Path) -> JsonObject:
    """Return a JSON object. Raises InputError with the file's name if it is not strict JSON."""
    return parse_file(path, parse_json_object)


def show_json(told: object) -> None:
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def show_table(rows: list[tuple[str, ...]]) -> None:
    """Print aligned columns; the first row has their names."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


issuers_option = click.option(
    "--for", "issuers", multiple=True, metavar="ISSUER", help="Only for this issuer. May be repeated."
)
file_argument = click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
