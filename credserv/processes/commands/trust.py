"""`credserv trust`: the issuers whose name somebody vouches for."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.ground.encoding import format_instant
from credserv.ground.errors import NotFoundError
from credserv.journeys.trust import listed
from credserv.journeys.trust import refresh as trust_lists
from credserv.journeys.trust.lists import is_outdated
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    read_file,
    show_table,
    utc_now,
)
from credserv.records.trust import TrustedListKind, TrustedListRecord
from credserv.trust.trust_list import TrustedIssuers, build_trusted_issuer

_ACTOR = "cli"
_EXIT_FAILED = 1

for_option = click.option(
    "--for",
    "verifier",
    default="",
    metavar="SLUG",
    help="Lists that apply to checks for organisation SLUG.  [default: to all]",
)


@click.group()
def trust() -> None:
    """Lists of trusted issuers: own entries, and lists that others publish (docs/administrator.md)."""


@trust.command("add")
@click.argument("issuer")
@click.option("--name", required=True, help="Name shown for the issuer.")
@click.option("--url", default="", help="The issuer's website.")
@click.option("--from", "valid_from", default="", metavar="INSTANT", help="Trusted from this instant on.")
@click.option("--until", "valid_until", default="", metavar="INSTANT", help="Trusted until this instant.")
@click.option(
    "--accredits",
    multiple=True,
    metavar="ACHIEVEMENT",
    help="Trusted as accreditor for the achievement with this id; ID/ covers all ids below it.",
)
@for_option
@changing_organisation
def add(
    installation: Installation,
    issuer: str,
    name: str,
    url: str,
    valid_from: str,
    valid_until: str,
    accredits: tuple[str, ...],
    verifier: str,
) -> None:
    """Trust ISSUER, a DID or an https URL, to be NAME; repeat to change an entry."""
    dates = {"valid_from": valid_from, "valid_until": valid_until}
    entry = build_trusted_issuer(issuer, name, url=url, accredits=" ".join(accredits), **dates)
    new = trust_lists.add_issuer(installation.services, verifier, entry, actor=_ACTOR, now=utc_now())
    click.echo(f"{entry.issuer} is {'trusted' if new else 'now trusted'} as {entry.name}")


@trust.command("remove")
@click.argument("issuer")
@for_option
@changing_organisation
def remove(installation: Installation, issuer: str, verifier: str) -> None:
    """Stop trusting ISSUER; lists that others publish stay unchanged."""
    trust_lists.remove_issuer(installation.services, verifier, issuer, actor=_ACTOR, now=utc_now())
    click.echo(f"{issuer} was removed from the list")


@trust.command("import")
@file_argument
@click.option("--replace", is_flag=True, help="Remove entries that are not in FILE.")
@for_option
@changing_organisation
def import_file(installation: Installation, path: Path, replace: bool, verifier: str) -> None:
    """Add every issuer of FILE to the own list: JSON, CSV, or a DCC registry."""
    read = trust_lists.import_issuers(
        installation.services,
        verifier,
        read_file(path),
        replace=replace,
        actor=_ACTOR,
        now=utc_now(),
    )
    click.echo(_counted(read))


@trust.command("subscribe")
@click.argument("url")
@click.option("--name", required=True, help="Name of the list, shown with its verdicts.")
@for_option
@changing_organisation
def subscribe(installation: Installation, url: str, name: str, verifier: str) -> None:
    """Trust the issuers in the list at URL: fetched now, and by the worker from now on.

    A URL ending in /.well-known/openid-federation is that of a trust anchor (OpenID Federation 1.0); the
    federation below it is asked about each issuer.
    """
    _, read = trust_lists.subscribe(
        installation.services, verifier, name=name, url=url, actor=_ACTOR, now=utc_now()
    )
    click.echo(_counted(read))


@trust.command("unsubscribe")
@click.argument("name")
@for_option
@changing_organisation
def unsubscribe(installation: Installation, name: str, verifier: str) -> None:
    """Remove the list NAME of others, and everything that came from it."""
    lists = listed.all_lists(installation.services, verifier)
    known = next((one for one in lists if one.name == name and one.kind is not TrustedListKind.OWN), None)
    if known is None:
        raise NotFoundError(f"there is no list of others named {name}: `credserv trust list` shows them")
    trust_lists.unsubscribe(installation.services, known.id, actor=_ACTOR, now=utc_now())
    click.echo(f"{name} no longer counts")


@trust.command("refresh")
@for_option
@in_organisation
def refresh(installation: Installation, verifier: str) -> int:
    """Fetch the lists of others again now. Exits with 1 when one of them could not be fetched."""
    services, failed = installation.services, False
    for known in listed.all_lists(services, verifier):
        if known.kind is TrustedListKind.OWN:
            continue
        problem = trust_lists.refresh(services, known.id, actor=_ACTOR, now=utc_now())
        failed = failed or bool(problem)
        click.echo(f"{known.name}: {problem or 'refreshed'}", err=bool(problem))
    return _EXIT_FAILED if failed else 0


@trust.command("list")
@click.option("--issuers", is_flag=True, help="Show every issuer in the lists.")
@click.option(
    "--for",
    "verifier",
    default=None,
    metavar="SLUG",
    help="Only lists for organisation SLUG.  [default: all]",
)
@in_organisation
def list_lists(installation: Installation, issuers: bool, verifier: str | None) -> None:
    """Show the lists, whoever uses them."""
    services = installation.services
    lists = listed.all_lists(services, verifier)
    if issuers:
        rows: list[tuple[str, ...]] = [("FOR", "LIST", "ISSUER", "NAME", "UNTIL")]
        for known in lists:
            for one in listed.issuers_in(services, known.id):
                until = format_instant(one.valid_until) if one.valid_until else "-"
                rows.append((known.organisation or "-", known.name, one.issuer, one.name, until))
    else:
        counts = listed.count_issuers(services)
        rows = [("FOR", "LIST", "KIND", "ISSUERS", "REFRESHED", "STATE")]
        rows += [_as_row(installation, known, counts.get(known.id, 0)) for known in lists]
    show_table(rows)


def _as_row(installation: Installation, known: TrustedListRecord, count: int) -> tuple[str, ...]:
    refreshed = format_instant(known.fetched_at) if known.fetched_at else "-"
    state = "too old to count" if is_outdated(installation.services, known, utc_now()) else "counts"
    if known.last_error:
        state += f"; not refreshed: {known.last_error}"
    return (known.organisation or "-", known.name, known.kind.value, str(count), refreshed, state)


def _counted(read: TrustedIssuers) -> str:
    if read.kind is TrustedListKind.FEDERATION:
        return "a federation, asked about each issuer separately"
    left_out = f"; {read.left_out} unusable entries left out" if read.left_out else ""
    return f"{len(read.issuers)} issuers{left_out}"
