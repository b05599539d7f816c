"""`credserv notice`: what is stored, counted and visible, for works council and data-protection officer."""

from __future__ import annotations

from collections.abc import Iterator

import click

from credserv.journeys.operate.notice import PUBLISHING, PURPOSES, Notice, make_notice, who_sees
from credserv.processes.commands.context import Installation, in_organisation, utc_now


@click.command("notice")
@in_organisation
def notice(installation: Installation) -> None:
    """Print the notice for the works council and the data-protection officer, as Markdown.

    It follows the current configuration: programmes, roles, metrics, and how long each kind of data is kept.
    """
    click.echo("\n".join(_lines(make_notice(installation.services, utc_now()))))


def _lines(made: Notice) -> Iterator[str]:
    yield f"# {made.organisation}: what is kept and counted ({made.made_at:%Y-%m-%d})"
    if made.contact:
        yield f"\nQuestions go to {made.contact}."
    yield "\n## Programmes"
    for one in made.programmes:
        yield f"\n### {one.programme.name}, version {one.version}, answered for by {one.programme.owner}"
        yield from (f"- {asked}" for asked in one.asks)
        yield from (f"- to keep it: {asked}" for asked in one.renewal)
    yield "\n## What people are asked for"
    yield from (f"- {words} (`{name}`)" for name, words in PURPOSES)
    yield "\n## What is kept"
    for kept in made.kept:
        yield f"- **{kept.what}**: {kept.why}. Kept {kept.how_long}. Seen by {who_sees(kept)}."
    if made.metrics:
        yield "\n## What is measured"
        yield from (f"- **{one.name}**: {one.question} (answered for by {one.owner})" for one in made.metrics)
    yield "\n## How figures are published"
    yield from (f"- {words}" for words in PUBLISHING)
    yield "\n## Who has which role"
    yield from (f"- {one.role.value}: {one.held_by}; {'; '.join(one.may)}" for one in made.roles)
