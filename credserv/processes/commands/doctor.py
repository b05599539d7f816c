"""`credserv doctor`: what is wrong with an installation, and the command to repair it."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import replace

import click

from credserv.app.doctor.examine import examine
from credserv.app.doctor.ward import Ward
from credserv.app.remembered import compose_environment
from credserv.ground.errors import SettingsError
from credserv.journeys.operate.conditions import found_in
from credserv.processes.commands.context import Installation, in_installation, utc_now
from credserv.records.health import Finding
from credserv.records.organisations import MAIN

_MARKS = {True: "ok", False: "FAULT", None: "-"}
_WITHOUT_DATA = ("version",)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
@in_installation
def doctor(installation: Installation, as_json: bool) -> int:
    """Check everything, and print for each fault the one command that repairs it.

    Settings, folders and their modes, disk, database, keys, DID document, certificate, clock, status lists,
    mail, worker, queue, letters and sources. Changes nothing. Exits with 1 when something is wrong, else 0.
    """
    ward = Ward(_environ(installation), utc_now())
    try:
        found = [_with_options(installation, finding) for finding in examine(ward)]
    finally:
        ward.close()
    faults = sum(finding.ok is False for finding in found)
    if as_json:
        click.echo(json.dumps({"ok": not faults, "findings": [vars(finding) for finding in found]}, indent=2))
    else:
        for finding in found:
            _tell(finding)
        click.echo(f"{len(found)} checks, {faults} failed")
    return 1 if faults else 0


def _environ(installation: Installation) -> dict[str, str]:
    """Return the remembered settings where the environment contradicts them, so that the conflict can be
    reported."""
    try:
        return installation.environ
    except SettingsError as error:
        click.echo(f"credserv: {error.detail}", err=True)
        given = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
        return compose_environment(given, installation.data_dir)


def _tell(finding: Finding) -> None:
    of = f" [{finding.organisation}]" if finding.organisation not in ("", MAIN) else ""
    click.echo(f"{_MARKS[finding.ok]:5}  {finding.name}{of}: {finding.said}")
    if finding.mend:
        click.echo(f"       {finding.mend}")


def _with_options(installation: Installation, finding: Finding) -> Finding:
    """Return the command with the options needed for this installation."""
    words = finding.mend.split()
    if words[:1] != ["credserv"] or words[1] in _WITHOUT_DATA:
        return finding
    named = found_in(finding.organisation, finding) if finding.organisation else finding
    if installation.data_dir is None:
        return named
    return replace(named, mend=f"{named.mend} --data {shlex.quote(str(installation.data_dir))}")
