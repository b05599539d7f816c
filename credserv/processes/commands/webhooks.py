"""`credserv webhook`: the systems notified of changes to credentials."""

from __future__ import annotations

from datetime import timedelta

import click

from credserv.journeys.connect import endpoints
from credserv.journeys.deliver.webhooks import end_endpoint
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_organisation,
    show_table,
    utc_now,
)
from credserv.records.webhooks import SUBSCRIBABLE, Delivery

_ACTOR = "cli"
_SHOWN = 50


@click.group()
def webhook() -> None:
    """Systems notified of changes to credentials (Standard Webhooks)."""


@webhook.command("add")
@click.argument("url")
@click.option(
    "--on",
    "happenings",
    multiple=True,
    type=click.Choice([happening.value for happening in SUBSCRIBABLE]),
    help="Event to report; may be repeated.  [default: all events]",
)
@changing_organisation
def add(installation: Installation, url: str, happenings: tuple[str, ...]) -> None:
    """Notify the system at URL (https); prints its id, and the secret that signs messages."""
    made = endpoints.add_endpoint(installation.services, url, happenings, actor=_ACTOR, now=utc_now())
    click.echo(f"Endpoint {made.id}")
    click.echo(f"Secret   {made.secrets[0]}")


@webhook.command("list")
@in_organisation
def list_endpoints(installation: Installation) -> None:
    """Show every endpoint."""
    rows: list[tuple[str, ...]] = [("ID", "STATE", "URL", "HEARS OF")]
    for known in endpoints.all_endpoints(installation.services):
        state = "in use" if known.ended_at is None else f"ended: {known.why}"
        rows.append((known.id, state, known.url, ", ".join(known.happenings)))
    show_table(rows)


@webhook.command("end")
@click.argument("endpoint")
@in_organisation
def end(installation: Installation, endpoint: str) -> None:
    """Stop sending to ENDPOINT; waiting messages are dropped."""
    end_endpoint(installation.services, endpoint, why="ended by command", actor=_ACTOR, now=utc_now())
    click.echo(f"{endpoint} hears nothing any more")


@webhook.command("resume")
@click.argument("endpoint")
@in_organisation
def resume(installation: Installation, endpoint: str) -> None:
    """Notify ENDPOINT again of what happens from now on."""
    endpoints.resume_endpoint(installation.services, endpoint, actor=_ACTOR, now=utc_now())
    click.echo(f"{endpoint} hears again; what was given up: credserv webhook send-again {endpoint}")


@webhook.command("rotate")
@click.argument("endpoint")
@click.option("--finish", is_flag=True, help="Sign with the newest secret alone.")
@click.option(
    "--overlap",
    type=click.IntRange(min=1, max=3_650),
    metavar="DAYS",
    help="Sign with the old one, too, for so long; else until --finish.",
)
@changing_organisation
def rotate(installation: Installation, endpoint: str, finish: bool, overlap: int | None) -> None:
    """Add a new secret to ENDPOINT; messages are signed with both until --finish, or for --overlap."""
    if finish:
        endpoints.end_older_secret(installation.services, endpoint, actor=_ACTOR, now=utc_now())
        click.echo(f"messages to {endpoint} are signed with its newest secret alone")
        return
    span = None if overlap is None else timedelta(days=overlap)
    secret = endpoints.rotate_secret(
        installation.services, endpoint, overlap=span, actor=_ACTOR, now=utc_now()
    )
    click.echo(f"Secret   {secret}")


@webhook.command("test")
@click.argument("endpoint")
@in_organisation
def test(installation: Installation, endpoint: str) -> None:
    """Send ENDPOINT a test message."""
    message = endpoints.send_test(installation.services, endpoint, now=utc_now())
    click.echo(f"{message} goes out in a moment; what became of it: credserv webhook messages {endpoint}")


@webhook.command("messages")
@click.argument("endpoint")
@in_organisation
def messages(installation: Installation, endpoint: str) -> None:
    """Show the newest messages to ENDPOINT, and the outcome of each."""
    rows: list[tuple[str, ...]] = [("ID", "TELLS OF", "CREDENTIAL", "BECAME")]
    for known in endpoints.recent_deliveries(installation.services, endpoint, limit=_SHOWN):
        rows.append((known.id, known.happening, known.credential_id or "", _became(known)))
    show_table(rows)


@webhook.command("send-again")
@click.argument("endpoint")
@click.option("--message", help="One message, whatever became of it.")
@in_organisation
def send_again(installation: Installation, endpoint: str, message: str | None) -> None:
    """Send ENDPOINT again what was given up, or one message."""
    if message is not None:
        endpoints.send_again(installation.services, message, now=utc_now())
        click.echo(f"{message} goes out again")
        return
    count = endpoints.send_given_up(installation.services, endpoint, now=utc_now())
    click.echo(f"{count} messages go out again")


def _became(delivery: Delivery) -> str:
    if delivery.delivered_at is not None:
        return "taken"
    state = "given up" if delivery.is_given_up else "waits"
    return f"{state} after {delivery.tries} tries: {delivery.note}" if delivery.note else state
