"""`credserv backup`, `restore` and `upgrade`: a copy of everything, and how to restore it."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.app.backup import BackupFile, write_backup
from credserv.app.backup import upgrade as upgrade_tables
from credserv.app.last_backup import note_backup
from credserv.app.restoring import Since, restore, try_restoring
from credserv.ground.errors import InputError
from credserv.journeys.operate.samples import Sample
from credserv.processes.commands.context import Installation, in_installation, read_file, utc_now
from credserv.processes.commands.moving import passphrase_option, read_passphrase

_SAMPLES = 100
_file = click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
_samples = click.option(
    "--samples",
    type=click.IntRange(0, 100_000),
    default=_SAMPLES,
    show_default=True,
    help="How many badges of each organisation to verify.",
)


@click.command()
@_file
@click.option("--check", "only_check", is_flag=True, help="Write nothing; check an existing FILE.")
@click.option("--no-check", is_flag=True, help="Do not test the new file by restoring it.")
@_samples
@passphrase_option
@in_installation
def backup(
    installation: Installation,
    path: Path,
    only_check: bool,
    no_check: bool,
    samples: int,
    passphrase_file: Path | None,
) -> int:
    """Copy the whole installation into a new FILE while it runs.

    The copy has the database of either kind, keys, secrets, settings, pinned contexts and trust anchors. It
    is sealed with a passphrase of at least 12 characters, mode 0600. The command then restores it into a
    temporary folder and verifies some badges there. It exits with 1 if one of them has changed.

    Keep the status journal (CREDSERV_STATUS_JOURNAL) on another disk: it records what is revoked from now on.
    """
    if only_check and no_check:
        raise InputError("--check and --no-check exclude each other")
    passphrase = read_passphrase(passphrase_file, confirm=not only_check)
    if not only_check:
        _write(installation, path, passphrase)
    code = 0 if no_check else _try(path, passphrase, samples)
    if code == 0 and not only_check:
        _note(installation)
    return code


@click.command("restore")
@_file
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder that is empty or does not exist.",
)
@click.option("--database-url", help="An empty database.  [default: SQLite in that folder]")
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The newest status journal left of the installation; what it lists as revoked stays revoked.",
)
@click.option(
    "--without-journal",
    is_flag=True,
    help="There is no journal. Badges revoked since the backup become valid again, except those in "
    "--revoked.",
)
@click.option(
    "--revoked",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A text file of badges revoked since the backup, one id or address on each line.",
)
@_samples
@passphrase_option
def restore_command(
    path: Path,
    folder: Path,
    database_url: str | None,
    journal: Path | None,
    without_journal: bool,
    revoked: Path | None,
    samples: int,
    passphrase_file: Path | None,
) -> int:
    """Restore an installation from a FILE written by `credserv backup` into an empty place.

    Nothing revoked since becomes valid again if --journal names the newest status journal. All badges keep
    their addresses, and no place in a status list is assigned twice. A copy from an older release is migrated
    to this one. The database may be of the other kind, which lets you change from SQLite to PostgreSQL.
    """
    if (journal is None) is not without_journal:
        raise InputError(
            "say what was revoked since the backup: give --journal FILE with the newest status journal, or "
            "--without-journal if there is none"
        )
    if revoked is not None and journal is not None:
        raise InputError("use --revoked only together with --without-journal")
    since = Since(journal, () if revoked is None else _ids(revoked))
    file = BackupFile(path, read_passphrase(passphrase_file, confirm=False))
    done = restore(
        file,
        folder.absolute(),
        since,
        database_url=database_url,
        samples=samples,
        actor="cli",
        now=utc_now(),
    )
    click.echo(f"Restored {done.head.public_url} as of {done.head.made_at}: {done.rows} rows, in {folder}")
    if journal is not None:
        click.echo(
            f"From the journal: {done.changed} badges changed since; {done.kept} status bits of later "
            "badges kept"
        )
    else:
        click.echo(
            f"{done.changed} badges revoked. All other badges revoked since the backup are valid again."
        )
        click.echo("Badges issued since the backup are missing: issue them again, under new ids.")
    code = _tell(done.sample)
    click.echo(f"Next: `credserv doctor --data {folder}`, then `credserv serve --data {folder}`")
    return code


@click.command()
@click.option(
    "--backup",
    "path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file for the backup, in case you need to go back.",
)
@passphrase_option
@in_installation
def upgrade(installation: Installation, path: Path, passphrase_file: Path | None) -> None:
    """Copy everything, then migrate the database to this release. Stop the service first.

    To go back, install the previous release, and restore the copy with it into an empty place, with the
    current journal, so that nothing revoked meanwhile becomes valid again.
    """
    passphrase = read_passphrase(passphrase_file, confirm=True)
    done = upgrade_tables(installation.settings, lambda: _write(installation, path, passphrase))
    if done is None:
        click.echo("The database already matches this release; nothing to do.")
        return
    click.echo(f"Upgraded the database from {done[0]} to {done[1]}")


def _write(installation: Installation, path: Path, passphrase: str) -> None:
    made = write_backup(
        installation.settings, installation.environ, path, passphrase, now=utc_now(), say=_say
    )
    size = path.stat().st_size
    click.echo(f"Written: {path}, {made.rows} rows and {made.files} files, {size} bytes")


def _note(installation: Installation) -> None:
    """Record the copy. A failure to record it does not make the copy bad."""
    try:
        note_backup(installation.settings.data_dir, utc_now())
    except OSError as error:
        _say(f"The copy is made, but not noted for /metrics: {error}")


def _try(path: Path, passphrase: str, samples: int) -> int:
    rows, sample = try_restoring(BackupFile(path, passphrase), samples=samples, now=utc_now())
    click.echo(f"Test restore: {rows} rows")
    return _tell(sample)


def _tell(sample: Sample) -> int:
    click.echo(f"{sample.verified} badges verified, {len(sample.wrong)} changed")
    for line in sample.wrong:
        click.echo(line, err=True)
    return 1 if sample.wrong else 0


def _ids(path: Path) -> tuple[str, ...]:
    lines = read_file(path).decode().split()
    return tuple(line.rstrip("/").rpartition("/")[2] for line in lines)


def _say(line: str) -> None:
    click.echo(line, err=True)
