"""`credserv programme`: the requirements of accreditations, in versions that never change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from credserv.accreditation.programme import Requirement
from credserv.accreditation.words import asked_words
from credserv.ground.errors import InputError
from credserv.journeys.accredit.programmes import (
    all_programmes,
    load_programme,
    programme_version,
    retire_programme,
)
from credserv.journeys.accredit.versions import sign_again
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    read_json_file,
    show_json,
    show_table,
    utc_now,
)

_ACTOR = "cli"


@click.group()
def programme() -> None:
    """Programmes of accreditation (docs/programmes.md)."""


@programme.command("add")
@file_argument
@click.option("--owner", help="Person accountable for it, if FILE does not name one.")
@changing_organisation
def add(installation: Installation, path: Path, owner: str | None) -> None:
    """Load the programme in FILE; existing applications keep their version."""
    loaded, is_new = load_programme(
        installation.services, read_json_file(path), owner=owner, actor=_ACTOR, now=utc_now()
    )
    again = "" if is_new else " already"
    click.echo(f"{loaded.record.key} has version {loaded.record.version}{again}")
    for why in filter(None, [loaded.programme.why_closed(utc_now().date())]):
        click.echo(f"Nobody can apply under it yet: {why}")


@programme.command("list")
@in_organisation
def list_(installation: Installation) -> None:
    """List the newest version of each programme."""
    rows: list[tuple[str, ...]] = [("KEY", "VERSION", "LEVEL", "OWNER", "NAME")]
    for one in all_programmes(installation.services):
        record, read = one.record, one.programme
        after = f" (after {read.body}; not its award)" if read.body else ""
        rows.append((record.key, str(record.version), str(read.level), record.owner, f"{read.name}{after}"))
    show_table(rows)


@programme.command("show")
@click.argument("key")
@click.option("--version", "number", type=int, help="An earlier version.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="Print the programme as it was loaded.")
@in_organisation
def show(installation: Installation, key: str, number: int | None, as_json: bool) -> None:
    """Describe what programme KEY requires to get and keep an accreditation."""
    loaded = programme_version(installation.services, key, number)
    if as_json:
        show_json(loaded.record.document)
        return
    read = loaded.programme
    click.echo(f"{read.name} ({key}, version {loaded.record.version}), by {loaded.record.owner}")
    for note in read.notes:
        click.echo(note)
    _tell("To get it:", read.grant)
    _tell("To keep it:", read.renewal)
    if read.term is not None:
        click.echo(
            f"It holds for {read.term.months} months, is due {read.term.notice_days} days before its end and "
            f"in grace for {read.term.grace_days} days after."
        )


@programme.command("sign-again")
@click.argument("verification_method")
@changing_organisation
def sign_again_with_current(installation: Installation, verification_method: str) -> int:
    """Sign each accreditation in force whose badge VERIFICATION_METHOD signed with the current key.

    The badge keeps its id, its term and its page. Exits with 1 if some were left.
    """
    signed, left = sign_again(installation.services, verification_method, utc_now())
    click.echo(f"Signed again: {signed}. Left, since they are not in force or wait for the worker: {left}.")
    return 1 if left else 0


@programme.command("retire")
@click.argument("key")
@click.option("--version", "number", type=int, required=True)
@click.option("--on", "day", required=True, help="First day, for example 2027-03-01; `never` undoes it.")
@changing_organisation
def retire(installation: Installation, key: str, number: int, day: str) -> None:
    """Accept no more applications under a version of KEY. Decisions under it stay."""
    retire_programme(installation.services, key, number, _day(day), actor=_ACTOR, now=utc_now())
    click.echo(f"{key}, version {number}: closed to applications from {day}")


def _day(text: str) -> date | None:
    try:
        return None if text == "never" else date.fromisoformat(text)
    except ValueError as error:
        raise InputError("--on takes a day, for example 2027-03-01, or `never`") from error


def _tell(title: str, requirements: tuple[Requirement, ...]) -> None:
    click.echo(title)
    for one in requirements or ():
        click.echo(f"  - {asked_words(one)}")
    if not requirements:
        click.echo("  - nothing is required")
