"""`credserv verify`: check a credential from the shell. Needs no installation of one's own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from credserv.app import build_services
from credserv.commands.context import MAX_FILE_BYTES, Installation, in_installation, read_file, utc_now
from credserv.config import Settings
from credserv.errors import InputError, UnavailableError
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


@click.command()
@click.argument("what", metavar="FILE|URL")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@in_installation
def verify(installation: Installation, what: str, as_json: bool) -> int:
    """Verify a credential: a JSON, JWT, PNG or SVG file, an https URL, or - for standard input.

    Exit codes: 0 verified, 1 not verified, 2 could not be checked, 3 wrong use.
    """
    try:
        data, url = _read(what)
        with _services(installation, utc_now()) as services:
            result = check(services, data=data, url=url, now=utc_now()).result
    except UnavailableError as error:
        return _tell_unreadable(error.detail, EXIT_NOT_CHECKED, as_json=as_json)
    except InputError as error:
        return _tell_unreadable(error.detail, EXIT_NOT_VERIFIED, as_json=as_json)
    click.echo(_as_json(result) if as_json else _as_text(result))
    if result.verified:
        return EXIT_VERIFIED
    return EXIT_NOT_CHECKED if result.unknown else EXIT_NOT_VERIFIED


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
def _services(installation: Installation, now: datetime) -> Iterator[Services]:
    """Those of the installation, where there is one; else of an empty one that is gone afterwards."""
    if "CREDSERV_SECRET_KEY" in installation.environ or "CREDSERV_SECRET_KEY_FILE" in installation.environ:
        yield installation.services
        return
    with tempfile.TemporaryDirectory(prefix="credserv-") as folder:
        bare = {"CREDSERV_PUBLIC_URL": _NOBODYS_ADDRESS}
        environ = compose_environment(bare, Path(folder))
        create_secrets(environ)
        settings = Settings.from_env(compose_environment(environ))
        prepare(settings, now=now)
        yield build_services(settings)


def _verdict(result: VerificationResult) -> str:
    if result.verified:
        return "verified"
    return "unknown" if result.unknown else "not-verified"


def _as_text(result: VerificationResult) -> str:
    verdict = {
        "verified": "Verified: this credential is genuine and in force.",
        "unknown": "Not established: something could not be checked.",
        "not-verified": "Not verified.",
    }[_verdict(result)]
    checks = (*result.checks, *result.policy)
    width = max((len(item.name) for item in checks), default=0)
    lines = [f"  {_MARKS[item.outcome]:8} {item.name:{width}}  {item.reason}" for item in checks]
    return "\n".join([verdict, *lines])


def _as_json(result: VerificationResult) -> str:
    answer = {
        "verified": result.verified,
        "verdict": _verdict(result),
        "checks": [asdict(item) for item in result.checks],
        "policy": [asdict(item) for item in result.policy],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _tell_unreadable(detail: str, code: int, *, as_json: bool) -> int:
    """One line on stderr; with --json also a verdict without checks, so that a reader finds JSON always."""
    click.echo(f"credserv: {detail}", err=True)
    if as_json:
        verdict = "unknown" if code == EXIT_NOT_CHECKED else "not-verified"
        click.echo(json.dumps({"verified": False, "verdict": verdict, "checks": [], "policy": []}, indent=2))
    return code
