"""`credserv framework`: import competency frameworks and search in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from credserv.fetch.client_credentials import TokenClient
from credserv.frameworks.asked import Asked
from credserv.frameworks.crosswalk import read_crosswalk
from credserv.frameworks.framework import Framework
from credserv.frameworks.readers import FORMATS
from credserv.ground.addresses import is_web_address
from credserv.ground.encoding import format_instant
from credserv.ground.tables import MAX_BYTES
from credserv.journeys.define import frameworks as journeys
from credserv.journeys.define.framework_files import GivenFile, fetch_framework, read_given
from credserv.journeys.define.skills import list_frameworks, search_skills, tell_framework, tell_skill
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    parse_file,
    read_file,
    show_json,
    show_table,
    utc_now,
)

_ACTOR = "cli"
_EXAMPLES = 5


@click.group()
def framework() -> None:
    """Competency frameworks, to which achievements are aligned (docs/administrator.md)."""


@framework.command("import")
@click.argument("what", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: detected from the file]")
@click.option("--base", default="", metavar="URL", help="Base address for relative ids and bare codes.")
@click.option("--name", default="", help="The framework's name, if the file has none or a different one.")
@click.option("--uri", default="", help="The framework's address.")
@click.option("--version", default="", help="Its version.")
@click.option("--language", default="", help="Language of its texts, for example en.")
@click.option("--licence", default="", help="Its licence: a URL or text.")
@click.option("--publisher", default="", help="Who publishes it.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="For a table: the field that a column holds.",
)
@click.option(
    "--token-endpoint",
    default="",
    metavar="URL",
    help="Token endpoint (OAuth 2, client credentials), if the host requires an access token.",
)
@click.option("--client-id", default="", help="Client id at the token endpoint.")
@click.option(
    "--client-secret",
    "secret_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that holds the client secret.",
)
@click.option("--scope", default="", help="Scope of the token.  [default: the host's default]")
@click.option("--dry-run", is_flag=True, help="Only show what would be added, changed and removed.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@changing_organisation
def import_(
    installation: Installation,
    /,
    what: tuple[str, ...],
    form: str | None,
    fields: tuple[str, ...],
    token_endpoint: str,
    client_id: str,
    secret_path: Path | None,
    scope: str,
    dry_run: bool,
    as_json: bool,
    **said: str,
) -> None:
    """Import a framework from FILEs or URLs; several are files of one framework, such as ESCO's.

    CASE, OpenSALT, CTDL-ASN, SKOS, ESCO, Rich Skill Descriptors, O*NET, DigComp, NIST's CPRT, or any table;
    also the ZIP that ESCO and O*NET publish. Importing a newer file updates what changed; items it no longer
    has stay known to what names them.
    """
    services = installation.services
    asked = Asked(**said, fields=_fields(fields))
    client = None
    if token_endpoint:
        secret = "" if secret_path is None else read_file(secret_path).decode().strip()
        client = TokenClient(token_endpoint, client_id, secret, scope)
    files = [
        fetch_framework(services, one, client)
        if is_web_address(one)
        else GivenFile(Path(one).name, read_file(Path(one), max_bytes=MAX_BYTES))
        for one in what
    ]
    found = read_given(services, files, asked, format=form or "")
    preview = journeys.preview_framework(services, found)
    if not dry_run:
        with click.progressbar(length=len(found.items), label="Importing", file=sys.stderr) as bar:

            def show(done: int, _total: int) -> None:
                bar.update(done - bar.pos)

            journeys.keep_framework(services, found, actor=_ACTOR, now=utc_now(), on_progress=show)
    if as_json:
        show_json(journeys.tell_preview(preview))
    else:
        click.echo("\n".join(_preview_lines(preview, dry_run=dry_run)))


@framework.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_organisation
def list_(installation: Installation, as_json: bool) -> None:
    """List the imported frameworks."""
    known = list_frameworks(installation.services)
    if as_json:
        show_json([tell_framework(one) for one in known])
        return
    rows = [
        (one.id, one.name, one.version, str(one.items), one.licence, format_instant(one.imported_at))
        for one in known
    ]
    show_table([("id", "name", "version", "items", "licence", "imported"), *rows])


@framework.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--framework", "framework_id", default="", metavar="ID", help="Only in this one.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_organisation
def search(
    installation: Installation, words: tuple[str, ...], framework_id: str, limit: int, as_json: bool
) -> int:
    """Find skills by the beginnings of words, by code or by URI. Exits with 1 when there are none."""
    found = search_skills(installation.services, " ".join(words), framework_id=framework_id, limit=limit)
    told = [tell_skill(one) for one in found]
    if as_json:
        show_json(told)
    elif told:
        rows = [(one["label"], one["framework"], one["code"], one["uri"]) for one in told]
        show_table([("label", "framework", "code", "uri"), *rows])
    return 0 if told else 1


@framework.command("remove")
@click.argument("framework_id", metavar="ID")
@changing_organisation
def remove(installation: Installation, framework_id: str) -> None:
    """Remove a framework; achievements keep their statements about its skills."""
    journeys.remove_framework(installation.services, framework_id, actor=_ACTOR, now=utc_now())
    click.echo(f"{framework_id} is removed")


@framework.command("crosswalk")
@file_argument
@changing_organisation
def crosswalk(installation: Installation, path: Path) -> None:
    """Store the links between skills in FILE (from, to, strength), replacing earlier ones."""
    links = parse_file(path, read_crosswalk, max_bytes=MAX_BYTES)
    kept = journeys.keep_crosswalk(installation.services, links, actor=_ACTOR, now=utc_now())
    click.echo(f"{kept} links are kept")


def _fields(said: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in said]
    if any(not mark for _, mark, _ in pairs):
        raise click.BadParameter("write FIELD=COLUMN, as in label=Skill", param_hint="--field")
    return {field: column for field, _, column in pairs}


def _preview_lines(preview: journeys.Preview, *, dry_run: bool) -> Iterator[str]:
    found: Framework = preview.framework
    yield f"{found.name} ({found.format}), {len(found.items)} items"
    yield f"  {found.uri}"
    yield f"  licence: {found.licence or 'not said'}"
    would = "would be " if dry_run else ""
    for name, listed in (("added", preview.added), ("changed", preview.changed), ("gone", preview.gone)):
        yield f"  {len(listed)} {would}{name}"
        if dry_run:
            yield from (f"    {label} {uri}" for uri, label in listed[:_EXAMPLES])
    for one in preview.cited:
        yield f"  cited by {one.achievement}: {one.label} ({one.change}) {one.uri}"
    for fault in found.faults[:_EXAMPLES]:
        yield f"  left out: {fault.place or '(whole)'}: {fault.message}"
    if len(found.faults) > _EXAMPLES:
        yield f"  and {len(found.faults) - _EXAMPLES} more were left out"
