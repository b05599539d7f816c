"""`credserv console-link` and `wallet-link`: links that sign somebody in."""

from __future__ import annotations

import click

from credserv.journeys.admit.sign_in import Owner, create_console_link, create_wallet_link, require_email
from credserv.processes.commands.context import Installation, in_organisation, utc_now


@click.command("console-link")
@click.option(
    "--owner",
    "email",
    help="E-mail address of the owner to sign in as; they become an owner if they are not one.",
)
@click.option("--name", default="", help="Name of a new owner.")
@in_organisation
def console_link(installation: Installation, email: str | None, name: str) -> None:
    """Print a link that signs one browser in to the console as an owner, once, within 15 minutes.

    If there is no owner yet, its page asks who you are.
    """
    owner = Owner(email, name) if email else None
    click.echo(create_console_link(installation.services, utc_now(), owner=owner))


@click.command("wallet-link")
@click.argument("email")
@in_organisation
def wallet_link(installation: Installation, email: str) -> None:
    """Print the wallet link that a mail server would send to EMAIL.

    For services without a mail server. It opens the wallet of the person with that address, so give it to
    nobody else.
    """
    click.echo(create_wallet_link(installation.services, require_email(email), utc_now()))
