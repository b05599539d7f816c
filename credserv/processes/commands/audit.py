"""`credserv audit`: who did what, and whether the trail is intact."""

from __future__ import annotations

import json
from pathlib import Path

import click

from credserv.accreditation.recompute import differences
from credserv.ground.encoding import format_instant
from credserv.journeys.operate.audit import format_head, judge_trail, newest_lines
from credserv.processes.commands.context import (
    Installation,
    in_installation,
    in_organisation,
    read_json_file,
    show_table,
)


@click.group()
def audit() -> None:
    """The audit trail: who did what, when; chained, so that any change is detected."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many lines.")
@in_organisation
def list_lines(installation: Installation, limit: int) -> None:
    """Show the newest lines of one organisation."""
    rows = [("WHEN", "WHO", "WHAT", "ABOUT")]
    for line in newest_lines(installation.services, limit):
        rows.append((format_instant(line.at), line.actor, line.action, line.subject))
    show_table([tuple(row) for row in rows])


@audit.command("export")
@in_organisation
def export(installation: Installation) -> None:
    """Print every line of one organisation as JSON, one a line, newest first."""
    for line in newest_lines(installation.services):
        told = {"at": format_instant(line.at), "actor": line.actor, "action": line.action}
        click.echo(json.dumps({**told, "subject": line.subject, "detail": dict(line.detail)}, sort_keys=True))


@audit.command("head")
@in_installation
def head(installation: Installation) -> None:
    """Print the newest seal, of all organisations.

    Keep it elsewhere; `credserv audit verify --head` compares with it.
    """
    click.echo(format_head(installation.services))


@audit.command("verify")
@click.option("--head", "kept", metavar="POSITION:SHA256", help="A head that you kept elsewhere.")
@in_installation
def verify(installation: Installation, kept: str | None) -> int:
    """Recompute the chain from all lines, of all organisations, and compare.

    Exit codes: 0 it holds, 1 it does not.
    """
    report = judge_trail(installation.services, kept)
    if report.fault is not None:
        fault = report.fault
        click.echo(
            f"The audit trail was changed, at seal {fault.position} (line {fault.line}): {fault.what}."
        )
        return 1
    count = 0 if report.head is None else report.head.position
    click.echo(f"The audit trail is unchanged: {count} lines.")
    return 0


@audit.command("recompute")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def recompute(file: Path) -> int:
    """Redraw the sample of an audit of accreditations from the file that its page offers.

    Needs no installation. Exit codes: 0 the file is right, 1 it is not.
    """
    told = read_json_file(file)
    found = differences(told)
    for one in found:
        click.echo(f"It does not match: {one}.")
    if found:
        return 1
    click.echo(f"It holds: {len(told['drawn'])} of {len(told['population'])} are drawn with this seed.")
    return 0
