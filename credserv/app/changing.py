"""Change what an installation remembers: one setting at a time, checked before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from credserv.app.did_histories import move_histories
from credserv.app.remembered import (
    SECRET_FILES,
    compose_environment,
    data_folder,
    describe_missing,
    is_begun,
    read_remembered,
    remember,
)
from credserv.app.settings import Settings
from credserv.app.variables import IN_FILES, PREFIX, require_known
from credserv.ground.errors import SettingsError
from credserv.records.audit import Action, AuditRecord
from credserv.store.store import open_store

_SECRET = frozenset(IN_FILES)
_FIXED = ("DATA_DIR", *SECRET_FILES)


def change_setting(
    environ: Mapping[str, str], data_dir: Path | None, name: str, value: str | None, *, now: datetime
) -> tuple[str, ...]:
    """Save a setting for all later starts; returns what else has to be done.

    Args:
        name: with or without prefix.
        value: None to return to the default.

    Raises SettingsError.
    """
    name = name.upper().removeprefix(PREFIX)
    known = [member.name.upper() for member in fields(Settings)]
    kept_in = (data_dir or data_folder(environ)).absolute()
    if value is None and name not in known and PREFIX + name in read_remembered(kept_in):
        remember(kept_in, {name: None})
        return ()
    require_known([PREFIX + name], known)
    if name.removesuffix("_FILE") in _FIXED:
        raise SettingsError(f"{PREFIX}{name} is not kept among the settings: set the variable or its file")
    # Ignore the environment's value of this setting, which would conflict with the change.
    others = {key: text for key, text in environ.items() if key.removesuffix("_FILE") != f"{PREFIX}{name}"}
    before = compose_environment(others, data_dir)
    folder = data_folder(before)
    if not is_begun(folder):
        raise SettingsError(describe_missing(folder))
    wanted = {key: text for key, text in before.items() if key != f"{PREFIX}{name}"}
    settings = Settings.from_env(wanted if value is None else {**wanted, f"{PREFIX}{name}": value})
    said: tuple[str, ...] = ()
    if name == "PUBLIC_URL":
        said = _move(settings, now)
        value = settings.public_url
    elif name == "DATABASE_URL":
        _require_installation(settings)
    remember(folder, {name: value})
    return said


def shown_settings(environ: Mapping[str, str], folder: Path) -> list[tuple[str, str, str]]:
    """Return name, value and origin of every setting that is not the default, with secrets hidden."""
    kept = read_remembered(folder)
    composed = compose_environment(environ, folder)
    rows = []
    for variable in sorted(name for name in composed if name.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX)
        source = "environment" if environ.get(variable) else "remembered" if variable in kept else "folder"
        rows.append((name, "(hidden)" if name in _SECRET else composed[variable], source))
    return rows


def _move(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Move to another public address; what was issued at former ones is still recognised as ours."""
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    try:
        if not store.schema_is_current():
            raise SettingsError("the database is not ready for this release: run `credserv migrate`")
        before, issuer = store.addresses.current(), store.organisation.get()
        with store.transaction():
            store.addresses.move(settings.public_url, now)
            detail = {"from": before or "", "to": settings.public_url}
            store.audit.add(AuditRecord(now, "cli", Action.ADDRESS_CHANGED, store.organisation_id, detail))
            moved = move_histories(settings, store, actor="cli", now=now)
    finally:
        store.close()
    said = [f"Restart the service: it is at {settings.public_url} from then on"]
    if before and before != settings.public_url:
        said.append(f"Keep {before} leading here: every badge that was issued names it")
    if issuer is not None and issuer.did.startswith("did:web:"):
        said.append(f"The issuer stays {issuer.did}: its host has to go on serving the DID document")
    said += [f"The log of its did:webvh goes on as {did}" for did in moved]
    return tuple(said)


def _require_installation(settings: Settings) -> None:
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    try:
        if store.is_empty():
            raise SettingsError("that database holds no installation: copy the one of now there before")
    finally:
        store.close()
