"""What one installation keeps in its data folder, and how it begins.

Beside the database the data folder holds the two secrets (files `secret_key` and `key_passphrase`, mode
0600) and `credserv.env`, the settings that it was begun with. They stand in for variables that are not
set; what the environment says always wins. So `credserv init` once, and every later command finds its way.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from credserv.app.settings import PREFIX, Settings
from credserv.ground.addresses import host_of, is_loopback
from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import InputError, NotFoundError, SettingsError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.signer import create_key_file
from credserv.proof.keys.verification_method import did_key, did_web
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.store.store import Store, open_store

SECRET_FILES = {"SECRET_KEY": "secret_key", "KEY_PASSPHRASE": "key_passphrase"}
REMEMBERED_FILE = "credserv.env"
_SECRET_BYTES = 48


def compose_environment(environ: Mapping[str, str], data_dir: Path | None = None) -> dict[str, str]:
    """The environment with what the data folder remembers beneath it.

    data_dir: keeps everything of the installation, its keys too; None for what the environment says.
    Raises SettingsError when the remembered settings cannot be read.
    """
    given = {name: value for name, value in environ.items() if value or not name.startswith(PREFIX)}
    if data_dir is not None:
        given[f"{PREFIX}DATA_DIR"] = str(data_dir.absolute())
        given.setdefault(f"{PREFIX}KEYS_DIR", str(data_dir.absolute() / "keys"))
    folder = data_folder(given)
    kept = _read_remembered(folder / REMEMBERED_FILE)
    for name, file in SECRET_FILES.items():
        if (folder / file).exists():
            kept[f"{PREFIX}{name}_FILE"] = str(folder / file)
    return {**{name: value for name, value in kept.items() if not _is_given(name, given)}, **given}


def data_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get(f"{PREFIX}DATA_DIR") or "data").absolute()


def remember(folder: Path, settings: Mapping[str, str]) -> None:
    """Keep settings (name without prefix, to value) for later commands; others that were kept stay."""
    chosen = {PREFIX + name: value for name, value in settings.items()}
    kept = {**_read_remembered(folder / REMEMBERED_FILE), **chosen}
    if any("\n" in value for value in kept.values()):
        raise SettingsError("a setting is one line of text")
    lines = "".join(f"{name}={value}\n" for name, value in sorted(kept.items()))
    fresh = folder / f"{REMEMBERED_FILE}.new"
    fresh.write_text(f"# What this installation was begun with. Variables that are set win.\n{lines}")
    fresh.replace(folder / REMEMBERED_FILE)


def create_secrets(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Make the data folder (0700), and each secret that nothing gives yet; returns the new files."""
    folder = data_folder(environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for name, file in SECRET_FILES.items():
        path = folder / file
        if not _is_given(f"{PREFIX}{name}", environ) and not path.exists():
            _write_secret(path, secrets.token_urlsafe(_SECRET_BYTES))
            made.append(path)
    return tuple(made)


def begin(environ: Mapping[str, str], chosen: Mapping[str, str], *, now: datetime) -> tuple[str, ...]:
    """Make all that is missing and remember what was chosen; returns the lines that tell of it.

    chosen: settings by name without prefix. Raises SettingsError.
    """
    folder = data_folder(environ)
    made = [f"Made {path}" for path in create_secrets(environ)]
    wanted = compose_environment({**environ, **{PREFIX + name: value for name, value in chosen.items()}})
    settings = Settings.from_env(wanted)
    if chosen:
        remember(folder, chosen)
    store, is_new = prepare(settings, now=now)
    issuer = require_issuer(store)
    lines = [*made, f"Issuer {issuer.did}" + ("" if is_new else " (was there before)")]
    lines += [
        f"Key {key.signer_uri} {key_fingerprint(key.public_key_multibase)}"
        for key in issuer.keys
        if key.state is KeyState.ACTIVE
    ]
    return tuple(lines)


def prepare(settings: Settings, *, now: datetime) -> tuple[Store, bool]:
    """The store, migrated, with an issuer in it; and whether the issuer was made just now.

    Safe to repeat. Raises SettingsError, SigningKeyError, UnavailableError.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    store.migrate()
    if store.organisation.get() is not None:
        return store, False
    store.organisations.create(_new_issuer(settings, now), now)
    return store, True


def require_issuer(store: Store) -> OrganisationRecord:
    """Raises SettingsError, with the way to mend it, when there is none yet."""
    issuer = store.organisation.get()
    if issuer is None:
        raise SettingsError("there is no issuer yet: `credserv init` makes one")
    return issuer


def create_key(
    settings: Settings,
    store: Store,
    *,
    now: datetime,
    key_type: KeyType = KeyType.ED25519,
    pending: bool = False,
) -> SigningKeyRecord:
    """A new signing key for a did:web issuer; the key that was activated last signs.

    pending: it is published and signs nothing until `activate_key`, so that whoever keeps the DID document
    for a while knows it by then. Raises InputError for did:key.
    """
    issuer = require_issuer(store)
    if not issuer.did.startswith("did:web:"):
        raise InputError(
            "this issuer is a did:key, which is its one key: another key would be another issuer. "
            "Keys can be changed where public_url is https with a domain name (did:web)"
        )
    key = new_key(settings, issuer.did, now, key_type)
    if pending:
        key = replace(key, state=KeyState.PENDING, activated_at=None)
    with store.transaction():
        store.organisation.add_key(key)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_CREATED, key.verification_method))
    return key


def retire_key(store: Store, verification_method: str, *, now: datetime) -> None:
    """Sign no longer with a key; it stays published. Raises NotFoundError, InputError for the last one."""
    active = [key for key in require_issuer(store).keys if key.state is KeyState.ACTIVE]
    if verification_method not in [key.verification_method for key in active]:
        raise NotFoundError(f"there is no active key {verification_method}: `credserv keys list` shows them")
    if len(active) == 1:
        raise InputError("this is the only active key: make another first, with `credserv keys create`")
    with store.transaction():
        store.organisation.retire_key(verification_method, now)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_RETIRED, verification_method))


def activate_key(store: Store, verification_method: str, *, now: datetime) -> None:
    """Sign with a pending key from now on; the others stay active. Raises NotFoundError."""
    pending = [key for key in require_issuer(store).keys if key.state is KeyState.PENDING]
    if verification_method not in [key.verification_method for key in pending]:
        raise NotFoundError(f"there is no pending key {verification_method}: `credserv keys list` shows them")
    with store.transaction():
        store.organisation.activate_key(verification_method, now)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_ACTIVATED, verification_method))


def revoke_key(store: Store, verification_method: str, *, now: datetime) -> None:
    """Withdraw a compromised key, for good: nothing that it signed verifies from now on.

    Raises NotFoundError, InputError for the last active key and for a did:key, which is its key.
    """
    issuer = require_issuer(store)
    known = {key.verification_method: key for key in issuer.keys if key.state is not KeyState.COMPROMISED}
    if verification_method not in known:
        raise NotFoundError(f"there is no key {verification_method}: `credserv keys list` shows them")
    if issuer.did.startswith("did:key:"):
        raise InputError("this issuer is a did:key, which cannot withdraw its key: it is the key")
    active = [key for key in known.values() if key.state is KeyState.ACTIVE]
    if active == [known[verification_method]]:
        raise InputError("this is the only active key: make another first, with `credserv keys create`")
    with store.transaction():
        store.organisation.revoke_key(verification_method, now)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_REVOKED, verification_method))


def key_fingerprint(public_key_multibase: str) -> str:
    """SHA-256 of the raw public key, in hex, to be compared by eye."""
    _, public_key = decode_multikey(public_key_multibase)
    return "SHA256:" + hashlib.sha256(public_key).hexdigest()


def _new_issuer(settings: Settings, now: datetime) -> OrganisationRecord:
    """did:web where the public address has a domain name to stand for, else did:key."""
    key = new_key(settings, web_did(settings.public_url), now)
    profile: dict[str, str] = {"name": settings.issuer_name, "url": settings.issuer_url}
    if settings.issuer_email:
        profile["email"] = settings.issuer_email
    members: JsonObject = profile
    did = key.verification_method.partition("#")[0]
    return OrganisationRecord(did, members, (key,), name=settings.issuer_name, created_at=now)


def web_did(public_url: str) -> str:
    """Empty where the address cannot be one: plain http, a bare IP address, this machine itself."""
    if not public_url.startswith("https://") or is_loopback(host_of(public_url)):
        return ""
    try:
        return did_web(public_url)
    except InputError:
        return ""


def new_key(
    settings: Settings, did: str, now: datetime, key_type: KeyType = KeyType.ED25519
) -> SigningKeyRecord:
    """A key file and its record; did: empty for the did:key of the new key itself."""
    name = _free_name(settings.keys_dir)
    public_key = create_key_file(
        settings.keys_dir, name, passphrase=settings.key_passphrase, key_type=key_type
    )
    controller = did or did_key(public_key)
    return SigningKeyRecord(
        verification_method=f"{controller}#{public_key}",
        public_key_multibase=public_key,
        signer_uri=f"file:{name}.pem",
        state=KeyState.ACTIVE,
        created_at=now,
        activated_at=now,
    )


def _free_name(keys_dir: Path) -> str:
    number = 1
    while (keys_dir / f"issuer-{number}.pem").exists():
        number += 1
    return f"issuer-{number}"


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    """Whether the variable, or its `_FILE` form, is set."""
    plain = name.removesuffix("_FILE")
    return bool(given.get(plain) or given.get(f"{plain}_FILE"))


def _read_remembered(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: mend its mode, or move it away") from error
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _write_secret(path: Path, secret: str) -> None:
    """A new file that nobody else may read, never over an old one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
