"""`credserv contexts`: JSON-LD contexts beside the bundled ones."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.journeys.operate.contexts import pin_context, pins_of, remove_context
from credserv.processes.commands.context import (
    Installation,
    file_argument,
    in_installation,
    issuers_option,
    read_file,
    show_table,
    utc_now,
)

_ACTOR = "cli"


@click.group()
def contexts() -> None:
    """Contexts named in other issuers' credentials: those pinned here, beside the bundled ones."""


@contexts.command("pin")
@file_argument
@click.option("--url", required=True, help="URL by which credentials name the context.")
@issuers_option
@in_installation
def pin(installation: Installation, path: Path, url: str, issuers: tuple[str, ...]) -> None:
    """Read FILE wherever a credential names URL: you vouch that the file is what the URL means.

    Contexts that could hide or change the meaning of known terms are refused. Reports mention the pinning.
    """
    made = pin_context(
        installation.services,
        installation.settings.data_dir,
        read_file(path),
        url,
        issuers,
        actor=_ACTOR,
        now=utc_now(),
    )
    click.echo(f"{made.url} is pinned, SHA-256 {made.sha256}, for {', '.join(made.issuers) or 'any issuer'}")


@contexts.command("list")
@in_installation
def list_contexts(installation: Installation) -> None:
    """Show what is pinned."""
    rows: list[tuple[str, ...]] = [("URL", "SHA-256", "FOR", "PINNED")]
    for one in pins_of(installation.settings.data_dir).all():
        rows.append((one.url, one.sha256, ", ".join(one.issuers) or "any issuer", one.pinned_at))
    show_table(rows)


@contexts.command("remove")
@click.argument("url")
@in_installation
def remove(installation: Installation, url: str) -> None:
    """Remove the pin for URL."""
    remove_context(installation.services, installation.settings.data_dir, url, actor=_ACTOR, now=utc_now())
    click.echo(f"{url} is no longer pinned")
