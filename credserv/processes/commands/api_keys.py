"""`credserv api-key`: who may call the API."""

from __future__ import annotations

import click

from credserv.ground.encoding import format_instant
from credserv.journeys.admit.access import SCOPES, all_api_keys, create_api_key, end_api_key
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_organisation,
    show_table,
    utc_now,
)


@click.group("api-key")
def api_key() -> None:
    """Keys for API clients. Only their hashes are stored."""


@api_key.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated."
)
@changing_organisation
def create(installation: Installation, name: str, scopes: tuple[str, ...]) -> None:
    """Create a key called NAME and print it, only this once."""
    record, token = create_api_key(installation.services, name, scopes, utc_now())
    click.echo(token)
    click.echo(f"Key {record.id} may: {', '.join(record.scopes)}. It is not shown again.", err=True)


@api_key.command("list")
@in_organisation
def list_keys(installation: Installation) -> None:
    """Show every key, what it may do and when it was last used."""
    rows: list[tuple[str, ...]] = [("ID", "NAME", "STATE", "LAST USED", "SCOPES")]
    for record in all_api_keys(installation.services):
        used = format_instant(record.last_used_at) if record.last_used_at else "never"
        state = "ended" if record.ended_at else "active"
        rows.append((record.id, record.name, state, used, ",".join(record.scopes)))
    show_table(rows)


@api_key.command("end")
@click.argument("key_id", metavar="ID")
@changing_organisation
def end(installation: Installation, key_id: str) -> None:
    """Refuse the key ID from now on."""
    end_api_key(installation.services, key_id, utc_now())
    click.echo(f"Ended {key_id}")
