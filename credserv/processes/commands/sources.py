"""`credserv source`: the systems that send events."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.ground.names import is_slug
from credserv.processes.commands.context import (
    Installation,
    file_argument,
    in_installation,
    read_json_file,
    show_table,
    utc_now,
)
from credserv.records.audit import AuditRecord
from credserv.records.sources import SourceRecord
from credserv.sources import DIALECTS
from credserv.sources.mapping import parse_mapping
from credserv.sources.webhook import create_secret
from credserv.store.store import Store


@click.group()
def source() -> None:
    """Systems that send events to /hooks/NAME, each with its secrets and its mapping to achievements."""


@source.command("create")
@click.argument("name")
@click.option("--dialect", type=click.Choice(sorted(DIALECTS)), default="generic", show_default=True)
@click.option(
    "--mapping",
    "mapping_path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file with the rules (docs/lms.md).",
)
@in_installation
def create(installation: Installation, name: str, dialect: str, mapping_path: Path) -> None:
    """Make the source NAME; prints its address and its secret."""
    if not is_slug(name):
        raise InputError("a source's name is lower-case letters, digits and hyphens, 64 at most")
    mapping = read_json_file(mapping_path)
    parse_mapping(mapping)
    store, secret, now = installation.store, create_secret(), utc_now()
    if store.sources.get(name) is not None:
        raise ConflictError(f"there is a source {name} already")
    with store.transaction():
        store.sources.create(SourceRecord(name, dialect, (secret,), mapping, now))
        store.audit.add(AuditRecord(now, "cli", "source-created", name))
    click.echo(f"Address {installation.settings.public_url}/hooks/{name}")
    click.echo(f"Secret  {secret}")


@source.command("list")
@in_installation
def list_sources(installation: Installation) -> None:
    """Show every source."""
    rows: list[tuple[str, ...]] = [("NAME", "DIALECT", "STATE", "SECRETS", "RULES")]
    for record in installation.store.sources.list():
        state = "enabled" if record.enabled else "disabled"
        rules = str(len(record.mapping["rules"]))
        rows.append((record.name, record.dialect, state, str(len(record.secrets)), rules))
    show_table(rows)


@source.command("map")
@click.argument("name")
@file_argument
@in_installation
def set_mapping(installation: Installation, name: str, path: Path) -> None:
    """Replace the mapping of the source NAME by the rules in FILE."""
    mapping = read_json_file(path)
    parse_mapping(mapping)
    store = installation.store
    _require(store, name)
    with store.transaction():
        store.sources.set_mapping(name, mapping)
        store.audit.add(AuditRecord(utc_now(), "cli", "source-mapping-changed", name))
    click.echo(f"{name} has {len(mapping['rules'])} rules now")


@source.command("rotate")
@click.argument("name")
@click.option(
    "--finish", is_flag=True, help="Forget all secrets but the newest, once the sender signs with it."
)
@in_installation
def rotate(installation: Installation, name: str, finish: bool) -> None:
    """Add a new secret to the source NAME; the old ones are accepted until --finish."""
    store = installation.store
    record = _require(store, name)
    with store.transaction():
        if finish:
            for old in record.secrets[1:]:
                store.sources.remove_secret(name, old)
            store.audit.add(AuditRecord(utc_now(), "cli", "source-secrets-ended", name))
            click.echo(f"{name} accepts its newest secret alone")
            return
        secret = create_secret()
        store.sources.add_secret(name, secret)
        store.audit.add(AuditRecord(utc_now(), "cli", "source-secret-added", name))
    click.echo(f"Secret  {secret}")


def _require(store: Store, name: str) -> SourceRecord:
    record = store.sources.get(name)
    if record is None:
        raise NotFoundError(f"there is no source {name}: `credserv source list` shows them")
    return record
