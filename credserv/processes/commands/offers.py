"""`credserv offer`: a badge for its holder's wallet app."""

from __future__ import annotations

import json

import click

from credserv.journeys.claim.offers import make_offer
from credserv.journeys.publish.publish import credential
from credserv.processes.commands.context import Installation, in_organisation, utc_now


@click.command("offer")
@click.argument("credential_id", metavar="CREDENTIAL")
@click.option("--json", "as_json", is_flag=True, help="as one JSON object")
@in_organisation
def offer(installation: Installation, credential_id: str, *, as_json: bool) -> None:
    """Create the link with which a wallet app gets a copy of a badge, and the number it asks for.

    CREDENTIAL is its id or address. Whoever has both gets a copy bound to their key, so give them only to the
    badge's holder, by two different channels. They work once, for ten minutes.
    """
    services = installation.services
    record = credential(services, credential_id.rstrip("/").rpartition("/")[2])
    made = make_offer(services, record.person_id, record.id, utc_now(), actor="command")
    if as_json:
        click.echo(json.dumps({"offer": made.link, "tx_code": made.tx_code}))
        return
    click.echo(f"{made.link}\nTransaction code for the app: {made.tx_code}")
