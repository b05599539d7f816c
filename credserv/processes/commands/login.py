"""`credserv login`: where the people of an organisation sign in to their wallets (OpenID Connect)."""

from __future__ import annotations

import click

from credserv.journeys.admit import oidc
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_organisation,
    utc_now,
)

_ACTOR = "cli"


@click.group()
def login() -> None:
    """Where your people sign in: a provider of OpenID Connect."""


@login.command("set")
@click.argument("issuer")
@click.argument("client_id")
@click.option("--secret", prompt="Client secret", hide_input=True, help="Asked for if it is not given.")
@changing_organisation
def set_provider(installation: Installation, issuer: str, client_id: str, secret: str) -> None:
    """Let people sign in at ISSUER (https), which knows this service as CLIENT_ID."""
    services = installation.services
    oidc.set_provider(services, issuer, client_id, secret, actor=_ACTOR, now=utc_now())
    click.echo(f"People sign in there. Redirect address: {services.public_url}/wallet/employer/back")


@login.command("show")
@in_organisation
def show(installation: Installation) -> None:
    """Print the provider and the client id."""
    known = oidc.provider_of(installation.services)
    click.echo("There is none." if known is None else f"{known.issuer} as {known.client_id}")


@login.command("end")
@changing_organisation
def end(installation: Installation) -> None:
    """Nobody signs in there any more."""
    oidc.end_provider(installation.services, actor=_ACTOR, now=utc_now())
    click.echo("Nobody signs in there any more.")
