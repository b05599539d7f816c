"""`credserv lists`: the signed status lists, by which badges are revoked."""

from __future__ import annotations

import click

from credserv.journeys.publish.publish import publish_due
from credserv.processes.commands.context import Installation, in_organisation, utc_now


@click.group()
def lists() -> None:
    """The status lists of an organisation, by which revoked and suspended badges are known."""


@lists.command("publish")
@in_organisation
def publish(installation: Installation) -> int:
    """Sign every list that is due now, also those that nobody asks for. Exits with 1 when one cannot be."""
    signed, failed = publish_due(installation.services, now=utc_now())
    click.echo(f"{signed} signed, {failed} could not be")
    return 1 if failed else 0
