"""`credserv verify`: verify credentials from the shell. Needs no installation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import click

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Verdict
from credserv.journeys.check.reports.report_csv import build_csv
from credserv.journeys.check.reports.statement import LABELS
from credserv.processes.commands.checking import Checking, checking_options
from credserv.processes.commands.context import Installation, in_organisation, show_json, utc_now
from credserv.processes.running import uncollected

EXIT_VERIFIED = 0
EXIT_NOT_VERIFIED = 1
EXIT_NOT_CHECKED = 2
_MARKS = {"passed": "passed", "failed": "FAILED", "unknown": "unknown", "skipped": "-"}
_QUIET_UP_TO = 5  # inputs, for which nobody needs a counter
_EXIT_CODES = {
    Verdict.VERIFIED: EXIT_VERIFIED,
    Verdict.ISSUER_UNKNOWN: EXIT_VERIFIED,
    Verdict.NOT_VERIFIED: EXIT_NOT_VERIFIED,
    Verdict.NOT_CHECKED: EXIT_NOT_CHECKED,
}


@click.command()
@click.argument("what", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--json", "form", flag_value="json", help="Print reports as JSON; a list for several.")
@click.option("--csv", "form", flag_value="csv", help="Print a table with a row for each credential.")
@click.option("--recipient", help="Check whether it is about this person (e-mail address or DID).")
@click.option("--challenge", help="Challenge that the holder of a presentation was asked to sign.")
@click.option("--domain", help="Domain for which the presentation was requested.")
@checking_options
@in_organisation
def verify(
    installation: Installation,
    /,
    what: tuple[str, ...],
    form: str | None,
    recipient: str | None,
    challenge: str | None,
    domain: str | None,
    **options: Any,
) -> int:
    """Verify credentials: files (JSON, a token, a badge picture, a photo of a QR code, a PDF), https URLs, or
    - for standard input.

    Only the named files are read; for a folder, name the files in it (folder/*). One that cannot be read or
    reached is reported, and does not affect the others. A check that FAILED changes the verdict; one that
    failed (in lower case) is information only.

    Exit codes: 0 verified, with the issuer known or not, 1 not verified, 2 could not be checked, 3 wrong
    usage; of several, 1 comes before 2 and 2 before 0.
    """
    # Imported only for verification, so that `--help` stays fast.
    with uncollected():
        from credserv.journeys.check.check import Question
        from credserv.journeys.check.many import report_on
        from credserv.processes.commands.checking_services import knowing, read_submitted

    how = Checking(**options)
    question = Question(recipient, challenge, domain, how.verifier)
    now, given = how.instant or utc_now(), how.given()
    reports = []
    with how.services(installation) as services:
        for name in _with_progress(what, beside_text=form is None):
            submitted = read_submitted(name, question)
            report = report_on(knowing(services, given, submitted), submitted, now=now)
            reports.append(report)
            _tell(report, form, alone=len(what) == 1)
    if form == "json":
        show_json(_unnamed(reports))
    elif form == "csv":
        click.echo(build_csv(reports), nl=False)
    counts = Counter(Verdict(report["verdict"]) for report in reports)
    if len(reports) > 1:
        click.echo(_summary(counts), err=True)
    codes = {_EXIT_CODES[verdict] for verdict in counts}
    return next(code for code in (EXIT_NOT_VERIFIED, EXIT_NOT_CHECKED, EXIT_VERIFIED) if code in codes)


# --- what is said ---------------------------------------------------------------------------------


def _with_progress(what: tuple[str, ...], *, beside_text: bool) -> Iterator[str]:
    """Yield each input; for many, without text output, show progress on standard error."""
    seen = beside_text and sys.stdout.isatty()
    if len(what) <= _QUIET_UP_TO or seen or not sys.stderr.isatty():
        yield from what
        return
    with click.progressbar(what, label="Verifying", file=sys.stderr, show_pos=True) as names:
        yield from names


def _tell(report: JsonObject, form: str | None, *, alone: bool) -> None:
    """Print one report; what could not even be read goes to standard error, in every format."""
    from credserv.journeys.check.check import Kind

    if report["kind"] == Kind.UNREADABLE.value:
        way = f" (found through {report['found_in']})" if report["found_in"] else ""
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
    first = f"{indent}{report['label']}: {report['sentence']}"
    way = [f"{indent}  found through {report['found_in']}"] if report.get("found_in") else []
    return "\n".join([first, *way, *lines, *within])
