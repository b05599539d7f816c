"""`credserv did`: the organisation's did:webvh, beside its did:web."""

from __future__ import annotations

import click

from credserv.app.addresses import public_url_of
from credserv.app.did_histories import begin_history, continue_history, require_history
from credserv.app.installation import require_issuer, web_did
from credserv.ground.encoding import format_instant
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_organisation,
    show_table,
    utc_now,
)
from credserv.proof.webvh.identifier import log_url


@click.group()
def did() -> None:
    """The organisation's did:webvh, beside its did:web.

    Its log shows every change of keys, and it can move to another host name.
    """


@did.command("create")
@changing_organisation
def create(installation: Installation) -> None:
    """Create a portable did:webvh with the current keys of the did:web.

    Later changes of keys are added automatically; badges still name the did:web.
    """
    history = begin_history(installation.settings, installation.store, actor="cli", now=utc_now())
    click.echo(f"Created {history.did}")
    click.echo(f"Its log is at {log_url(history.did)}")


@did.command("show")
@in_organisation
def show(installation: Installation) -> None:
    """Show the did:webvh, where its log is, and each version of it."""
    history, log = require_history(installation.store)
    click.echo(history.did)
    click.echo(f"Its log is at {log_url(history.did)}")
    rows: list[tuple[str, ...]] = [("VERSION", "SINCE", "KEYS", "NAME")]
    rows += [
        (
            version.id.partition("-")[0],
            format_instant(version.time),
            str(len(version.document["verificationMethod"])),
            version.did,
        )
        for version in log.versions
    ]
    show_table(rows)


@did.command("update")
@changing_organisation
def update(installation: Installation) -> None:
    """Add an entry where keys or address differ from the log, for an installation whose address was
    changed by hand. All other changes are added automatically."""
    store = installation.store
    require_history(store)
    place = web_did(public_url_of(installation.settings, require_issuer(store)))
    with store.transaction():
        history = continue_history(store, actor="cli", now=utc_now(), place=place)
    click.echo("Nothing to add" if history is None else f"Its log continues as {history.did}")
