"""`credserv lists`: the signed status lists, which show revocations."""

from __future__ import annotations

import click

from credserv.journeys.publish.journal import accept, merge
from credserv.journeys.publish.publish import publish_due
from credserv.processes.commands.context import Installation, in_installation, in_organisation, utc_now
from credserv.status.journal import StatusJournal


@click.group()
def lists() -> None:
    """An organisation's status lists, which show revoked and suspended badges."""


@lists.command("publish")
@in_organisation
def publish(installation: Installation) -> int:
    """Sign every list that is due now, also those nobody requests. Exits with 1 when one fails."""
    signed, failed = publish_due(installation.services, now=utc_now())
    click.echo(f"{signed} signed, {failed} could not be")
    return 1 if failed else 0


@lists.command("merge")
@in_installation
def merge_lists(installation: Installation) -> None:
    """After restoring the database from an older copy, repeat in it the revocations made since.

    The journal beside the database records what was published. Bits of badges missing in the copy stay set,
    and new badges get new lists.
    """
    done = merge(installation.store, _journal(installation), actor="cli", now=utc_now())
    click.echo(
        f"{done.changed} badges changed; {done.kept} status bits kept for badges that the database does not "
        "have"
    )
    if done.left_out:
        click.echo(f"{done.left_out} lists belong to organisations that the database does not have", err=True)


@lists.command("accept")
@in_installation
def accept_lists(installation: Installation) -> None:
    """Restart the journal from the database, for example on a new machine or after an upgrade.

    Refused where the database is older than the journal.
    """
    count = accept(installation.store, _journal(installation))
    click.echo(f"The journal holds everything that the database has: {count} bits set")


def _journal(installation: Installation) -> StatusJournal:
    return StatusJournal(installation.settings.status_journal)
