"""`credserv archive`: the archives that people take along from a wallet. Needs no installation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import ArchiveError, TooLargeError, UnavailableError
from credserv.ground.verification import Verdict
from credserv.journeys.check.reports.statement import minute
from credserv.journeys.transfer.archive_check import JudgedArchive, JudgedFile, judge_archive
from credserv.journeys.transfer.logged import IN_THE_LOG, NOT_CHECKED
from credserv.processes.commands.checking import Checking, checking_options
from credserv.processes.commands.context import Installation, in_organisation, show_json, utc_now
from credserv.processes.commands.verify import EXIT_NOT_CHECKED, EXIT_NOT_VERIFIED, EXIT_VERIFIED

_MAX_ARCHIVE_BYTES = 64 * 1_048_576
_EXIT_CODES = {
    Verdict.VERIFIED: EXIT_VERIFIED,
    Verdict.ISSUER_UNKNOWN: EXIT_VERIFIED,
    Verdict.NOT_VERIFIED: EXIT_NOT_VERIFIED,
    Verdict.NOT_CHECKED: EXIT_NOT_CHECKED,
}


@click.group()
def archive() -> None:
    """The archives that people take along from a wallet."""


@archive.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@checking_options
@in_organisation
def check(installation: Installation, /, file: Path, as_json: bool, **options: Any) -> int:
    """Check an archive offline: whether it was altered, and the state of each credential in it.

    No host is contacted, so the best verdict is "good as of" the day of the archive. Pass --did-document for
    an issuer whose keys are only at its web address.

    Exit codes: 0 all were good as of that day, 1 the archive was altered or one was not good, 2 one could not
    be checked, 3 wrong usage.
    """
    how = Checking(**options)
    now, given = how.instant or utc_now(), how.given()
    if given.key is not None:
        raise click.BadParameter(
            "the archive has several issuers: give each one's --did-document", param_hint="--key"
        )
    try:
        data = _read(file)
        with how.services(installation) as services:
            judged = judge_archive(services, data, now, knowing=lambda known: given.resolve_with(known, b""))
    except (ArchiveError, TooLargeError) as error:
        _refuse(file, error.detail, as_json=as_json)
        return EXIT_NOT_VERIFIED
    except UnavailableError as error:
        _refuse(file, error.detail, as_json=as_json)
        return EXIT_NOT_CHECKED
    if as_json:
        show_json(judged.as_json())
    else:
        _tell(file, judged)
    codes = {_EXIT_CODES[one.verdict] for one in judged.files}
    order = (EXIT_NOT_VERIFIED, EXIT_NOT_CHECKED)
    return next((code for code in order if code in codes), EXIT_VERIFIED)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MAX_ARCHIVE_BYTES:
            raise TooLargeError(f"the archive is larger than {_MAX_ARCHIVE_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error.strerror}") from error


def _refuse(file: Path, detail: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"archive": {"fault": detail}, "credentials": []}, indent=2))
    click.echo(f"credserv: {file}: {detail}", err=True)


def _tell(file: Path, judged: JudgedArchive) -> None:
    signed = "its signature holds" if judged.signed else "it is not known whether the signature is theirs"
    click.echo(f"{file}: unaltered, made {minute(judged.made_at)} by {judged.made_by}; {signed}")
    for one in judged.files:
        click.echo(f"{one.file}: {_named(one)}{one.report['sentence']}{_log_words(one)}")


def _log_words(one: JudgedFile) -> str:
    if one.log is None:
        return ""
    if one.log["state"] == IN_THE_LOG:
        return f" Its signature is in its issuer's log since {minute(parse_instant(one.log['signed_at']))}."
    word = "could not be checked" if one.log["state"] == NOT_CHECKED else "DOES NOT HOLD"
    return f" The proof that its signature is in its issuer's log {word}: {one.log['detail']}."


def _named(one: JudgedFile) -> str:
    return f"{one.name}: " if one.name else ""
