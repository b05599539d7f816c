"""`credserv source take`: what a system exports as files, taken in as if it had been sent."""

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
    ObservationState.QUEUED: "dated oddly, and waiting for an administrator",
    ObservationState.CONFLICT: "in conflict with what was said before",
    ObservationState.RECEIVED: "to be judged by the worker",
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
    """Take the messages in FILE in, as if the source NAME had sent them. Safe to repeat: a file that comes
    each night with the whole history says nothing new but what is new in it.

    Exit code: 1 when a file cannot be read; it is kept for an administrator, and the others are taken.
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
        return "it cannot be read, and is kept for an administrator"
    counts = Counter(one.state for one in taken.observations)
    parts = [f"{counts[state]} {words}" for state, words in _WORDS.items() if counts[state]]
    count = len(taken.observations)
    return f"{count} observation{'s' * (count != 1)}" + (f": {', '.join(parts)}" if parts else "")
