"""Key ceremonies: two people bring a signing key into use, and the audit trail records how.

An owner has the key made and reads its fingerprint aloud. A second person, signed in with their own account,
compares it. Only then is the key scheduled to sign. A ceremony consists of nothing but the audit lines about
its key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import KeyType, decode_multikey, format_instant, key_fingerprint
from credserv.ground.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    UnavailableError,
    VerificationMethodError,
)
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.operate.trail import TrailLine, named
from credserv.journeys.services import Organisations, Services
from credserv.proof.keys.verification_method import did_web_url, find_method
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import KeyState, SigningKeyRecord, WantedKey

COMPARED = 8  # hex digits of the fingerprint that the witness types
_STEPS = (Action.KEY_CEREMONY_BEGUN, Action.KEY_CEREMONY_WITNESSED, Action.KEY_CEREMONY_ENDED)
_MOST = 100  # on one page; an organisation has one every year or two
_MAX_CHARS = 500
_KINDS = {KeyType.ED25519: "Ed25519", KeyType.P256: "P-256", KeyType.P384: "P-384"}


@dataclass(frozen=True)
class Ceremony:
    """A ceremony.

    Attributes:
        witnessed: By whom and when; None if not yet.
        ended: By whom and when; None if not yet.
        document_url: Where the world reads the key.
    """

    key: SigningKeyRecord
    fingerprint: str
    document_url: str
    begun: TrailLine
    witnessed: TrailLine | None = None
    ended: TrailLine | None = None

    @property
    def is_open(self) -> bool:
        return self.witnessed is None and self.ended is None and self.key.state is KeyState.PENDING


def ceremonies(services: Services) -> Sequence[Ceremony]:
    """Return the ceremonies, newest first."""
    lines = services.store.audit.page(before=None, limit=_MOST, action=Action.KEY_CEREMONY_BEGUN)
    known = {key.verification_method: key for key in services.issuer.keys}
    return [_ceremony(services, known[line.subject]) for _, line in lines if line.subject in known]


def ceremony_of(services: Services, public_key: str) -> Ceremony:
    """Return the ceremony of a key, given by its publicKeyMultibase.

    Raises:
        NotFoundError: The key was not made in a ceremony.
    """
    known = services.issuer
    if public_key not in [key.public_key_multibase for key in known.keys]:
        with services.store.transaction():  # the cache may be half a second older than the new key
            known = services.store.organisation.get() or known
    for key in known.keys:
        if key.public_key_multibase == public_key:
            return _ceremony(services, key)
    raise NotFoundError("there is no such signing key")


def waiting_keys(services: Services) -> Sequence[SigningKeyRecord]:
    """Return the keys that a ceremony can use: published by command, not scheduled
    to sign, and in no ceremony yet.
    """
    pending = [key for key in services.issuer.keys if key.state is KeyState.PENDING and not key.activates_at]
    return [key for key in pending if not _lines(services, key)]


def begin_ceremony(
    services: Services,
    organisations: Organisations,
    wanted: WantedKey,
    backup: str,
    *,
    actor: str,
    now: datetime,
) -> Ceremony:
    """Have the key made and published. It signs nothing yet.

    Args:
        backup: Where a copy of the key is, in words.

    Raises:
        InputError: A value is not valid, or the issuer's key cannot change.
        ConflictError: The key already has a ceremony.
        CredservError: As `Organisations.make_key`.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    services.require_open()
    backup = backup.strip()
    if not backup or len(backup) > _MAX_CHARS:
        raise InputError(
            f"say in at most {_MAX_CHARS} characters how the key is backed up, or that it is not"
        )
    with services.store.transaction():
        key = organisations.make_key(services.issuer.id, wanted, actor=actor, now=now)
        if _lines(services, key):
            raise ConflictError("there is a ceremony for this key already")
        detail = {
            "kind": _KINDS[decode_multikey(key.public_key_multibase)[0]],
            "where": key.signer_uri,
            "public_key": key.public_key_multibase,
            "fingerprint": key_fingerprint(key.public_key_multibase),
            "note": backup,
        }
        services.store.audit.add(
            AuditRecord(now, actor, Action.KEY_CEREMONY_BEGUN, key.verification_method, detail)
        )
    return _ceremony(services, key)


def witness_ceremony(
    services: Services,
    organisations: Organisations,
    public_key: str,
    compared: str,
    *,
    actor: str,
    now: datetime,
) -> datetime:
    """Confirm the key as a second colleague, once it is published. Nothing changes if this fails.

    Args:
        compared: The last digits of the fingerprint, as they heard them.

    Returns:
        When the key begins to sign.

    Raises:
        ForbiddenError: They began the ceremony themselves.
        InputError: The digits differ.
        UnavailableError: The published document cannot be read, or does not contain the key yet.
        ConflictError: The ceremony is over.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    services.require_open()
    found = ceremony_of(services, public_key)
    if not found.is_open:
        raise ConflictError("this ceremony is over")
    if found.begun.line.actor == actor:
        raise ForbiddenError("another colleague has to witness it, signed in with their own account")
    typed = "".join(compared.split()).lower()
    if len(typed) != COMPARED or not found.fingerprint.endswith(typed):
        raise InputError(
            f"those are not the last {COMPARED} digits of this key's fingerprint: have them read again, and "
            "end the ceremony if they differ on your two screens"
        )
    document = _published(services, found)
    with services.store.transaction():
        at = organisations.have_key_sign(services.issuer.id, found.key.verification_method, now=now)
        detail = {
            "fingerprint": found.fingerprint,
            "document": found.document_url,
            "document_sha256": hashlib.sha256(document).hexdigest(),
            "signs_from": format_instant(at),
        }
        services.store.audit.add(
            AuditRecord(now, actor, Action.KEY_CEREMONY_WITNESSED, found.key.verification_method, detail)
        )
    return at


def end_ceremony(
    services: Services, organisations: Organisations, public_key: str, *, actor: str, now: datetime
) -> None:
    """End a ceremony without a witness: the key is withdrawn and never signs.

    Raises:
        ConflictError: The ceremony is over.
    """
    found = ceremony_of(services, public_key)
    if not found.is_open:
        raise ConflictError("this ceremony is over")
    subject = found.key.verification_method
    with services.store.transaction():
        organisations.withdraw_key(services.issuer.id, subject, actor=actor, now=now)
        services.store.audit.add(AuditRecord(now, actor, Action.KEY_CEREMONY_ENDED, subject))


def _published(services: Services, found: Ceremony) -> bytes:
    """Return the DID document as any verifier gets it, with the key in it. Raises UnavailableError."""
    body = services.fetcher.get(found.document_url).spoken_by_host()
    try:
        document, name = parse_json_object(body), found.key.verification_method
        method = find_method(document, name, purpose="assertionMethod")
        same = method.public_key == decode_multikey(found.key.public_key_multibase)[1]
    except (InputError, VerificationMethodError):
        same = False
    if not same:
        raise UnavailableError(
            f"{found.document_url} does not name this key yet: try again in some minutes, since caches "
            "may stand before it"
        )
    return body


def _ceremony(services: Services, key: SigningKeyRecord) -> Ceremony:
    lines = {one.line.action: one for one in named(services, _lines(services, key))}
    if Action.KEY_CEREMONY_BEGUN not in lines:
        raise NotFoundError("this key was not made in a ceremony")
    return Ceremony(
        key,
        key_fingerprint(key.public_key_multibase),
        did_web_url(key.verification_method.partition("#")[0], allow_port=True),
        lines[Action.KEY_CEREMONY_BEGUN],
        lines.get(Action.KEY_CEREMONY_WITNESSED),
        lines.get(Action.KEY_CEREMONY_ENDED),
    )


def _lines(services: Services, key: SigningKeyRecord) -> list[AuditRecord]:
    return [one for one in services.store.audit.of_subject(key.verification_method) if one.action in _STEPS]
