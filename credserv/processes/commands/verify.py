"""`credserv verify`: check credentials from the shell. Needs no installation of one's own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from credserv.app.installation import prepare_for_now
from credserv.app.remembered import compose_environment, create_secrets
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.fetch.guarded import FileFetcher
from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Verdict
from credserv.journeys.check.check import Kind, Question
from credserv.journeys.check.many import Submitted, report_on
from credserv.journeys.check.told.report_csv import build_csv
from credserv.journeys.check.told.statement import LABELS
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import require_organisation
from credserv.processes.commands.context import (
    MAX_FILE_BYTES,
    Installation,
    in_organisation,
    read_file,
    utc_now,
)
from credserv.processes.commands.given_keys import GivenKeys, read_given
from credserv.trust.trust_list import TrustedFile, parse_trusted_issuers

EXIT_VERIFIED = 0
EXIT_NOT_VERIFIED = 1
EXIT_NOT_CHECKED = 2
_NOBODYS_ADDRESS = "http://nobody.localhost"  # of an empty installation: no badge names it
_READING = ("CREDSERV_STATUS_LISTS_BY_ANYONE",)  # settings that count without an installation, too
_MARKS = {"passed": "passed", "failed": "FAILED", "unknown": "unknown", "skipped": "-"}
_QUIET_UP_TO = 5  # inputs, for which a person needs no counter
_EXIT_CODES = {
    Verdict.VERIFIED: EXIT_VERIFIED,
    Verdict.ISSUER_UNKNOWN: EXIT_VERIFIED,
    Verdict.NOT_VERIFIED: EXIT_NOT_VERIFIED,
    Verdict.NOT_CHECKED: EXIT_NOT_CHECKED,
}


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_instant(str(value))
        except InputError as error:
            self.fail(f"{error.detail}; write 2026-11-21T09:00:00Z", param, ctx)


@click.command()
@click.argument("what", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--json", "form", flag_value="json", help="Print the reports as JSON, of several as a list.")
@click.option("--csv", "form", flag_value="csv", help="Print a table, a line for each.")
@click.option("--recipient", help="Ask whether it is about this person: an e-mail address or a DID.")
@click.option("--challenge", help="What the holder of a presentation was asked to sign for.")
@click.option("--domain", help="To whom the holder of a presentation was asked to show it.")
@click.option("--for", "verifier", default="", metavar="SLUG", help="Whose lists of trusted issuers count.")
@click.option(
    "--trust",
    "trusted",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Trust the issuers in this file besides: JSON, CSV or a DCC registry. May be repeated.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the public key in this file (PEM or JWK) for that of an issuer that nobody can look up.",
)
@click.option(
    "--did-document",
    "documents",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Take the DID document in this file for its issuer's. May be repeated.",
)
@click.option("--at", "instant", type=_Instant(), help="Judge dates as of this instant.  [default: now]")
@click.option(
    "--hosts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Answer fetches from the files that DIR/hosts.json maps URLs to, and from nothing else.",
)
@in_organisation
def verify(
    installation: Installation,
    what: tuple[str, ...],
    form: str | None,
    recipient: str | None,
    challenge: str | None,
    domain: str | None,
    verifier: str,
    trusted: tuple[Path, ...],
    key: Path | None,
    documents: tuple[Path, ...],
    instant: datetime | None,
    hosts: Path | None,
) -> int:
    """Verify credentials: files (JSON, a token, a badge picture, a photo of a QR code, a PDF), https URLs,
    or - for standard input.

    Only the files that are named are read: of a folder, name those in it (folder/*). One that cannot be
    read or reached is told, and costs the others nothing. A check that FAILED decides; one that failed, in
    small letters, is told and decides nothing.

    Exit codes: 0 verified, with the issuer known or not, 1 not verified, 2 could not be checked, 3 wrong
    use; of several, 1 comes before 2 and 2 before 0.
    """
    question = Question(recipient, challenge, domain, verifier)
    now, given = instant or utc_now(), read_given(key, documents)
    reports = []
    with _services(installation, hosts) as opened:
        services = replace(opened, trusted_files=tuple(_trusted_file(path) for path in trusted))
        _require_verifier(services, verifier)
        for name in _with_progress(what, beside_text=form is None):
            submitted = _submitted(name, question)
            report = report_on(_knowing(services, given, submitted), submitted, now=now)
            reports.append(report)
            _tell(report, form, alone=len(what) == 1)
    if form == "json":
        click.echo(json.dumps(_unnamed(reports), indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(build_csv(reports), nl=False)
    counts = Counter(Verdict(report["verdict"]) for report in reports)
    if len(reports) > 1:
        click.echo(_summary(counts), err=True)
    codes = {_EXIT_CODES[verdict] for verdict in counts}
    return next(code for code in (EXIT_NOT_VERIFIED, EXIT_NOT_CHECKED, EXIT_VERIFIED) if code in codes)


# --- what is given --------------------------------------------------------------------------------


def _trusted_file(path: Path) -> TrustedFile:
    """The list is told by its file's name."""
    try:
        issuers = parse_trusted_issuers(read_file(path)).issuers
    except InputError as error:
        faults = "".join(f"; {fault.place} {fault.message}" for fault in error.faults[:3])
        raise click.BadParameter(f"{path}: {error.detail}{faults}", param_hint="--trust") from error
    return TrustedFile(path.name, {one.issuer: one for one in issuers})


def _knowing(services: Services, given: GivenKeys, submitted: Submitted) -> Services:
    resolve_did = given.resolve_with(services.resolvers.resolve_did, submitted.data or b"")
    return replace(services, resolvers=replace(services.resolvers, resolve_did=resolve_did))


def _require_verifier(services: Services, organisation: str) -> None:
    try:
        require_organisation(services, organisation)
    except InputError as error:
        raise click.BadParameter(error.detail, param_hint="--for") from error


def _submitted(what: str, question: Question) -> Submitted:
    """The bytes, or the URL; what cannot be read at all is UnavailableError, for nothing was checked."""
    if what.startswith(("https://", "http://")):
        return Submitted(what, url=what, question=question)
    try:
        if what == "-":
            return Submitted(what, data=sys.stdin.buffer.read(MAX_FILE_BYTES + 1), question=question)
        if Path(what).is_dir():
            raise UnavailableError("it is a folder: name the files in it")
        return Submitted(what, data=read_file(Path(what)), question=question)
    except (InputError, UnavailableError) as error:
        return Submitted(what, fault=UnavailableError(error.detail.removeprefix(f"{what}: ")))
    except (OSError, ValueError) as error:  # a closed standard input, a name that no file can have
        return Submitted(what, fault=UnavailableError(str(error)))


@contextmanager
def _services(installation: Installation, hosts: Path | None) -> Iterator[Services]:
    """Those of the installation, where there is one; else of an empty one that is gone afterwards."""
    fetcher = None if hosts is None else FileFetcher(hosts)
    if "CREDSERV_SECRET_KEY" in installation.environ or "CREDSERV_SECRET_KEY_FILE" in installation.environ:
        if fetcher is None:
            yield installation.services
            return
        with closing(build_services(installation.settings, fetcher=fetcher)) as services:
            yield services.at_name(installation.organisation)
        return
    with tempfile.TemporaryDirectory(prefix="credserv-") as folder:
        bare = {name: installation.environ[name] for name in _READING if name in installation.environ}
        bare["CREDSERV_PUBLIC_URL"] = _NOBODYS_ADDRESS
        environ = compose_environment(bare, Path(folder))
        create_secrets(environ)
        settings = Settings.from_env(compose_environment(environ))
        prepare_for_now(settings, now=utc_now())
        with closing(build_services(settings, fetcher=fetcher)) as services:
            yield services


# --- what is said ---------------------------------------------------------------------------------


def _with_progress(what: tuple[str, ...], *, beside_text: bool) -> Iterator[str]:
    """Each in turn; who waits for many, without seeing text appear, sees on standard error how far it is."""
    seen = beside_text and sys.stdout.isatty()
    if len(what) <= _QUIET_UP_TO or seen or not sys.stderr.isatty():
        yield from what
        return
    with click.progressbar(what, label="Verifying", file=sys.stderr, show_pos=True) as names:
        yield from names


def _tell(report: JsonObject, form: str | None, *, alone: bool) -> None:
    """Of one: its text; what could not even be read is for standard error, in every form."""
    if report["kind"] == Kind.UNREADABLE.value:
        way = f" (by way of {report['found_in']})" if report["found_in"] else ""
        click.echo(f"credserv: {report['input']}: {report['checks'][0]['reason']}{way}", err=True)
    elif form is None:
        click.echo(("" if alone else f"{report['input']}: ") + _as_text(report))


def _unnamed(reports: list[JsonObject]) -> JsonObject | list[JsonObject]:
    return reports if len(reports) > 1 else reports[0]


def _summary(counts: Mapping[Verdict, int]) -> str:
    found = [f"{count} {LABELS[verdict].lower()}" for verdict in Verdict if (count := counts.get(verdict))]
    return f"{sum(counts.values())} checked: {'; '.join(found)}"


def _mark(item: Mapping[str, Any]) -> str:
    mark = _MARKS[item["outcome"]]
    return mark if item["required"] else mark.lower()


def _as_text(report: Mapping[str, Any], indent: str = "") -> str:
    checks = (*report["checks"], *report["policy"])
    width = max(len(item["name"]) for item in checks)
    lines = [f"{indent}  {_mark(item):8} {item['name']:{width}}  {item['reason']}" for item in checks]
    within = [_as_text(item, indent + "    ") for item in report["within"]]
    first = f"{indent}{LABELS[report['verdict']]}: {report['sentence']}"
    way = [f"{indent}  found by way of {report['found_in']}"] if report.get("found_in") else []
    return "\n".join([first, *way, *lines, *within])
