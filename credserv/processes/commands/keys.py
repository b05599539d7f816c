"""`credserv keys`: the issuer's signing keys."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import click

from credserv.app.installation import InKms, InToken, require_hardware, require_issuer
from credserv.app.signing_keys import (
    KINDS,
    activate_key,
    badges_signed_with,
    create_key,
    note_brake,
    resume_signing,
    retire_key,
    revoke_key,
    stop_signing,
)
from credserv.ground.encoding import format_instant, key_fingerprint
from credserv.journeys.sign.again import sign_badges_again
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    in_installation,
    in_organisation,
    show_table,
    utc_now,
)
from credserv.proof.keys.pkcs11_signer import list_token_keys
from credserv.records.audit import Action
from credserv.records.organisations import KeyState, SigningKeyRecord

_of_kind = click.option(
    "--type",
    "kind",
    type=click.Choice(list(KINDS)),
    default="ed25519",
    show_default=True,
    help="Ed25519 signs with eddsa-rdfc-2022; P-256 and P-384 sign with ecdsa-rdfc-2019.",
)


_at_once = click.option(
    "--now",
    "at_once",
    is_flag=True,
    help="Sign with it at once, for example after a theft; some verifiers may refuse its signatures for "
    "some minutes.",
)


_in_token = click.option(
    "--in-token", metavar="LABEL", help="Create it in the configured PKCS#11 token, under this label."
)


@click.group()
def keys() -> None:
    """The issuer's signing keys: encrypted files of mode 0600 in the keys folder, keys in a token, or keys
    in AWS KMS."""


@keys.command("list")
@in_organisation
def list_keys(installation: Installation) -> None:
    """Show every key, its state, where it is, and its fingerprint."""
    issuer = require_issuer(installation.store)
    rows = [("STATE", "CREATED", "SIGNS FROM", "WHERE", "FINGERPRINT", "VERIFICATION METHOD")]
    rows += [
        (
            key.state.value,
            format_instant(key.created_at),
            _signs_from(key),
            key.signer_uri,
            key_fingerprint(key.public_key_multibase),
            key.verification_method,
        )
        for key in issuer.keys
    ]
    show_table([tuple(row) for row in rows])


@keys.command("create")
@_of_kind
@click.option("--pending", is_flag=True, help="Publish it, but sign nothing with it until `keys activate`.")
@_at_once
@_in_token
@changing_organisation
def create(installation: Installation, kind: str, pending: bool, at_once: bool, in_token: str | None) -> None:
    """Publish another key, which signs once caches of the DID document have it. For did:web issuers."""
    place = InToken(in_token) if in_token else None
    _create(installation, kind, pending=pending, at_once=at_once, place=place)


@keys.command("import")
@click.argument("key")
@click.option("--pending", is_flag=True, help="Publish it, but sign nothing with it until `keys activate`.")
@click.option("--replace", is_flag=True, help="Replace the current keys with it, as `keys rotate` does.")
@_at_once
@changing_organisation
def import_key(installation: Installation, key: str, pending: bool, replace: bool, at_once: bool) -> None:
    """Publish KEY, which was created elsewhere; it starts to sign like one of `keys create`.

    KEY is its label in the configured token, or the ARN of a key in AWS KMS.
    """
    if pending and replace:
        raise click.UsageError("--pending and --replace exclude each other: give one of them")
    place = InKms(key) if key.startswith("arn:") else InToken(key, is_there=True)
    _create(installation, "ed25519", pending=pending, at_once=at_once, replaces=replace, place=place)


@keys.command("token")
@in_organisation
def token(installation: Installation) -> None:
    """Log in to the configured token and show its keys. Fails if the token is not available."""
    hardware = require_hardware(installation.settings)
    rows: list[tuple[str, ...]] = [("LABEL", "TYPE")]
    rows += [
        (label, "not used for signing here" if kind is None else kind.name.lower())
        for label, kind in list_token_keys(hardware)
    ]
    show_table(rows)


@keys.command("activate")
@click.argument("verification_method")
@_at_once
@changing_organisation
def activate(installation: Installation, verification_method: str, at_once: bool) -> None:
    """Sign with the pending key VERIFICATION_METHOD from now on. Refused while caches may not have it."""
    lead = timedelta(0) if at_once else _lead(installation)
    activate_key(installation.store, verification_method, now=utc_now(), lead=lead)
    click.echo(f"Activated {verification_method}. Running processes follow within a second.")


@keys.command("revoke")
@click.argument("verification_method")
@click.confirmation_option(
    prompt="Everything signed with this key will fail verification, permanently. Revoke it?"
)
@changing_organisation
def revoke(installation: Installation, verification_method: str) -> None:
    """Withdraw VERIFICATION_METHOD, a key that others may have. What it signed has to be signed again."""
    revoke_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Revoked {verification_method}. Running processes follow within a second.")
    _show_signed(installation, verification_method)


@keys.command("signed")
@click.argument("verification_method")
@in_organisation
def signed(installation: Installation, verification_method: str) -> None:
    """Show which badges in force VERIFICATION_METHOD signed, and what signs them with the current key."""
    if not _show_signed(installation, verification_method):
        click.echo("No badge in force was signed with it.")


@keys.command("sign-again")
@click.argument("verification_method")
@changing_organisation
def sign_again(installation: Installation, verification_method: str) -> int:
    """Sign what VERIFICATION_METHOD signed with the current key, each badge under its own id.

    Copies in wallets, too. Links and status stay; files that people saved earlier no longer verify.
    """
    done, left = sign_badges_again(installation.services, verification_method, actor="cli", now=utc_now())
    click.echo(f"Signed again: {done}. Left, since they could not be signed now: {left}.")
    return 1 if left else 0


@keys.command("retire")
@click.argument("verification_method")
@changing_organisation
def retire(installation: Installation, verification_method: str) -> None:
    """Stop signing with VERIFICATION_METHOD. It stays published, so what it signed still verifies."""
    retire_key(installation.store, verification_method, now=utc_now())
    click.echo(f"Retired {verification_method}. Running processes follow within a second.")


def _show_signed(installation: Installation, method: str) -> bool:
    """Show what is signed with it, by achievement, and the command for each; return whether there is any."""
    found = Counter((one.achievement, one.living) for one in badges_signed_with(installation.store, method))
    rows: list[tuple[str, ...]] = [("ACHIEVEMENT", "BADGES", "TO SIGN THEM WITH THE CURRENT KEY")]
    for (achievement, living), count in found.items():
        again = f"credserv keys sign-again {method}"
        if living:
            again = f"credserv programme sign-again {method}"
        rows.append((achievement, str(count), again))
    if found:
        show_table(rows)
    return bool(found)


@keys.command("rotate")
@_of_kind
@_at_once
@_in_token
@changing_organisation
def rotate(installation: Installation, kind: str, at_once: bool, in_token: str | None) -> None:
    """Publish a new key that replaces the earlier ones once caches have it.

    Until then the earlier ones sign. The worker switches them; `keys list` shows when.
    """
    before = [key for key in require_issuer(installation.store).keys if key.state is KeyState.ACTIVE]
    place = InToken(in_token) if in_token else None
    _create(installation, kind, at_once=at_once, replaces=True, place=place)
    for key in before:
        click.echo(f"{'Retired' if at_once else 'Retired then:'} {key.verification_method}")


@keys.command("stop")
@click.option("--reason", default="by the operator", help="The reason, shown by the doctor and in alarms.")
@in_installation
def stop(installation: Installation, reason: str) -> None:
    """The brake: stop issuing, for every organisation of this installation.

    Verification, status lists and revocations continue.
    """
    now = utc_now()
    stop_signing(installation.settings, reason, now=now)
    click.echo("Signing is stopped. Orders and events are kept; run `credserv keys resume` to continue.")
    note_brake(installation.store, Action.SIGNING_STOPPED, now=now, reason=reason)


@keys.command("resume")
@in_installation
def resume(installation: Installation) -> None:
    """Resume signing after `keys stop`."""
    resume_signing(installation.settings)
    click.echo("Signing goes on.")
    note_brake(installation.store, Action.SIGNING_RESUMED, now=utc_now())


def _create(
    installation: Installation,
    kind: str,
    *,
    pending: bool = False,
    at_once: bool = False,
    replaces: bool = False,
    place: InToken | InKms | None = None,
) -> None:
    key = create_key(
        installation.settings,
        installation.store,
        now=utc_now(),
        key_type=KINDS[kind],
        pending=pending,
        lead=timedelta(0) if at_once else _lead(installation),
        replaces=replaces,
        place=place,
    )
    click.echo(f"Created {key.verification_method}")
    click.echo(f"Fingerprint {key_fingerprint(key.public_key_multibase)}")
    if key.state is KeyState.ACTIVE:
        click.echo("It signs new badges within a second.")
    elif key.activates_at is None:
        click.echo("It is published and signs once you activate it.")
    else:
        click.echo(f"It is published and signs from {format_instant(key.activates_at)}.")


def _lead(installation: Installation) -> timedelta:
    return timedelta(seconds=installation.settings.key_lead_seconds)


def _signs_from(key: SigningKeyRecord) -> str:
    at = key.activates_at if key.state is KeyState.PENDING else key.activated_at
    return format_instant(at) if at else "not yet"
