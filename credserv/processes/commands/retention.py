"""`credserv retention`: delete expired data, and print the record of processing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from credserv.journeys.operate.notice import who_sees
from credserv.journeys.operate.processing import Record, make_record
from credserv.journeys.operate.retention import count_due, let_go_due
from credserv.processes.commands.context import Installation, in_organisation, show_table, utc_now


@click.group()
def retention() -> None:
    """What is stored and for how long, and the deletion of expired data (the settings `KEEP_…_DAYS`)."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
@in_organisation
def run(installation: Installation, dry_run: bool) -> None:
    """Delete expired data permanently; the worker does this each hour."""
    found = (count_due if dry_run else let_go_due)(installation.services, utc_now())
    rows: list[tuple[str, ...]] = [("WHAT", "WOULD GO" if dry_run else "WENT")]
    show_table([*rows, *((kind, str(count)) for kind, count in found.items())])


@retention.command("record")
@in_organisation
def record(installation: Installation) -> None:
    """Print the record of processing (GDPR, article 30) as Markdown: every table of this release."""
    click.echo("\n".join(_lines(make_record(installation.services))))


def _lines(made: Record) -> Iterator[str]:
    yield "# Record of processing"
    yield "\n| what | why | how long | seen by | tables |\n|---|---|---|---|---|"
    for one in made.kept:
        tables = ", ".join(f"`{name}`" for name in one.tables)
        yield f"| {one.what} | {one.why} | {one.how_long} | {who_sees(one)} | {tables} |"
    yield "\n## Tables without anything about anybody"
    yield from (f"- `{name}`: {why}" for name, why in made.nothing.items())
