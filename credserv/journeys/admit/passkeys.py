"""Passkeys (W3C Web Authentication): a key in the person's own device that proves who they are.

Each signs a challenge of ours that is valid once, for five minutes. The device has required a finger, face or
PIN (user verification) and knows the person by itself (resident key). A passkey is bound to the host of the
public URL and never offered under another host.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from credserv.ground.addresses import normal_address
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, UnauthenticatedError
from credserv.ground.names import cut
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.notices import Change, queue_notices
from credserv.journeys.services import Services
from credserv.records.access import LinkPurpose, SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import PasskeyRecord, ProvedKind

CHALLENGE_LIFE = timedelta(minutes=5)
MAX_PASSKEYS = 20

_MAX_NAME_CHARS = 80
_ANYBODY = "sign-in"  # for challenges that no session requested
_REFUSED = "this passkey does not open a wallet here: sign in by a mailed link"


def begin_registration(services: Services, session: SessionRecord, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to make a passkey.

    Raises:
        InputError: The wallet has the maximum number of passkeys.
    """
    known = services.store.passkeys.of_person(session.subject)
    if len(known) >= MAX_PASSKEYS:
        raise InputError(f"a wallet has at most {MAX_PASSKEYS} passkeys: remove one that you no longer use")
    proved = services.store.people.proved(session.subject)
    addresses = [one.value for one in proved if one.kind is ProvedKind.EMAIL and one.ended_at is None]
    options = webauthn.generate_registration_options(
        rp_id=_host(services),
        rp_name=str(services.issuer.profile.get("name") or _host(services)),
        user_id=session.subject.encode(),
        user_name=addresses[-1] if addresses else "my wallet",
        challenge=_challenge(services, session.token_sha256, now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential_id)) for one in known
        ],
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def register(
    services: Services, session: SessionRecord, challenge: str, credential: str, name: str, now: datetime
) -> None:
    """Store a passkey that the browser made. The view has required a recent proof.

    Args:
        name: The person's name for the device.

    Raises:
        InputError: The answer does not fit the challenge.
        ConflictError: The passkey is already known.
    """
    name = cut(name.strip(), _MAX_NAME_CHARS) or "Passkey"
    _use_challenge(services, challenge, session.token_sha256, now)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(services),
            expected_origin=_origin(services),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise InputError("the browser made no passkey that can be used here: try again") from error
    credential_id = bytes_to_base64url(made.credential_id)
    with services.store.transaction():
        services.store.passkeys.add(
            session.subject, credential_id, made.credential_public_key, made.sign_count, name, now
        )
        services.store.audit.add(
            AuditRecord(now, f"person:{session.subject}", Action.IDENTITY_ADDED, session.subject)
        )
        queue_notices(services, session.subject, Change.PASSKEY_ADDED, now)


def begin_proof(services: Services, session: SessionRecord | None, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to use a passkey.

    Args:
        session: The session to prove; None to open a wallet.
    """
    return begin_asking(services, _ANYBODY if session is None else session.token_sha256, now)


def begin_asking(services: Services, asking: str, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to use a passkey for a particular purpose.

    Args:
        asking: Who alone may answer; the same as for `require_passkey`.
    """
    options = webauthn.generate_authentication_options(
        rp_id=_host(services),
        challenge=_challenge(services, asking, now),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def open_wallet(services: Services, challenge: str, credential: str, now: datetime) -> Opened:
    """Begin a session of the passkey's owner.

    Raises:
        UnauthenticatedError: The passkey is not known or does not fit.
    """
    known = require_passkey(services, challenge, credential, _ANYBODY, now)
    with services.store.transaction():
        opened = begin_session(services, SessionKind.HOLDER, known.person_id, now)
        line = AuditRecord(now, f"person:{known.person_id}", Action.SIGNED_IN, known.person_id)
        services.store.audit.add(line)
    return opened


def prove_by_passkey(
    services: Services, session: SessionRecord, challenge: str, credential: str, now: datetime
) -> None:
    """Mark the session as proved.

    Raises:
        UnauthenticatedError: The passkey does not fit or is somebody else's.
    """
    known = require_passkey(services, challenge, credential, session.token_sha256, now)
    if known.person_id != session.subject:
        raise UnauthenticatedError("this passkey is somebody else's")
    services.store.access.note_proof(session.token_sha256, now)


def require_passkey(
    services: Services, challenge: str, credential: str, asking: str, now: datetime
) -> PasskeyRecord:
    """Return the live passkey that signed the challenge, and use the challenge up.

    Raises:
        UnauthenticatedError: The passkey or challenge does not fit.
    """
    try:
        _use_challenge(services, challenge, asking, now)
        told = webauthn.helpers.parse_authentication_credential_json(credential)
        known = services.store.passkeys.find(bytes_to_base64url(told.raw_id))
        if known is None or not known.signs_in:
            raise UnauthenticatedError(_REFUSED)
        shown = webauthn.verify_authentication_response(
            credential=told,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(services),
            expected_origin=_origin(services),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, InputError) as error:
        raise UnauthenticatedError(_REFUSED) from error
    services.store.passkeys.note_use(known, shown.new_sign_count, now)
    return known


def _challenge(services: Services, asking: str, now: datetime) -> bytes:
    """Return a new challenge. `asking` says who alone may answer it."""
    challenge = random_token(32)
    services.store.links.add(hash_token(challenge), LinkPurpose.PASSKEY, asking, now + CHALLENGE_LIFE)
    return base64url_to_bytes(challenge)


def _use_challenge(services: Services, challenge: str, asking: str, now: datetime) -> None:
    """Use a challenge up, so that pressing the button twice works once. Raises InputError."""
    once = hash_token(random_token(16))
    used = services.store.links.use(hash_token(challenge), (LinkPurpose.PASSKEY,), now, browser=once)
    if used is None or used.subject != asking:
        raise InputError("this took too long, or was answered already: try again")


def _host(services: Services) -> str:
    return urlsplit(services.public_url).hostname or ""


def _origin(services: Services) -> str:
    parts = urlsplit(normal_address(services.public_url))
    return f"{parts.scheme}://{parts.netloc}"
