"""`credserv source`: the systems that send events."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from credserv.ground.errors import InputError
from credserv.journeys.award.pulling import pull
from credserv.journeys.connect import sources as connect
from credserv.journeys.connect.pulls import find_pull, set_token
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    read_file,
    read_json_file,
    show_table,
    utc_now,
)
from credserv.processes.commands.source_replay import replay_messages
from credserv.processes.commands.source_take import take_files
from credserv.processes.commands.source_try import try_messages
from credserv.sources.adapters import ADAPTERS

_ACTOR = "cli"
_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def source() -> None:
    """Systems that send events to /hooks/NAME, each with its secrets and its mapping to achievements."""


source.add_command(try_messages)
source.add_command(take_files)
source.add_command(replay_messages)


@source.command("create")
@click.argument("name")
@click.option("--dialect", type=click.Choice(sorted(ADAPTERS)), default="generic", show_default=True)
@click.option(
    "--mapping",
    "mapping_path",
    type=_file,
    help="JSON file with the rules (docs/lms.md).  [default: none; the achievements' own rules decide]",
)
@click.option(
    "--options",
    "options_path",
    type=_file,
    help="JSON file with authentication, namespace and fields (docs/lms.md).",
)
@changing_organisation
def create(
    installation: Installation,
    name: str,
    dialect: str,
    mapping_path: Path | None,
    options_path: Path | None,
) -> None:
    """Create the source NAME; prints its address and its secret."""
    record, secret = connect.connect(
        installation.services,
        name=name,
        dialect=dialect,
        mapping=None if mapping_path is None else read_json_file(mapping_path),
        options=None if options_path is None else read_json_file(options_path),
        actor=_ACTOR,
        now=utc_now(),
    )
    click.echo(f"Address {connect.address_of(installation.services, record, secret)}")
    click.echo(f"Secret  {secret}")


@source.command("list")
@in_organisation
def list_sources(installation: Installation) -> None:
    """Show every source."""
    rows: list[tuple[str, ...]] = [("NAME", "DIALECT", "STATE", "SECRETS", "RULES")]
    for record in connect.all_sources(installation.services):
        state = "enabled" if record.enabled else "disabled"
        rules = str(len(record.mapping["rules"]))
        rows.append((record.name, record.dialect, state, str(len(record.secrets)), rules))
    show_table(rows)


@source.command("map")
@click.argument("name")
@file_argument
@changing_organisation
def set_mapping(installation: Installation, name: str, path: Path) -> None:
    """Replace the mapping of the source NAME by the rules in FILE."""
    mapping = read_json_file(path)
    connect.change_mapping(installation.services, name, mapping, actor=_ACTOR, now=utc_now())
    click.echo(f"{name} has {len(mapping['rules'])} rules now")


@source.command("fetch")
@click.argument("name")
@in_organisation
def fetch(installation: Installation, name: str) -> int:
    """Fetch now what the options of the source NAME describe: lost messages, a file, or the members and
    results of LTI courses.

    Exits with 1 when something could not be fetched; the worker retries it.
    """
    services = installation.services
    connect.source(services, name)
    record = find_pull(services, name)
    if record is None:
        raise InputError("this source is not set to be polled: turn that on in its options (docs/lms.md)")
    asked = pull(services, record, now=utc_now())
    if asked is None:
        raise InputError("it is being polled at this moment")
    click.echo(f"{asked.asked} asked: {asked.found} found, {asked.new} of them new")
    for sentence in asked.failed:
        click.echo(sentence, err=True)
    return 1 if asked.failed else 0


@source.command("token")
@click.argument("name")
@file_argument
@in_organisation
def token(installation: Installation, name: str, path: Path) -> None:
    """Use the token in FILE (for example `/dev/stdin`) to fetch from the system of the source NAME."""
    set_token(installation.services, name, read_file(path).decode(), actor=_ACTOR, now=utc_now())
    click.echo(f"{name} is polled with this token from now on")


@source.command("options")
@click.argument("name")
@file_argument
@changing_organisation
def set_options(installation: Installation, name: str, path: Path) -> None:
    """Replace the options of the source NAME by those in FILE."""
    connect.change_options(installation.services, name, read_json_file(path), actor=_ACTOR, now=utc_now())
    click.echo(f"{name} has new options")


@source.command("pause")
@click.argument("name")
@in_organisation
def pause(installation: Installation, name: str) -> None:
    """Refuse events of the source NAME until `source resume`; its silence raises no alarm meanwhile."""
    connect.set_enabled(installation.services, name, False, actor=_ACTOR, now=utc_now())
    click.echo(f"{name} is paused")


@source.command("resume")
@click.argument("name")
@in_organisation
def resume(installation: Installation, name: str) -> None:
    """Accept events of the source NAME again."""
    connect.set_enabled(installation.services, name, True, actor=_ACTOR, now=utc_now())
    click.echo(f"{name} accepts events")


def _days(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)


@source.command("rotate")
@click.argument("name")
@click.option(
    "--finish", is_flag=True, help="Delete all secrets except the newest, once the sender signs with it."
)
@click.option(
    "--overlap",
    type=click.IntRange(min=1, max=3_650),
    metavar="DAYS",
    help="How long to accept the old secrets.  [default: until --finish]",
)
@click.option(
    "--lasts",
    type=click.IntRange(min=1, max=3_650),
    metavar="DAYS",
    help="How long to accept the new secret.  [default: no end]",
)
@changing_organisation
def rotate(
    installation: Installation, name: str, finish: bool, overlap: int | None, lasts: int | None
) -> None:
    """Add a new secret to the source NAME; the old ones are accepted until --finish, or for --overlap."""
    if finish:
        connect.end_older_secrets(installation.services, name, actor=_ACTOR, now=utc_now())
        click.echo(f"{name} accepts only its newest secret")
        return
    secret = connect.add_secret(
        installation.services, name, overlap=_days(overlap), lasts=_days(lasts), actor=_ACTOR, now=utc_now()
    )
    click.echo(f"Secret  {secret}")
