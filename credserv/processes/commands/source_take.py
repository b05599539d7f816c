"""`credserv source take`: process a system's export files as if they had been sent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from credserv.journeys.award.take import Taken, take_message
from credserv.journeys.connect import sources as connect
from credserv.processes.commands.context import Installation, changing_organisation, read_file, utc_now
from credserv.records.observed import ObservationState
from credserv.records.sources import EventState
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication

_METHOD = "upload"
_WORDS = {
    ObservationState.JUDGED: "judged",
    ObservationState.WAITING: "waiting for a person",
    ObservationState.QUEUED: "with an unlikely date, waiting for an administrator",
    ObservationState.CONFLICT: "contradicting an earlier statement",
    ObservationState.RECEIVED: "waiting for the worker",
}


@click.command("take")
@click.argument("name")
@click.argument(
    "paths",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
)
@changing_organisation
def take_files(installation: Installation, name: str, paths: tuple[Path, ...]) -> int:
    """Process the messages in FILE as if the source NAME had sent them.

    Safe to repeat: a nightly file with the whole history adds only what is new.

    Exits with 1 when a file cannot be read; it is kept for an administrator, and the others are processed.
    """
    source = connect.source(installation.services, name)
    verdict = Authentication(_METHOD, is_signed=False)
    failed = False
    for path in paths:
        message = Message(read_file(path))
        taken = take_message(installation.services, source, message, verdict, now=utc_now())
        failed = failed or taken.event.state is EventState.UNREADABLE
        click.echo(f"{path}: {_tell(taken)}")
        if taken.event.note:
            click.echo(f"  {taken.event.note}", err=True)
    return 1 if failed else 0


def _tell(taken: Taken) -> str:
    if taken.event.state is EventState.UNREADABLE:
        return "unreadable; kept for an administrator"
    counts = Counter(one.state for one in taken.observations)
    parts = [f"{counts[state]} {words}" for state, words in _WORDS.items() if counts[state]]
    count = len(taken.observations)
    return f"{count} observation{'s' * (count != 1)}" + (f": {', '.join(parts)}" if parts else "")
