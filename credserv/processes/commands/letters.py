"""`credserv letters`: letters about badges awarded while there was no mail server."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from credserv.journeys.deliver.outbox import queue_letters
from credserv.processes.commands.context import Installation, changing_organisation, utc_now


@click.group()
def letters() -> None:
    """Letters that tell people about their badges."""


@letters.command("queue")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Only for badges issued on this day (UTC) or later.",
)
@changing_organisation
def queue(installation: Installation, since: datetime) -> None:
    """Queue letters for badges that had none, and again for refused letters.

    The worker sends them. A badge whose letter a mail server accepted earlier gets no second one.
    """
    begins = since.replace(tzinfo=UTC)
    count = queue_letters(installation.services, since=begins, actor="command", now=utc_now())
    click.echo(f"Queued {count} letters.")
