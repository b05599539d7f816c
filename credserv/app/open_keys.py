"""The organisations' signing keys, opened where they are."""

from __future__ import annotations

from credserv.app.measured_signer import MeasuredSigner
from credserv.app.settings import Settings
from credserv.ground.errors import SigningKeyError
from credserv.proof.keys.signer import AbsentSigner, Signer, open_signer
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord


def signing_key(issuer: OrganisationRecord) -> SigningKeyRecord:
    """Return the most recently activated key. Raises SigningKeyError when there is none."""
    active = [key for key in issuer.keys if key.state is KeyState.ACTIVE]
    if not active:
        raise SigningKeyError("the issuer has no active signing key: `credserv keys create` makes one")
    return max(active, key=lambda key: (key.activated_at or key.created_at, key.created_at))


def open_key(settings: Settings, key: SigningKeyRecord) -> Signer:
    """Open a key. Raises SigningKeyError when it does not open, or is not the one its record names."""
    signer = open_signer(
        key.signer_uri,
        keys_dir=settings.keys_dir,
        passphrase=settings.key_passphrase,
        hardware=settings.hardware,
    )
    if signer.public_key_multibase != key.public_key_multibase:
        raise SigningKeyError(f"{key.signer_uri} is not the key that {key.verification_method} names")
    return signer


def open_signing(settings: Settings, issuer: OrganisationRecord) -> tuple[SigningKeyRecord, Signer]:
    """Return what an organisation signs with.

    Raises SigningKeyError, also where another installation signs for it.
    """
    key = signing_key(issuer)
    if issuer.moved_at is None:
        return key, MeasuredSigner(open_key(settings, key))
    return key, AbsentSigner(key.public_key_multibase, "the organisation was moved: it signs elsewhere")
