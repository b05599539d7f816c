"""`credserv verify`: check a credential from the shell. Needs no installation of one's own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import click

from credserv.app import build_services
from credserv.commands.context import MAX_FILE_BYTES, Installation, in_installation, read_file, utc_now
from credserv.config import Settings
from credserv.encoding import parse_instant
from credserv.errors import InputError, UnavailableError
from credserv.fetch import FileFetcher
from credserv.installation import compose_environment, create_secrets, prepare
from credserv.journeys.check import check
from credserv.journeys.services import Services
from credserv.verification import Outcome, VerificationResult

EXIT_VERIFIED = 0
EXIT_NOT_VERIFIED = 1
EXIT_NOT_CHECKED = 2
_NOBODYS_ADDRESS = "http://nobody.localhost"  # of an empty installation: no badge names it
_MARKS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.UNKNOWN: "unknown",
    Outcome.SKIPPED: "-",
}


@dataclass(frozen=True)
class _Answer:
    """What is said of one credential. detail: why there is no result, where it could not even be read."""

    what: str
    code: int
    result: VerificationResult = field(default_factory=lambda: VerificationResult(()))
    detail: str = ""


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
    told = _as_json if as_json else _as_text
    for answer in answers:
        if answer.detail:
            click.echo(f"credserv: {answer.detail}", err=True)
    if as_json and len(answers) > 1:
        listed = [{"input": answer.what, **_members(answer.result, answer.code)} for answer in answers]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    else:
        for answer in answers:
            if as_json or not answer.detail:
                click.echo((f"{answer.what}: " if len(answers) > 1 else "") + told(answer))
    codes = {answer.code for answer in answers}
    return next(code for code in (EXIT_NOT_VERIFIED, EXIT_NOT_CHECKED, EXIT_VERIFIED) if code in codes)


def _check(services: Services, what: str, now: datetime) -> _Answer:
    try:
        data, url = _read(what)
        result = check(services, data=data, url=url, now=now).result
    except UnavailableError as error:
        return _Answer(what, EXIT_NOT_CHECKED, detail=error.detail)
    except InputError as error:
        return _Answer(what, EXIT_NOT_VERIFIED, detail=error.detail)
    if result.verified:
        return _Answer(what, EXIT_VERIFIED, result)
    return _Answer(what, EXIT_NOT_CHECKED if result.unknown else EXIT_NOT_VERIFIED, result)


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


_VERDICTS = {EXIT_VERIFIED: "verified", EXIT_NOT_CHECKED: "unknown", EXIT_NOT_VERIFIED: "not-verified"}
_SENTENCES = {
    EXIT_VERIFIED: "Verified: this credential is genuine and in force.",
    EXIT_NOT_CHECKED: "Not established: something could not be checked.",
    EXIT_NOT_VERIFIED: "Not verified.",
}


def _as_text(answer: _Answer) -> str:
    checks = (*answer.result.checks, *answer.result.policy)
    width = max((len(item.name) for item in checks), default=0)
    lines = [f"  {_MARKS[item.outcome]:8} {item.name:{width}}  {item.reason}" for item in checks]
    return "\n".join([_SENTENCES[answer.code], *lines])


def _as_json(answer: _Answer) -> str:
    """Also a verdict without checks, so that a reader always finds JSON."""
    return json.dumps(_members(answer.result, answer.code), indent=2, ensure_ascii=False)


def _members(result: VerificationResult, code: int) -> dict[str, object]:
    return {
        "verified": result.verified,
        "verdict": _VERDICTS[code],
        "checks": [asdict(item) for item in result.checks],
        "policy": [asdict(item) for item in result.policy],
    }
