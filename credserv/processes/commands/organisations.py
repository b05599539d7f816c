"""`credserv organisation`: the organisations of this installation."""

from __future__ import annotations

import click

from credserv.app.addresses import public_url_of
from credserv.app.founding import change_address, found_organisation
from credserv.app.installation import require_issuer
from credserv.ground.encoding import format_instant
from credserv.journeys.operate.organisation import (
    WEEKDAYS,
    all_organisations,
    change_calendar,
    close_organisation,
    rename_organisation,
    reopen_organisation,
    reset_sandbox,
)
from credserv.processes.commands.brand import brand_command
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_installation,
    in_organisation,
    show_table,
    utc_now,
)
from credserv.processes.commands.moving import export_command, import_command
from credserv.records.organisations import Founding, OrganisationRecord

ACTOR = "cli"


@click.group()
def organisation() -> None:
    """Organisations: each is an issuer with its own DID, keys, achievements, members and addresses."""


@organisation.command("list")
@in_installation
def list_organisations(installation: Installation) -> None:
    """Show every organisation of the installation."""
    rows: list[tuple[str, ...]] = [("NAME", "STATE", "CREATED", "ADDRESS", "CALLED")]
    rows += [
        (known.id, _state(known), _since(known), public_url_of(installation.settings, known), known.name)
        for known in all_organisations(installation.store)
    ]
    show_table(rows)


@organisation.command("show")
@in_organisation
def show(installation: Installation) -> None:
    """Show one organisation (`--organisation`): its DID, address and keys."""
    known = require_issuer(installation.store)
    _tell(installation, known)
    for key in known.keys:
        click.echo(f"Key {key.state.value} {key.verification_method}")


@organisation.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="Its name, in credentials and on its pages.")
@click.option("--url", help="Its website.  [default: its address here]")
@click.option("--email", help="E-mail address for questions about its badges.")
@click.option("--address", help="A separate origin that leads here.  [default: /o/SLUG of this one]")
@click.option(
    "--sandbox",
    is_flag=True,
    help="Make it a sandbox, permanently: its badges are marked and prove nothing, it sends no mail, and it "
    "can be reset.",
)
@in_installation
def create(
    installation: Installation,
    slug: str,
    name: str,
    url: str | None,
    email: str | None,
    address: str | None,
    sandbox: bool,
) -> None:
    """Create an organisation with a key and a DID; running processes serve it within a second."""
    wanted = Founding(slug, name, url=url, email=email, address=address, sandbox=sandbox)
    made = found_organisation(installation.settings, installation.store, wanted, actor=ACTOR, now=utc_now())
    _tell(installation, made)
    click.echo(f"Next: `credserv console-link --organisation {slug}`")


@organisation.command("rename")
@click.argument("name")
@click.option("--url", help="Its web page.")
@click.option("--email", help="E-mail address for questions about its badges.")
@click.option("--country", help="Its country, for example AT, for the EU's learning credential.")
@changing_organisation
def rename(
    installation: Installation, name: str, url: str | None, email: str | None, country: str | None
) -> None:
    """Rename one organisation; its short name, addresses and DID stay, and so does what it issued."""
    rename_organisation(
        installation.store, name, url=url, email=email, country=country, actor=ACTOR, now=utc_now()
    )
    _tell(installation, require_issuer(installation.store))


@organisation.command("calendar")
@click.option("--time-zone", help="Time zone by place, for example Europe/Vienna.")
@click.option("--first-day", type=click.Choice([day.lower() for day in WEEKDAYS]), help="Of its weeks.")
@changing_organisation
def calendar(installation: Installation, time_zone: str | None, first_day: str | None) -> None:
    """Set the time zone of one organisation, and its first day of the week."""
    known = require_issuer(installation.store)
    days = [day.lower() for day in WEEKDAYS]
    weekday = known.first_weekday if first_day is None else days.index(first_day)
    zone = time_zone or known.time_zone
    change_calendar(installation.store, zone, weekday, actor=ACTOR, now=utc_now())
    click.echo(f"Time zone {zone}, weeks begin on {WEEKDAYS[weekday]}")


@organisation.command("set-address")
@click.argument("address", required=False)
@changing_organisation
def set_address(installation: Installation, address: str | None) -> None:
    """Give one organisation its own ADDRESS, such as https://badges.acme.example.

    Without ADDRESS, it returns to the address under the installation's. Both work only while it has neither
    achievements nor badges, because these and its DID name the address.
    """
    _tell(
        installation,
        change_address(installation.settings, installation.store, address, actor=ACTOR, now=utc_now()),
    )


@organisation.command("close")
@click.confirmation_option(prompt="Nothing new can be issued until it is reopened. Close it?")
@changing_organisation
def close(installation: Installation) -> None:
    """Stop one organisation from issuing. Its badges, status lists and DID stay published."""
    close_organisation(installation.store, actor=ACTOR, now=utc_now())
    _tell(installation, require_issuer(installation.store))


@organisation.command("reopen")
@click.option(
    "--never-imported",
    is_flag=True,
    help="Confirm that it was marked as moved and its file was imported nowhere.",
)
@in_organisation
def reopen(installation: Installation, never_imported: bool) -> None:
    """Let a closed organisation issue again."""
    reopen_organisation(installation.store, never_imported=never_imported, actor=ACTOR, now=utc_now())
    _tell(installation, require_issuer(installation.store))


@organisation.command("reset")
@click.confirmation_option(
    prompt="This deletes all badges, people, messages and letters of this sandbox, permanently. Reset it?"
)
@changing_organisation
def reset(installation: Installation) -> None:
    """Empty one sandbox (`--organisation`). Its configuration stays; what it issued is shown as revoked.

    Achievements, rules, sources, webhooks, API keys and colleagues stay, and so do DID, signing keys, status
    lists and the audit trail.
    """
    count = reset_sandbox(installation.store, actor=ACTOR, now=utc_now())
    badges = "badge" if count == 1 else "badges"
    click.echo(f"{count} {badges} deleted. Status lists report what is on them as revoked.")


for command in (brand_command, export_command, import_command):
    organisation.add_command(command)


def _tell(installation: Installation, known: OrganisationRecord) -> None:
    click.echo(f"Organisation {known.id}: {known.name} ({_state(known)})")
    click.echo(f"Address {public_url_of(installation.settings, known)}")
    click.echo(f"DID {known.did}")


def _state(known: OrganisationRecord) -> str:
    sandbox = "sandbox, " if known.sandbox else ""
    if known.moved_at is not None:
        return f"{sandbox}moved {format_instant(known.moved_at)}"
    return sandbox + ("open" if known.closed_at is None else f"closed {format_instant(known.closed_at)}")


def _since(known: OrganisationRecord) -> str:
    return "" if known.created_at is None else format_instant(known.created_at)
