"""`credserv rule`: what a person must have achieved to be awarded an achievement."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.award.catching_up import catch_up
from credserv.journeys.award.dry_run import DryRun, dry_run, tell_run
from credserv.journeys.award.rules import current_rules, read_rule
from credserv.journeys.define.rules import (
    current_rule,
    end_rule,
    require_rule,
    rule_history,
    rule_version,
    set_rule,
)
from credserv.journeys.services import Services
from credserv.mastery.rule import Rule
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    read_json_file,
    show_json,
    show_table,
    utc_now,
)

_ACTOR = "cli"


@click.group()
def rule() -> None:
    """What a person must have achieved to be awarded an achievement (docs/administrator.md)."""


@rule.command("set")
@click.argument("achievement")
@file_argument
@changing_organisation
def set_(installation: Installation, achievement: str, path: Path) -> None:
    """Make the rule in FILE that of ACHIEVEMENT; issued badges keep the version they were issued by."""
    version, is_new = set_rule(
        installation.services, achievement, read_json_file(path), actor=_ACTOR, now=utc_now()
    )
    again = "" if is_new else " already"
    click.echo(f"{achievement} has version {version.version} of its rule{again}")


@rule.command("end")
@click.argument("achievement")
@changing_organisation
def end(installation: Installation, achievement: str) -> None:
    """Stop awarding ACHIEVEMENT by rule; what was issued stays."""
    is_ended = end_rule(installation.services, achievement, actor=_ACTOR, now=utc_now())
    click.echo(f"{achievement} has no rule now" if is_ended else f"{achievement} had no rule")


@rule.command("apply")
@click.argument("achievement")
@changing_organisation
def apply(installation: Installation, achievement: str) -> int:
    """Issue ACHIEVEMENT to everybody who already meets its rule, as shown by `rule dry-run`."""
    done = catch_up(installation.services, achievement, now=utc_now())
    click.echo(f"{done.awarded} issued")
    if done.failed:
        click.echo(f"{done.failed} failed: {'; '.join(done.notes)}")
    return 1 if done.failed else 0


@rule.command("show")
@click.argument("achievement")
@click.option("--version", "number", type=int, help="An earlier version.  [default: the newest]")
@click.option("--history", is_flag=True, help="List all versions, newest first.")
@in_organisation
def show(installation: Installation, achievement: str, number: int | None, history: bool) -> None:
    """Print the rule of ACHIEVEMENT as JSON."""
    services = installation.services
    if history:
        rows: list[tuple[str, ...]] = [("VERSION", "SINCE", "BY", "SHA-256")]
        for one in rule_history(services, achievement):
            what = "ended" if one.document is None else one.sha256
            rows.append((str(one.version), format_instant(one.created_at), one.actor, what))
        show_table(rows)
        return
    found = (
        current_rule(services, achievement) if number is None else rule_version(services, achievement, number)
    )
    if found is None:
        raise NotFoundError(f"{achievement} has no rule")
    show_json(found.document)


@rule.command("dry-run")
@click.argument("achievement", required=False)
@click.option(
    "--rule",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Try the rule in this file as if it were set.  [default: the current rule]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_organisation
def dry_run_(installation: Installation, achievement: str | None, path: Path | None, as_json: bool) -> None:
    """Show whom a rule would issue to, by all stored observations. Nothing is issued.

    Without ACHIEVEMENT: for every achievement with a rule.
    """
    services = installation.services
    runs = [dry_run(services, one, now=utc_now()) for one in _rules(services, achievement, path)]
    if as_json:
        show_json({"rules": [tell_run(run) for run in runs]})
        return
    for run in runs:
        _show(run)
    if not runs:
        click.echo("no achievement has a rule: set one with `credserv rule set`")


def _rules(services: Services, achievement: str | None, path: Path | None) -> list[Rule]:
    if path is not None:
        if achievement is None:
            raise InputError("--rule needs the ACHIEVEMENT it is for")
        return [require_rule(services, achievement, read_json_file(path))]
    if achievement is None:
        return [one.rule for _, one in sorted(current_rules(services).rules.items())]
    version = current_rule(services, achievement)
    found = None if version is None else read_rule(version)
    if found is None:
        raise NotFoundError(f"{achievement} has no rule: give one with --rule FILE")
    return [found]


def _show(run: DryRun) -> None:
    click.echo(f"{run.rule.achievement}:")
    rows: list[tuple[str, ...]] = [("ANSWER", "PERSON", "MISSING")]
    for one in run.people:
        who = " ".join(part for part in (one.name, one.address and f"<{one.address}>") if part)
        rows.append((one.foresight.value, who or one.member, "; ".join(one.verdict.missing)))
    show_table(rows)
    if run.nobody_knows:
        click.echo(f"{run.nobody_knows} observations are about people not yet known")
