"""Create an installation, and the signing keys of its organisations.

`remembered.py` has what it stores in its data folder.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from credserv.app.remembered import (
    REMEMBERED_FILE,
    compose_environment,
    create_secrets,
    data_folder,
    is_same,
    remember,
    settings_to_keep,
)
from credserv.app.settings import Settings
from credserv.app.variables import PREFIX
from credserv.ground.addresses import host_of, is_https, is_loopback, split_address
from credserv.ground.encoding import KeyType, key_fingerprint
from credserv.ground.errors import InputError, SettingsError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.own_files import make_folder
from credserv.journeys.publish.journal import compare
from credserv.proof.keys.aws_signer import SCHEME as KMS_SCHEME
from credserv.proof.keys.aws_signer import open_kms_key
from credserv.proof.keys.pkcs11_signer import Hardware, create_token_key, open_token_key, uri_of
from credserv.proof.keys.signer import FILE_SCHEME, create_key_file
from credserv.proof.keys.verification_method import did_key, did_web
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.status.journal import StatusJournal
from credserv.store.store import Store, open_store

# A new installation keeps personal data for a bounded time. One that exists keeps what it has until its
# operator decides (docs/adr/0037-messages-end.md).
_BEGUN_WITH = {"KEEP_MESSAGES_DAYS": "90"}

logger = logging.getLogger(__name__)


def begin(
    environ: Mapping[str, str], chosen: Mapping[str, str], *, now: datetime, empty: bool = False
) -> tuple[str, ...]:
    """Create what is missing and remember the settings; returns lines that describe what was done.

    Args:
        environ: from `compose_environment`.
        chosen: settings by name without prefix.
        empty: without an issuer, for one that will be imported.

    Raises:
        SettingsError: a setting is bad, or the installation was begun as another one.
    """
    folder = data_folder(environ)
    is_begun = (folder / REMEMBERED_FILE).exists()
    if is_begun:
        _require_same_address(environ, chosen)
    made = [f"Made {path}" for path in create_secrets(environ)]
    wanted = compose_environment({**environ, **{PREFIX + name: value for name, value in chosen.items()}})
    settings = Settings.from_env(wanted)
    store = _open_migrated(settings, now=now, is_begun=is_begun)
    is_new = not empty and _add_issuer(settings, store, now)
    if not is_begun:
        # Last, so that a first attempt with a wrong setting does not affect the second.
        own = _BEGUN_WITH if is_new or empty else {}
        kept = {**own, **settings_to_keep(wanted), **chosen, "PUBLIC_URL": settings.public_url}
        remember(folder, kept)
    if store.organisation.get() is None:
        store.close()
        return (*made, "No issuer yet: `credserv organisation import FILE` takes one in")
    issuer = require_issuer(store)
    lines = [*made, f"Issuer {issuer.did}" + ("" if is_new else " (was there before)")]
    lines += [
        f"Key {key.signer_uri} {key_fingerprint(key.public_key_multibase)}"
        for key in issuer.keys
        if key.state is KeyState.ACTIVE
    ]
    if is_new and settings.https and issuer.did.startswith("did:key:"):
        lines.append(
            "It is a did:key, whose key cannot be changed: a did:web needs a domain name and no port"
        )
    if not is_new and chosen.keys() & {"ISSUER_NAME", "ISSUER_URL", "ISSUER_EMAIL"}:
        lines.append("Its name and profile stay as they are: `credserv organisation rename` changes them")
    store.close()
    return tuple(lines)


def prepare_for_now(settings: Settings, *, now: datetime) -> None:
    """Prepare a temporary installation in an empty folder; created without migrations, which is fast."""
    make_folder(settings.data_dir)
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    store.create_for_now()
    _add_issuer(settings, store, now)
    store.addresses.begin(settings.public_url, now)
    store.close()


def prepare(settings: Settings, *, now: datetime, is_begun: bool = False) -> tuple[Store, bool]:
    """Return the store, migrated, with an issuer in it; and whether the issuer is new. Safe to repeat.

    Args:
        is_begun: there must be an issuer already; a database without one is the wrong database.

    Raises SettingsError, SigningKeyError, UnavailableError.
    """
    store = _open_migrated(settings, now=now, is_begun=is_begun)
    return store, _add_issuer(settings, store, now)


def _open_migrated(settings: Settings, *, now: datetime, is_begun: bool) -> Store:
    make_folder(settings.data_dir)
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    if is_begun and store.is_empty():
        raise SettingsError(
            f"this installation was begun, and its database is empty: restore it, or see whether "
            f"{PREFIX}DATABASE_URL names the right one (`credserv settings show`)"
        )
    encoding = store.health.facts().encoding
    if encoding.upper().replace("-", "") != "UTF8":
        raise SettingsError(
            f"the database's encoding is {encoding}, in which not every name can be stored: make it anew "
            "with ENCODING 'UTF8' TEMPLATE template0"
        )
    store.migrate()
    store.addresses.begin(settings.public_url, now)
    return store


def _add_issuer(settings: Settings, store: Store, now: datetime) -> bool:
    """Add an issuer; returns whether there was none."""
    if store.organisation.get() is not None:
        return False
    store.organisations.create(_new_issuer(settings, now), now)
    StatusJournal(settings.status_journal).begin(is_whole=True)
    return True


def require_address(settings: Settings, store: Store, *, now: datetime) -> None:
    """Require the recorded address. A database from before it was recorded gets one.

    Raises SettingsError where the service had another address until now, which its badges contain.
    """
    known = store.addresses.current()
    if known is None:
        with suppress(UnavailableError):  # a standby is read-only
            store.addresses.begin(settings.public_url, now)
    elif not is_same("PUBLIC_URL", known, settings.public_url):
        raise SettingsError(
            f"{PREFIX}PUBLIC_URL is {settings.public_url}, and badges were issued at {known}: set that one, "
            f"or move for good with `credserv settings set PUBLIC_URL {settings.public_url}`"
        )


def require_journal(settings: Settings, store: Store) -> StatusJournal:
    """Return the journal of what was published. A missing or unreadable one stops nothing.

    Raises SettingsError where the database is older: a list it signs would undo revocations.
    """
    journal = StatusJournal(settings.status_journal)
    try:
        found = compare(store, journal)
    except UnavailableError as error:
        logger.error("%s", error.detail)
        return journal
    if found.older:
        raise SettingsError(
            f"the database is older than what was published: {found.older}. Restore a newer copy, or bring "
            "into this one what was revoked since with `credserv lists merge`"
        )
    if not found.is_whole:
        logger.warning(
            "the journal %s does not hold what was published before it: `credserv lists accept` begins it "
            "anew from the database",
            journal.path,
        )
    return journal


def _require_same_address(environ: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    known, asked = environ.get(f"{PREFIX}PUBLIC_URL"), chosen.get("PUBLIC_URL")
    if known and asked and not is_same("PUBLIC_URL", known, asked):
        raise SettingsError(
            f"this installation was begun at {known}, which its badges carry: to move it, "
            f"run `credserv settings set PUBLIC_URL {asked}`"
        )


def require_issuer(store: Store) -> OrganisationRecord:
    """Return the issuer. Raises SettingsError, which says how to create it, when there is none."""
    issuer = store.organisation.get()
    if issuer is None:
        raise SettingsError("there is no issuer yet: `credserv init` makes one")
    return issuer


def _new_issuer(settings: Settings, now: datetime) -> OrganisationRecord:
    """Build an issuer: with did:web where the public address has a domain name, else did:key."""
    key = new_key(settings, web_did(settings.public_url), now)
    profile: dict[str, str] = {"name": settings.issuer_name, "url": settings.issuer_url}
    if settings.issuer_email:
        profile["email"] = settings.issuer_email
    members: JsonObject = profile
    did = key.verification_method.partition("#")[0]
    return OrganisationRecord(did, members, (key,), name=settings.issuer_name, created_at=now)


def web_did(public_url: str) -> str:
    """Return the did:web; "" where the address cannot be one.

    That is plain http, an IP address, this machine itself, or a port, which verifiers do not follow, ours
    included (B14).
    """
    if not is_https(public_url) or is_loopback(host_of(public_url)):
        return ""
    if split_address(public_url).port not in (None, 443):
        return ""
    try:
        return did_web(public_url)
    except InputError:
        return ""


@dataclass(frozen=True)
class InToken:
    """A key in hardware. `is_there`: it already exists there."""

    label: str
    is_there: bool = False


@dataclass(frozen=True)
class InKms:
    """A key that already exists in AWS KMS."""

    arn: str


def new_key(
    settings: Settings,
    did: str,
    now: datetime,
    key_type: KeyType = KeyType.ED25519,
    place: InToken | InKms | None = None,
) -> SigningKeyRecord:
    """Create a key and its record, in a file or at `place`.

    An empty `did` means the new key's own did:key.
    """
    if place is None:
        uri, public_key = _new_key_file(settings, key_type)
    elif isinstance(place, InToken):
        uri, public_key = _token_key(settings, place, key_type)
    else:
        uri = f"{KMS_SCHEME}{place.arn}"
        in_kms = open_kms_key(uri)
        in_kms.sign(b"may we")  # reading a key and signing with it are two permissions
        public_key = in_kms.public_key_multibase
    controller = did or did_key(public_key)
    return SigningKeyRecord(
        verification_method=f"{controller}#{public_key}",
        public_key_multibase=public_key,
        signer_uri=uri,
        state=KeyState.ACTIVE,
        created_at=now,
        activated_at=now,
    )


def _new_key_file(settings: Settings, key_type: KeyType) -> tuple[str, str]:
    name = free_key_name(settings.keys_dir)
    made = create_key_file(settings.keys_dir, name, passphrase=settings.key_passphrase, key_type=key_type)
    return f"{FILE_SCHEME}{name}.pem", made


def _token_key(settings: Settings, place: InToken, key_type: KeyType) -> tuple[str, str]:
    hardware = require_hardware(settings)
    uri = uri_of(hardware, place.label)
    signer = (
        open_token_key(uri, hardware) if place.is_there else create_token_key(hardware, place.label, key_type)
    )
    return uri, signer.public_key_multibase


def require_hardware(settings: Settings) -> Hardware:
    """Return the token. Raises SettingsError where none is set."""
    if settings.hardware is None:
        names = ", ".join(f"{PREFIX}PKCS11_{name}" for name in ("MODULE", "TOKEN", "PIN"))
        raise SettingsError(f"no token is set: {names} name one")
    return settings.hardware


def free_key_name(keys_dir: Path) -> str:
    """Return the next free key file name."""
    number = 1
    while (keys_dir / f"issuer-{number}.pem").exists():
        number += 1
    return f"issuer-{number}"
