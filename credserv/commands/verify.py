"""`credserv verify`: check a credential from the shell. Needs no installation of one's own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from credserv.app import build_services
from credserv.commands.context import MAX_FILE_BYTES, Installation, in_installation, read_file, utc_now
from credserv.config import Settings
from credserv.encoding import parse_instant
from credserv.errors import InputError, UnavailableError
from credserv.fetch import FileFetcher
from credserv.installation import compose_environment, create_secrets, prepare
from credserv.journeys.check import check
from credserv.journeys.report import build_report, build_unread_report
from credserv.journeys.services import Services
from credserv.verification import Verdict

EXIT_VERIFIED = 0
EXIT_NOT_VERIFIED = 1
EXIT_NOT_CHECKED = 2
_NOBODYS_ADDRESS = "http://nobody.localhost"  # of an empty installation: no badge names it
_MARKS = {"passed": "passed", "failed": "FAILED", "unknown": "unknown", "skipped": "-"}
_EXIT_CODES = {
    Verdict.VERIFIED: EXIT_VERIFIED,
    Verdict.ISSUER_UNKNOWN: EXIT_VERIFIED,
    Verdict.NOT_VERIFIED: EXIT_NOT_VERIFIED,
    Verdict.NOT_CHECKED: EXIT_NOT_CHECKED,
}


@dataclass(frozen=True)
class _Answer:
    """What is said of one input. detail: why there is no result, where it could not even be read."""

    what: str
    report: dict[str, Any]
    detail: str = ""

    @property
    def code(self) -> int:
        return _EXIT_CODES[self.report["verdict"]]


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_instant(str(value))
        except InputError as error:
            self.fail(f"{error.detail}; write 2026-11-21T09:00:00Z", param, ctx)


@click.command()
@click.argument("what", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.option("--at", "instant", type=_Instant(), help="Judge dates as of this instant.  [default: now]")
@click.option(
    "--hosts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Answer fetches from the files that DIR/hosts.json maps URLs to, and from nothing else.",
)
@in_installation
def verify(
    installation: Installation,
    what: tuple[str, ...],
    as_json: bool,
    instant: datetime | None,
    hosts: Path | None,
) -> int:
    """Verify credentials: JSON, JWT, PNG or SVG files, https URLs, or - for standard input.

    Exit codes: 0 verified, 1 not verified, 2 could not be checked, 3 wrong use; of several, 1 comes
    before 2 and 2 before 0.
    """
    now = instant or utc_now()
    with _services(installation, hosts) as services:
        answers = [_check(services, name, now) for name in what]
    for answer in answers:
        if answer.detail:
            click.echo(f"credserv: {answer.detail}", err=True)
    if as_json:
        reports = [{"input": answer.what, **answer.report} for answer in answers]
        shown = reports if len(reports) > 1 else reports[0]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        for answer in answers:
            if not answer.detail:
                click.echo((f"{answer.what}: " if len(answers) > 1 else "") + _as_text(answer.report))
    codes = {answer.code for answer in answers}
    return next(code for code in (EXIT_NOT_VERIFIED, EXIT_NOT_CHECKED, EXIT_VERIFIED) if code in codes)


def _check(services: Services, what: str, now: datetime) -> _Answer:
    try:
        data, url = _read(what)
        checked = check(services, data=data, url=url, now=now)
    except (InputError, UnavailableError) as error:
        return _Answer(what, build_unread_report(error, now=now), error.detail)
    return _Answer(what, build_report(checked, now=now))


def _read(what: str) -> tuple[bytes | None, str | None]:
    """The bytes, or the URL. Raises UnavailableError when there is nothing to read: nothing was checked."""
    if what.startswith(("https://", "http://")):
        return None, what
    if what == "-":
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1), None
    try:
        return read_file(Path(what)), None
    except InputError as error:
        raise UnavailableError(error.detail) from error


@contextmanager
def _services(installation: Installation, hosts: Path | None) -> Iterator[Services]:
    """Those of the installation, where there is one; else of an empty one that is gone afterwards."""
    fetcher = None if hosts is None else FileFetcher(hosts)
    if "CREDSERV_SECRET_KEY" in installation.environ or "CREDSERV_SECRET_KEY_FILE" in installation.environ:
        if fetcher is None:
            yield installation.services
            return
        with closing(build_services(installation.settings, fetcher=fetcher)) as services:
            yield services
        return
    with tempfile.TemporaryDirectory(prefix="credserv-") as folder:
        bare = {"CREDSERV_PUBLIC_URL": _NOBODYS_ADDRESS}
        environ = compose_environment(bare, Path(folder))
        create_secrets(environ)
        settings = Settings.from_env(compose_environment(environ))
        prepare(settings, now=utc_now())[0].close()
        with closing(build_services(settings, fetcher=fetcher)) as services:
            yield services


_SPOKEN = {
    Verdict.VERIFIED: "Verified",
    Verdict.ISSUER_UNKNOWN: "Verified, issuer unknown",
    Verdict.NOT_VERIFIED: "Not verified",
    Verdict.NOT_CHECKED: "Could not be checked",
}


def _as_text(report: Mapping[str, Any], indent: str = "") -> str:
    checks = (*report["checks"], *report["policy"])
    width = max(len(item["name"]) for item in checks)
    lines = [
        f"{indent}  {_MARKS[item['outcome']]:8} {item['name']:{width}}  {item['reason']}" for item in checks
    ]
    within = [_as_text(item, indent + "    ") for item in report["within"]]
    first = f"{indent}{_SPOKEN[report['verdict']]}: {report['sentence']}"
    return "\n".join([first, *lines, *within])
