"""`credserv eligibility`: compare credentials with a role profile. Needs no installation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from credserv.frameworks.crosswalk import Link, read_crosswalk
from credserv.frameworks.eligibility import SkillAnswer
from credserv.frameworks.profile import RoleProfile, parse_profile
from credserv.frameworks.readers import parse_framework_json
from credserv.journeys.check.check import Question
from credserv.journeys.check.eligibility import Assessed, assess, tell_eligibility
from credserv.processes.commands.checking import Checking, checking_options
from credserv.processes.commands.checking_services import knowing, read_submitted
from credserv.processes.commands.context import (
    Installation,
    in_organisation,
    parse_file,
    show_json,
    utc_now,
)

EXIT_NOTHING_SEEN = 2
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("what", metavar="CREDENTIAL...", nargs=-1, required=True)
@click.option("--profile", "profile_file", type=_FILE, required=True, help="The role profile: JSON.")
@click.option("--role", default="", help="Name, URI or code of the profile, if the file has several.")
@click.option(
    "--crosswalk",
    "crosswalks",
    type=_FILE,
    multiple=True,
    help="Links between skills of frameworks: JSON or CSV with from, to and strength. May be repeated.",
)
@click.option(
    "--count-unlisted", is_flag=True, help="Also count credentials of issuers that no trusted list names."
)
@click.option("--recipient", help="Count only credentials about this person (e-mail address or DID).")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@checking_options
@in_organisation
def eligibility(
    installation: Installation,
    /,
    what: tuple[str, ...],
    profile_file: Path,
    role: str,
    crosswalks: tuple[Path, ...],
    count_unlisted: bool,
    recipient: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare credentials of any issuers with a role profile, skill by skill.

    CREDENTIAL is a file or an https URL, as for `verify`. Each skill is *met*, *met through a crosswalk*,
    *expired*, *level too low*, *missing* or *unknown*, with the reason and the credentials.

    Exit codes: 0 judged, 1 the profile or the crosswalk cannot be used, 2 none of the credentials could be
    checked, 3 wrong usage.
    """
    how = Checking(**options)
    profile = _read_profile(profile_file, role)
    links = tuple(link for path in crosswalks for link in _read_crosswalk(path))
    question = Question(recipient=recipient, organisation=how.verifier)
    submitted = [read_submitted(name, question) for name in what]
    with how.services(installation) as services:
        for one in submitted:
            services = knowing(services, how.given(), one)
        assessed = assess(
            services,
            profile,
            submitted,
            now=how.instant or utc_now(),
            crosswalk=links,
            count_unlisted=count_unlisted,
        )
    if as_json:
        show_json(tell_eligibility(assessed))
    else:
        click.echo("\n".join(_as_text(assessed)))
    return EXIT_NOTHING_SEEN if assessed.unread and not assessed.shown else 0


def _read_profile(path: Path, role: str) -> RoleProfile:
    return parse_file(path, lambda data: parse_profile(parse_framework_json(data), role=role))


def _read_crosswalk(path: Path) -> tuple[Link, ...]:
    return parse_file(path, read_crosswalk)


def _as_text(assessed: Assessed) -> Iterator[str]:
    summary = assessed.eligibility.summary
    counts = [f"{count} {name}" for name, count in summary.items() if count and name not in ("met", "of")]
    line = f"{assessed.eligibility.profile.name}: {summary['met']} of {summary['of']} essential skills met"
    yield "; ".join([line, *counts])
    for essential, title in ((True, "Essential"), (False, "Optional")):
        answers = [one for one in assessed.eligibility.answers if one.skill.essential is essential]
        if answers:
            yield title
            yield from (_line(one) for one in answers)
    for one in assessed.unread:
        yield f"{one.name} could not be read: {one.why}"


def _line(answer: SkillAnswer) -> str:
    until = f", until {answer.ends:%Y-%m-%d} UTC" if answer.ends else ""
    return f"  {answer.answer.value:24} {answer.skill.label or answer.skill.uri}: {answer.reason}{until}"
