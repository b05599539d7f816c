"""`credserv bulk`: awards from a file, checked first."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as runs
from credserv.journeys.award.in_bulk.cohort import Cohort, prepare_reissue
from credserv.journeys.award.in_bulk.former import FormerSystem
from credserv.journeys.award.in_bulk.old_badges import open_archive
from credserv.journeys.award.in_bulk.old_classes import OldClass, read_classes
from credserv.journeys.award.in_bulk.revoke import list_revocable, revoke_all
from credserv.journeys.define.achievements import define
from credserv.journeys.define.catalogue import free_key
from credserv.processes.commands.context import (
    Installation,
    Instant,
    changing_organisation,
    file_argument,
    in_organisation,
    read_file,
    read_json_file,
    show_table,
    utc_now,
)
from credserv.records.bulk import RowState, RunRecord, RunState
from credserv.records.credentials import CredentialState

_ACTOR = "cli"
_SHOWN = 20
_LOOK_SECONDS = 1.0
_WRONG = (RowState.FAULTY, RowState.FAILED)
_WORDS = {
    RowState.READY: "ready",
    RowState.KNOWN: "issued before",
    RowState.FAULTY: "with faults",
    RowState.ISSUED: "issued",
    RowState.REPEATED: "awarded already",
    RowState.DECLINED: "declined by the recipient",
    RowState.REVOKED: "revoked",
    RowState.FAILED: "failed",
}


@click.group()
def bulk() -> None:
    """Awards from a file (CSV or JSON Lines), or badges to reissue: checked first, then issued by the
    worker."""


@bulk.command("check")
@file_argument
@click.option("--achievement", help="Achievement for rows that name none.")
@click.option(
    "--begin", "begins", is_flag=True, help="Issue the rows that are ready even if others have faults."
)
@click.option("--json", "as_json", is_flag=True, help="Print counts and faults as JSON.")
@changing_organisation
def check(
    installation: Installation, path: Path, achievement: str | None, begins: bool, as_json: bool
) -> int:
    """Check every row of FILE; nothing is issued before `bulk begin`.

    Exits with 1 when a row has a fault. The columns are in docs/administrator.md.
    """
    own, now = installation.services, utc_now()
    run = prepare.prepare_run(own, path.name, read_file(path), achievement=achievement, actor=_ACTOR, now=now)
    if begins:
        runs.begin(own, run.id, actor=_ACTOR, now=utc_now())
        run = prepare.find_run(own, run.id)
    _show(installation, run, as_json)
    if not begins and not as_json:
        click.echo(f"Nothing is issued yet. Next: credserv bulk begin {run.id}")
    return 1 if run.counts.get(RowState.FAULTY) else 0


@bulk.command("move-in")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "system",
    required=True,
    type=click.Choice([system.value for system in FormerSystem]),
    help="System that exported the file; for open-badges-2, a folder or ZIP of badges.",
)
@click.option(
    "--badges",
    "badges_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON object that maps a badge's id or name there to an achievement's key here.",
)
@click.option(
    "--addresses",
    "addresses_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="E-mail addresses, one on each line, for badges that name their holder by a hash.",
)
@click.option(
    "--make-achievements",
    "makes",
    is_flag=True,
    help="Create an achievement for each badge that matches none of yours (open-badges-2).",
)
@click.option("--json", "as_json", is_flag=True, help="Print counts and faults as JSON.")
@changing_organisation
def move_in(
    installation: Installation,
    path: Path,
    system: str,
    badges_path: Path | None,
    addresses_path: Path | None,
    makes: bool,
    as_json: bool,
) -> int:
    """Check awards exported from another system; nothing is issued before `bulk begin`.

    Exits with 1 when a row has a fault.
    """
    given = read_json_file(badges_path) if badges_path else {}
    badges = {str(name): str(key) for name, key in given.items()}
    files = list(_files(path))
    if makes:
        badges |= _make_achievements(installation, files, badges)
    addresses = read_file(addresses_path).decode(errors="replace").split() if addresses_path else []
    run = prepare.prepare_moving_in(
        installation.services,
        path.name,
        files,
        FormerSystem(system),
        badges=badges,
        addresses=addresses,
        actor=_ACTOR,
        now=utc_now(),
    )
    _show(installation, run, as_json)
    if not as_json:
        click.echo(f"Nothing is issued yet. Next: credserv bulk begin {run.id}")
    return 1 if run.counts.get(RowState.FAULTY) else 0


def _make_achievements(
    installation: Installation, files: Sequence[tuple[str, bytes]], badges: Mapping[str, str]
) -> dict[str, str]:
    """Return the key of the achievement made for each badge id.

    One that cannot be made is reported, and its awards are faults.
    """
    made = dict[str, str]()
    for old in read_classes(files, prepare.known_here(installation.services, badges)):
        try:
            key = _make_achievement(installation, old, old.definition)
        except InputError as error:
            click.echo(f"{old.name}: {prepare.tell(error)}", err=True)
            continue
        made[old.id or old.name] = key
        click.echo(f"“{old.name}” is now the achievement {key}", err=True)
    return made


def _make_achievement(installation: Installation, old: OldClass, definition: JsonObject) -> str:
    """Return its key. One with an unusable picture gets the default one, which is reported."""
    services = installation.services
    document = {"key": free_key(services, old.name), **definition}
    try:
        read_image = partial(_picture_of, old)
        return define(services, document, read_image=read_image, actor=_ACTOR, now=utc_now())[0].key
    except InputError as error:
        is_picture = error.faults and all(fault.place.startswith("/image") for fault in error.faults)
        if not is_picture:
            raise
        click.echo(f"{old.name}: picture left out: {prepare.tell(error)}", err=True)
        without = {name: value for name, value in definition.items() if name != "image"}
        return _make_achievement(installation, old, without)


def _picture_of(old: OldClass, _name: str) -> bytes:
    return old.picture or b""


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for found in sorted(each for each in path.rglob("*") if each.is_file()):
            yield str(found.relative_to(path)), read_file(found)
    elif zipfile.is_zipfile(path):
        yield from open_archive(read_file(path))
    else:
        yield path.name, read_file(path)


R = TypeVar("R")
_COHORT = (
    click.option(
        "--from", "issued_from", type=Instant(), help="Only badges issued at or after this instant."
    ),
    click.option("--before", "issued_before", type=Instant(), help="Only badges issued before this instant."),
    click.option(
        "--rule-version", type=click.IntRange(1), help="Only badges awarded by this version of the rule."
    ),
    click.option("--key", default="", help="Only badges signed with this verification method."),
    click.option(
        "--state", type=click.Choice([CredentialState.ACTIVE.value, CredentialState.SUSPENDED.value])
    ),
)


def _of_cohort(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options that choose badges of an achievement."""
    for option in reversed(_COHORT):
        command = option(command)
    return command


def _cohort(
    achievement: str,
    state: str | None,
    issued_from: datetime | None,
    issued_before: datetime | None,
    rule_version: int | None,
    key: str,
) -> Cohort:
    chosen = CredentialState(state) if state else None
    return Cohort(achievement, issued_from, issued_before, rule_version, key, chosen)


@bulk.command("reissue")
@click.argument("achievement")
@_of_cohort
@click.option(
    "--reason", required=True, help="Reason, recorded with the replaced badges and never published."
)
@click.option(
    "--begin", "begins", is_flag=True, help="Reissue what can be reissued, even if some badges cannot."
)
@click.option("--json", "as_json", is_flag=True, help="Print counts and faults as JSON.")
@changing_organisation
def reissue(
    installation: Installation,
    /,
    achievement: str,
    reason: str,
    begins: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Check the badges of ACHIEVEMENT to be reissued; nothing changes before `bulk begin`.

    Each new badge replaces the old one, which is revoked. Exits with 1 when one cannot be reissued.
    """
    own = installation.services
    run = prepare_reissue(own, _cohort(achievement, **chosen), reason, actor=_ACTOR, now=utc_now())
    if begins:
        runs.begin(own, run.id, actor=_ACTOR, now=utc_now())
        run = prepare.find_run(own, run.id)
    _show(installation, run, as_json)
    if not begins and not as_json:
        click.echo(f"Nothing is issued yet. Next: credserv bulk begin {run.id}")
    return 1 if run.counts.get(RowState.FAULTY) else 0


@bulk.command("revoke")
@click.argument("achievement")
@_of_cohort
@click.option("--reason", required=True, help="Reason, recorded with the badges and never published.")
@click.option("--yes", "is_sure", is_flag=True, help="Revoke them, permanently.")
@changing_organisation
def revoke(
    installation: Installation, /, achievement: str, reason: str, is_sure: bool, **chosen: Any
) -> None:
    """Show the badges of ACHIEVEMENT to be revoked; nothing changes without `--yes`."""
    own = installation.services
    found = list_revocable(own, _cohort(achievement, **chosen))
    show_table(
        [
            ("BADGE", "RECIPIENT", "ISSUED", "STATE"),
            *(
                (
                    one.id,
                    one.order.recipient.email or one.order.recipient.did or "",
                    format_instant(one.issued_at),
                    one.state.value,
                )
                for one in found
            ),
        ]
    )
    if is_sure:
        click.echo(f"Revoked: {revoke_all(own, found, reason, actor=_ACTOR, now=utc_now)}")
    else:
        click.echo(f"Nothing is revoked yet. With --yes these {len(found)} are, permanently.")


@bulk.command("begin")
@click.argument("run")
@click.option("--wait", is_flag=True, help="Show progress until the run is done.")
@changing_organisation
def begin(installation: Installation, run: str, wait: bool) -> int:
    """Issue the ready rows of RUN. `credserv serve` or `credserv worker` has to be running."""
    runs.begin(installation.services, run, actor=_ACTOR, now=utc_now())
    click.echo(f"{run} has begun")
    return _wait(installation, run) if wait else 0


@bulk.command("list")
@in_organisation
def list_runs(installation: Installation) -> None:
    """Show the newest runs."""
    rows: list[tuple[str, ...]] = [("RUN", "STATE", "FILE", "ROWS")]
    for known in runs.recent_runs(installation.services, limit=_SHOWN):
        rows.append((known.id, known.state, known.name, _counts(known)))
    show_table(rows)


@bulk.command("show")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print counts and faults as JSON.")
@in_organisation
def show(installation: Installation, run: str, as_json: bool) -> None:
    """Show the progress of RUN, and what is wrong with rows."""
    _show(installation, prepare.find_run(installation.services, run), as_json)


@bulk.command("pause")
@click.argument("run")
@in_organisation
def pause(installation: Installation, run: str) -> None:
    """Issue no further row of RUN until `bulk resume`."""
    runs.pause(installation.services, run, actor=_ACTOR, now=utc_now())
    click.echo(f"{run} is paused")


@bulk.command("resume")
@click.argument("run")
@changing_organisation
def resume(installation: Installation, run: str) -> None:
    """Resume RUN."""
    runs.resume(installation.services, run, actor=_ACTOR, now=utc_now())
    click.echo(f"{run} goes on")


@bulk.command("cancel")
@click.argument("run")
@in_organisation
def cancel(installation: Installation, run: str) -> None:
    """End RUN permanently; what was issued stays."""
    runs.cancel(installation.services, run, actor=_ACTOR, now=utc_now())
    click.echo(f"{run} is cancelled")


def _wait(installation: Installation, run_id: str) -> int:
    shown = ""
    while True:
        run = prepare.find_run(installation.services, run_id)
        if (told := _counts(run)) != shown:
            click.echo(f"{run.state}: {told}")
            shown = told
        if run.state not in (RunState.RUNNING, RunState.PAUSED):
            return 1 if run.counts.get(RowState.FAILED) else 0
        time.sleep(_LOOK_SECONDS)


def _show(installation: Installation, run: RunRecord, as_json: bool) -> None:
    limit = run.rows if as_json else _SHOWN
    wrong = runs.rows_of(installation.services, run.id, states=_WRONG, limit=max(limit, 1))
    if as_json:
        told = {
            "run": run.id,
            "state": run.state.value,
            "rows": run.rows,
            "counts": {state.value: count for state, count in run.counts.items()},
            "notes": list(run.notes),
            "faults": [{"line": row.line, "fault": row.note} for row in wrong],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"Run {run.id}, {run.state}: {run.rows} rows, {_counts(run)}")
    for note in run.notes:
        click.echo(f"  {note}")
    for row in wrong:
        click.echo(f"  line {row.line}: {row.note}")
    more = sum(run.counts.get(state, 0) for state in _WRONG) - len(wrong)
    if more > 0:
        click.echo(f"  and {more} more: credserv bulk show {run.id} --json")


def _counts(run: RunRecord) -> str:
    parts = [f"{run.counts[state]} {_WORDS[state]}" for state in RowState if run.counts.get(state)]
    return ", ".join(parts)
