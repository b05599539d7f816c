"""`credserv simulate`: play a log of events on a service of its own, and show the outcome."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from credserv.processes.commands.context import Instant, read_json_file
from credserv.processes.playing.log import read_log
from credserv.processes.playing.simulation import Simulated, simulate_log
from credserv.processes.running import tell

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("simulate")
@click.option("--log", "log", type=_FILE, required=True, help="The events, one JSON object on each line.")
@click.option("--programme", "programme", type=_FILE, required=True, help="The programme's rules, as JSON.")
@click.option(
    "--report", "report", type=_FILE, required=True, help="Write the figures to this file, as JSON."
)
@click.option(
    "--cut", type=Instant(), help="Play up to this instant and report on it.  [default: the last event]"
)
@click.option(
    "--at",
    "instants",
    type=Instant(),
    multiple=True,
    help="Report the states at this instant. May be repeated.",
)
@click.option("--database-url", help="An empty database to play in; it is kept.  [default: a temporary one]")
def simulate(
    log: Path,
    programme: Path,
    report: Path,
    cut: datetime | None,
    instants: tuple[datetime, ...],
    database_url: str | None,
) -> int:
    """Play a log of events through the API of a temporary service, and write its figures.

    The clock of that service follows the events' times; a running service's clock cannot be moved. What the
    rules forbid is refused and counted. Needs no installation.

    Exit codes: 0 every invariant holds, 1 one does not, or the log or programme cannot be used.
    """
    events, rules = read_log(log), read_json_file(programme)
    cut = cut or events[-1].at
    done = simulate_log(events, rules, cut=cut, instants=instants, database_url=database_url, tell=tell)
    report.write_text(json.dumps(done.report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _tell(done)
    return 1 if done.broken else 0


def _tell(done: Simulated) -> None:
    for kind, codes in sorted(done.refused.items()):
        told = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        tell(f"refused: {kind}: {told}")
    for name, faults in done.invariants.items():
        tell(f"{'holds' if not faults else 'BROKEN'}: {name}")
        for fault in faults[:20]:
            tell(f"  {fault}")
