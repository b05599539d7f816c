"""`credserv organisation export` and `import`: move one to another installation."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.app.moving import Arrival, export_organisation, require_arrival, take_in
from credserv.app.opening import Installation as Opened
from credserv.ground.errors import InputError
from credserv.processes.commands.context import Installation, in_installation, read_file, utc_now

ACTOR = "cli"
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File whose first line is the passphrase.  [default: prompt]",
)


@click.command("export")
@click.argument("slug")
@click.option(
    "--to", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A new file."
)
@click.option(
    "--close",
    is_flag=True,
    help="First mark it as moved, so that this installation signs nothing more for it.",
)
@passphrase_option
@in_installation
def export_command(
    installation: Installation, slug: str, path: Path, close: bool, passphrase_file: Path | None
) -> None:
    """Write one organisation to a FILE for `credserv organisation import` elsewhere.

    Included are its private keys, status lists, credentials, events, audit trail, achievements, sources, API
    keys (as hashes), trusted issuers, members and roles. People's proved identifiers, links and sessions are
    not; they sign in again. The file is sealed with a passphrase of at least 12 characters, and of mode 0600.
    """
    passphrase = read_passphrase(passphrase_file, confirm=True)
    own = Opened(installation.data_dir, slug)
    try:
        head = export_organisation(
            own.settings, own.store, path, passphrase, close=close, actor=ACTOR, now=utc_now(), say=_tell
        )
    finally:
        own.close()
    click.echo(f"Written: {head.name} ({head.organisation}), {head.did}, to {path}")
    click.echo("This installation still shows it as it stands, but signs nothing more for it.")
    click.echo("Next: run `credserv organisation import` there, once. Then point its address there.")
    click.echo(f"Delete {path} afterwards: it contains the private keys.")


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "slug", help="Short name here.  [default: unchanged]")
@click.option("--new-address", is_flag=True, help="Import it even though its public address changes.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@passphrase_option
@in_installation
def import_command(
    installation: Installation,
    path: Path,
    slug: str | None,
    new_address: bool,
    yes: bool,
    passphrase_file: Path | None,
) -> None:
    """Import an organisation written by `credserv organisation export`, all or nothing.

    Its public address stays the same: under this installation's, or one of its own. If neither is possible,
    the command says what would no longer verify, and refuses without --new-address.
    """
    passphrase = read_passphrase(passphrase_file, confirm=False)
    arrival = require_arrival(
        installation.settings,
        installation.store,
        path,
        passphrase,
        slug=slug,
        new_address=new_address,
        say=_tell,
    )
    _describe(arrival)
    if not yes:
        click.confirm("It will sign here from then on. Is this the organisation that you expect?", abort=True)
    taken = take_in(installation.settings, installation.store, arrival, actor=ACTOR, now=utc_now())
    click.echo(f"Organisation {taken.id} is here: {taken.name}, with {arrival.badges} badges.")
    click.echo(f"It signs here from now on. Point {arrival.public_url} here, and delete {path}.")


def _describe(arrival: Arrival) -> None:
    head = arrival.head
    click.echo(f"{head.name} ({head.organisation}), exported {head.exported_at} at {head.public_url}")
    click.echo(f"DID {head.did}")
    click.echo(f"Here: {arrival.slug}, at {arrival.public_url}, with {arrival.badges} badges")
    if head.trail_fault:
        click.echo(f"Its audit trail was already broken where it comes from: {head.trail_fault}")
    if arrival.loses:
        click.echo(arrival.loses)


def read_passphrase(path: Path | None, *, confirm: bool) -> str:
    """Return the passphrase of a sealed file, from another file's first line or a prompt.

    Raises InputError.
    """
    if path is None:
        asked: str = click.prompt("Passphrase of the file", hide_input=True, confirmation_prompt=confirm)
        return asked
    try:
        return read_file(path).decode().split("\n", 1)[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file") from error


def _tell(line: str) -> None:
    click.echo(line, err=True)
