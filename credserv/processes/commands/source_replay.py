"""`credserv source replay`: try another organisation's messages in a sandbox."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from credserv.ground.errors import InputError
from credserv.journeys.award.rehearsing import rehearsal_key, rehearse
from credserv.processes.commands.context import Installation, changing_organisation, utc_now


@click.command("replay")
@click.argument("name")
@click.option("--from", "origin", required=True, metavar="ORGANISATION/SOURCE", help="Whose messages.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only messages of this day (UTC) or later.  [default: all]",
)
@changing_organisation
def replay_messages(installation: Installation, name: str, origin: str, since: datetime | None) -> int:
    """Process messages of another organisation's source as if they were sent to the source NAME of a sandbox
    (`--organisation`).

    People are removed: addresses, names and accounts become pseudonyms, always the same for a person, and
    text that people wrote is dropped. The newest 1,000 messages. Safe to repeat. Exits with 1 when some were
    left out, because they are not JSON, or were deleted when their retention ended.
    """
    slug, slash, source = origin.partition("/")
    if not slash or not source:
        raise InputError("--from takes an organisation and its source, for example main/campus")
    services = installation.services
    done = rehearse(
        services,
        name,
        services.at_name(slug),
        source,
        key=rehearsal_key(installation.settings.secret_key, services.issuer.id),
        since=None if since is None else since.replace(tzinfo=UTC),
        actor="cli",
        now=utc_now(),
    )
    click.echo(f"{done.taken} messages imported, {done.unreadable} unreadable, {done.left_out} left out")
    return 1 if done.left_out else 0
