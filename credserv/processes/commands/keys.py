"""`credserv keys`: the issuer's signing keys."""

from __future__ import annotations

import click

from credserv.app.installation import (
    activate_key,
    create_key,
    key_fingerprint,
    require_issuer,
    retire_key,
    revoke_key,
)
from credserv.ground.encoding import KeyType, format_instant
from credserv.processes.commands.context import Installation, in_organisation, show_table, utc_now
from credserv.records.organisations import KeyState

_KINDS = {"ed25519": KeyType.ED25519, "p256": KeyType.P256, "p384": KeyType.P384}
_of_kind = click.option(
    "--type",
    "kind",
    type=click.Choice(list(_KINDS)),
    default="ed25519",
    show_default=True,
    help="Ed25519 signs with eddsa-rdfc-2022, P-256 and P-384 with ecdsa-rdfc-2019.",
)


@click.group()
def keys() -> None:
    """The issuer's signing keys: passphrase-encrypted files of mode 0600 in the keys folder."""


@keys.command("list")
@in_organisation
def list_keys(installation: Installation) -> None:
    """Show every key, its state, file and fingerprint."""
    issuer = require_issuer(installation.store)
    rows = [("STATE", "CREATED", "FILE", "FINGERPRINT", "VERIFICATION METHOD")]
    rows += [
        (
            key.state.value,
            format_instant(key.created_at),
            key.signer_uri,
            key_fingerprint(key.public_key_multibase),
            key.verification_method,
        )
        for key in issuer.keys
    ]
    show_table([tuple(row) for row in rows])


@keys.command("create")
@_of_kind
@click.option("--pending", is_flag=True, help="Publish it, and sign nothing with it until `keys activate`.")
@in_organisation
def create(installation: Installation, kind: str, pending: bool) -> None:
    """Make another key; running processes sign with it within a second. For did:web issuers."""
    _create(installation, kind, pending=pending)


@keys.command("activate")
@click.argument("verification_method")
@in_organisation
def activate(installation: Installation, verification_method: str) -> None:
    """Sign with VERIFICATION_METHOD, a pending key, from now on."""
    activate_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Activated {verification_method}. Running processes follow within a second.")


@keys.command("revoke")
@click.argument("verification_method")
@click.confirmation_option(prompt="Nothing that this key signed will verify after this, for good. Revoke it?")
@in_organisation
def revoke(installation: Installation, verification_method: str) -> None:
    """Withdraw VERIFICATION_METHOD, a key that others may have. What it signed has to be issued anew."""
    revoke_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Revoked {verification_method}. Running processes follow within a second.")


@keys.command("retire")
@click.argument("verification_method")
@in_organisation
def retire(installation: Installation, verification_method: str) -> None:
    """Sign no longer with VERIFICATION_METHOD. It stays published: what it signed keeps verifying."""
    retire_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Retired {verification_method}. Running processes follow within a second.")


@keys.command("rotate")
@_of_kind
@in_organisation
def rotate(installation: Installation, kind: str) -> None:
    """Make a new key and retire those before it."""
    before = [key for key in require_issuer(installation.store).keys if key.state is KeyState.ACTIVE]
    _create(installation, kind)
    for key in before:
        retire_key(installation.store, key.verification_method, now=utc_now())
        click.echo(f"Retired {key.verification_method}")


def _create(installation: Installation, kind: str, *, pending: bool = False) -> None:
    key = create_key(
        installation.settings, installation.store, now=utc_now(), key_type=_KINDS[kind], pending=pending
    )
    click.echo(f"Created {key.verification_method}")
    click.echo(f"Fingerprint {key_fingerprint(key.public_key_multibase)}")
    click.echo("It is published, and signs once it is activated." if pending else "It signs within a second.")
