"""`credserv keys`: the issuer's signing keys."""

from __future__ import annotations

import click

from credserv.commands.context import Installation, in_installation, show_table, utc_now
from credserv.encoding import format_instant
from credserv.installation import create_key, key_fingerprint, require_issuer, retire_key
from credserv.store.records import KeyState, SigningKeyRecord


@click.group()
def keys() -> None:
    """The issuer's signing keys: passphrase-encrypted files of mode 0600 in the keys folder."""


@keys.command("list")
@in_installation
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
@in_installation
def create(installation: Installation) -> None:
    """Make another key; it signs from the next start on. For did:web issuers."""
    _tell_created(create_key(installation.settings, installation.store, now=utc_now()))


@keys.command("retire")
@click.argument("verification_method")
@in_installation
def retire(installation: Installation, verification_method: str) -> None:
    """Sign no longer with VERIFICATION_METHOD. It stays published: what it signed keeps verifying."""
    retire_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Retired {verification_method}. Restart the service to put it into effect.")


@keys.command("rotate")
@in_installation
def rotate(installation: Installation) -> None:
    """Make a new key and retire those before it."""
    before = [key for key in require_issuer(installation.store).keys if key.state is KeyState.ACTIVE]
    _tell_created(create_key(installation.settings, installation.store, now=utc_now()))
    for key in before:
        retire_key(installation.store, key.verification_method, now=utc_now())
        click.echo(f"Retired {key.verification_method}")


def _tell_created(key: SigningKeyRecord) -> None:
    click.echo(f"Created {key.verification_method}")
    click.echo(f"Fingerprint {key_fingerprint(key.public_key_multibase)}")
    click.echo("Restart the service to put it into effect.")
