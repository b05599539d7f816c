"""`credserv anchors`: authorities whose certificates prove the keys of issuers."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.journeys.operate.anchors import add_anchor, anchors_of, remove_anchor
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
def anchors() -> None:
    """Trust anchors: authorities whose certificates (x5c) prove the keys of issuers."""


@anchors.command("add")
@file_argument
@issuers_option
@in_installation
def add(installation: Installation, path: Path, issuers: tuple[str, ...]) -> None:
    """Accept certificate chains that lead to the authority's certificate in FILE (PEM).

    A chain proves whose key signed a token. Trust lists still decide whom to trust.
    """
    made = add_anchor(
        installation.services,
        installation.settings.data_dir,
        read_file(path),
        issuers,
        actor=_ACTOR,
        now=utc_now(),
    )
    click.echo(
        f"{made.name} is a trust anchor, SHA-256 {made.sha256}, for {', '.join(made.issuers) or 'any issuer'}"
    )


@anchors.command("list")
@in_installation
def list_anchors(installation: Installation) -> None:
    """Show the trust anchors."""
    rows: list[tuple[str, ...]] = [("NAME", "SHA-256", "FOR", "ENDS", "ADDED")]
    for one in anchors_of(installation.settings.data_dir).all():
        ends = one.certificate.not_valid_after_utc.date().isoformat()
        rows.append((one.name, one.sha256, ", ".join(one.issuers) or "any issuer", ends, one.added_at))
    show_table(rows)


@anchors.command("remove")
@click.argument("sha256")
@in_installation
def remove(installation: Installation, sha256: str) -> None:
    """Stop accepting chains to the anchor with this SHA-256."""
    remove_anchor(installation.services, installation.settings.data_dir, sha256, actor=_ACTOR, now=utc_now())
    click.echo(f"{sha256} is no longer a trust anchor")
