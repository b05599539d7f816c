"""`credserv login`: the OpenID Connect provider for people's wallets."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.ground.addresses import is_https
from credserv.journeys.admit import oidc, saml, staff_login
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_organisation,
    read_file,
    utc_now,
)
from credserv.records.staff import StaffLoginRecord

_ACTOR = "cli"


@click.group()
def login() -> None:
    """Where your people sign in: an OpenID Connect provider."""


@login.command("set")
@click.argument("issuer")
@click.argument("client_id")
@click.option("--secret", prompt="Client secret", hide_input=True, help="Prompted for if not given.")
@changing_organisation
def set_provider(installation: Installation, issuer: str, client_id: str, secret: str) -> None:
    """Let people sign in at ISSUER (https), which knows this service as CLIENT_ID."""
    services = installation.services
    oidc.set_provider(services, issuer, client_id, secret, actor=_ACTOR, now=utc_now())
    click.echo(f"People sign in there. Redirect URI: {services.public_url}/wallet/employer/back")


@login.command("show")
@in_organisation
def show(installation: Installation) -> None:
    """Show the provider, the client id, and how colleagues sign in."""
    known = oidc.provider_of(installation.services)
    by_saml = saml.saml_provider(installation.services)
    if known is not None:
        click.echo(f"{known.issuer} as {known.client_id}")
    if by_saml is not None:
        click.echo(f"{by_saml.entity_id} by SAML, for colleagues")
    if known is None and by_saml is None:
        click.echo("There is none.")
    of_staff = staff_login.staff_login(installation.services)
    if of_staff is not None:
        alone = " alone" if of_staff.is_required else ""
        click.echo(f"Colleagues sign in to the console with these accounts{alone}.")
        click.echo(f"Domains: {' '.join(of_staff.domains) or 'any'}")
        click.echo(f"Claim of the groups: {of_staff.groups_claim or 'none'}")
        for group, role in of_staff.group_roles:
            click.echo(f"{group} = {role}")


@login.command("end")
@changing_organisation
def end(installation: Installation) -> None:
    """Remove the provider, so that nobody can sign in there."""
    oidc.end_provider(installation.services, actor=_ACTOR, now=utc_now())
    click.echo("That account provider is removed; nobody signs in through it.")


@login.command("staff")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    help="Only e-mail addresses of this domain may sign in.  [default: any]",
)
@click.option("--groups-claim", default="", help="Name of the provider's claim with the list of groups.")
@click.option("--group", "groups", multiple=True, help="GROUP=ROLE: the role that members of a group get.")
@click.option("--required", is_flag=True, help="Allow no other way to sign in.")
@changing_organisation
def set_staff(
    installation: Installation,
    domains: tuple[str, ...],
    groups_claim: str,
    groups: tuple[str, ...],
    required: bool,
) -> None:
    """Let colleagues into the console by their accounts at the provider, replacing earlier settings."""
    services = installation.services
    wanted = StaffLoginRecord(
        domains=staff_login.parse_domains(domains),
        groups_claim=groups_claim,
        group_roles=staff_login.parse_group_roles(groups),
        is_required=required,
    )
    staff_login.set_staff_login(services, wanted, actor=_ACTOR, now=utc_now())
    click.echo(f"Colleagues sign in there. Redirect URI: {services.public_url}/console/login/back")


@login.command("saml")
@click.argument("metadata")
@changing_organisation
def set_saml(installation: Installation, metadata: str) -> None:
    """Let colleagues sign in by SAML. METADATA is the provider's: a file or an https address."""
    services = installation.services
    is_address = is_https(metadata)
    xml = saml.fetch_metadata(services.fetcher, metadata) if is_address else read_file(Path(metadata))
    found = saml.set_saml_provider(services, xml, actor=_ACTOR, now=utc_now())
    own = saml.own_side(services)
    click.echo(f"Colleagues sign in at {found.entity_id}.")
    click.echo(f"Import {own.entity_id} there as metadata, and let it post responses to {own.answers}.")
    if staff_login.staff_login(services) is None:
        click.echo(
            "Next, say which of its accounts open the console: `credserv login staff --domain example.org`"
        )


@login.command("end-saml")
@changing_organisation
def end_saml(installation: Installation) -> None:
    """Stop sign-in by SAML."""
    saml.end_saml_provider(installation.services, actor=_ACTOR, now=utc_now())
    click.echo("Sign-in by SAML is removed.")


@login.command("end-staff")
@changing_organisation
def end_staff(installation: Installation) -> None:
    """Stop sign-in to the console by accounts."""
    staff_login.end_staff_login(installation.services, actor=_ACTOR, now=utc_now())
    click.echo("Accounts no longer open the console.")
