"""`credserv hr`: preview and import exports of a personnel system."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from credserv.journeys.measure.personnel import (
    Found,
    Taken,
    look_at_personnel,
    take_personnel,
    words_of,
)
from credserv.outcomes.personnel_files import PersonnelSystem, read_personnel_file
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    parse_file,
    show_table,
    utc_now,
)

_ACTOR = "cli"
_SHOWN = 20


@click.group()
def hr() -> None:
    """Exports of a personnel system: the moves they contain (docs/administrator.md)."""


@hr.command("import")
@file_argument
@click.option(
    "--system",
    required=True,
    type=click.Choice([system.value for system in PersonnelSystem]),
    help="System that exported the file.",
)
@click.option("--dry-run", is_flag=True, help="Only show the changes in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@changing_organisation
def import_(installation: Installation, path: Path, system: str, dry_run: bool, as_json: bool) -> int:
    """Import FILE: each change of job, and what kind of move it is. Importing it again changes nothing.

    Exits with 1 when it has unknown employee numbers.
    """
    own, now = installation.services, utc_now()
    file = parse_file(path, partial(read_personnel_file, PersonnelSystem(system)))
    taken = look_at_personnel(own, file, now) if dry_run else take_personnel(own, file, actor=_ACTOR, now=now)
    if as_json:
        click.echo(json.dumps(tell_taken(taken), ensure_ascii=False))
    else:
        _show(taken, dry_run)
    return 1 if taken.unknown else 0


def tell_taken(taken: Taken) -> dict[str, object]:
    return {"changes": [_tell(one) for one in taken.found], "unknown": list(taken.unknown)}


def _tell(one: Found) -> dict[str, object]:
    return {
        "employee": one.employee,
        "effective": one.effective.date().isoformat(),
        "kind": None if one.kind is None else one.kind.value,
        "new": one.is_new,
        "seen": one.is_seen,
        "correction": one.correction,
    }


def _show(taken: Taken, dry_run: bool) -> None:
    if taken.new:
        rows: list[tuple[str, ...]] = [("employee", "from", "what")]
        rows += [
            (one.employee, one.effective.date().isoformat(), words_of(one)) for one in taken.new[:_SHOWN]
        ]
        show_table(rows)
    verb = "would be recorded" if dry_run else "recorded"
    click.echo(f"{len(taken.new)} change(s) {verb}, {len(taken.found) - len(taken.new)} already known.")
    if taken.unknown:
        named = ", ".join(taken.unknown[:_SHOWN])
        click.echo(
            f"No employee here has the number(s) {named}: first add these people, with their e-mail "
            "addresses."
        )
