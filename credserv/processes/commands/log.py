"""`credserv log`: the log of signatures, and auditing an issuer's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import ProofError, UnavailableError
from credserv.journeys.publish.issuance_log import extend_log, newest_head, tell_head
from credserv.journeys.publish.log_watch import Watched, is_in_log, watch_log
from credserv.processes.commands.checking import Checking, checking_options
from credserv.processes.commands.context import (
    Installation,
    in_organisation,
    read_file,
    read_json_file,
    utc_now,
)

_EXIT_CHANGED = 1
_EXIT_NOT_CHECKED = 2


@click.group()
def log() -> None:
    """The log of signatures, from which nothing is ever removed."""


@log.command("head")
@in_organisation
def head(installation: Installation) -> None:
    """Print the newest signed head, for somebody else to keep."""
    extend_log(installation.services, utc_now())
    click.echo(json.dumps(tell_head(newest_head(installation.services)), indent=2))


@log.command("audit")
@click.argument("url")
@click.option(
    "--head",
    "kept",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A FILE with an earlier head; if the log is sound, the newest head is written to it.",
)
@click.option(
    "--credential",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A credential FILE as issued: check whether it is in the log. This reads all entries.",
)
@checking_options
@in_organisation
def audit(
    installation: Installation, /, url: str, kept: Path | None, credential: Path | None, **options: Any
) -> int:
    """Compare the log of the issuer at URL with a head that you kept. Needs no installation.

    If you do this every day, you notice when an issuer removes or changes what it signed. Exit codes: 0 the
    log continues from that head and has the credential; 1 it does not; 2 it could not be compared; 3 wrong
    usage.
    """
    how = Checking(**options)
    before = read_json_file(kept) if kept is not None and kept.exists() else None
    content = None if credential is None else read_file(credential)
    try:
        with how.services(installation) as services:
            found = watch_log(services, url, before, how.instant or utc_now())
            has = content is None or found.fault or is_in_log(services, url, content, found.head)
    except ProofError as error:
        click.echo(f"The log is not sound: {error.detail}", err=True)
        return _EXIT_CHANGED
    except UnavailableError as error:
        click.echo(f"The heads could not be compared: {error.detail}", err=True)
        return _EXIT_NOT_CHECKED
    if found.fault:
        click.echo(f"The log is not sound: {found.fault}.", err=True)
        return _EXIT_CHANGED
    click.echo(_told(found))
    if kept is not None:
        kept.write_text(json.dumps(found.document, indent=2) + "\n")
    if not has:
        click.echo(f"{credential} is not in it.", err=True)
        return _EXIT_CHANGED
    if credential is not None:
        click.echo(f"{credential} is in it.")
    return 0


def _told(found: Watched) -> str:
    head = found.head
    said = f"{head.size} entries as of {format_instant(head.made_at)}, signed by {head.issuer}"
    return said if found.kept is None else f"{said}; it extends the earlier head of {found.kept.size}"
