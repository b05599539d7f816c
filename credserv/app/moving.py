"""Move an organisation to another installation, with keys, lists and history.

If its public address stays the same, all its badges still verify: their ids, status lists and DID name it.
Only one of the two installations may sign. The one it leaves marks it as moved before the first row is read,
and signs nothing for it from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from credserv import __version__
from credserv.app.addresses import address_under, public_url_of
from credserv.app.did_histories import continue_history
from credserv.app.founding import require_origin
from credserv.app.installation import free_key_name, require_issuer, web_did
from credserv.app.moving_file import FileHead, FileRow, Say, SealedRows, new_file
from credserv.app.settings import Settings
from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, InputError, SigningKeyError
from credserv.ground.names import SLUG_RULE, is_slug
from credserv.journeys.publish.journal import compare
from credserv.proof.keys.signer import FILE_SCHEME, open_private_key, read_private_key, write_private_key
from credserv.proof.keys.verification_method import did_key
from credserv.records.audit import Action, AuditRecord
from credserv.records.organisations import KeyState, OrganisationRecord, SigningKeyRecord
from credserv.status.journal import StatusJournal
from credserv.store.frame.sealed_file import Passphrase
from credserv.store.store import Store

_SIGNING = (KeyState.ACTIVE, KeyState.PENDING)
ABSENT = "absent:"  # signer of a key whose private half was not included: it no longer signs


def export_organisation(
    settings: Settings,
    store: Store,
    path: Path,
    passphrase: str,
    *,
    close: bool,
    actor: str,
    now: datetime,
    say: Say,
) -> FileHead:
    """Write the store's organisation to a new file, completely or not at all.

    Args:
        close: mark it as moved first, if it is not. A file of one that still signs here would make two
            installations sign.

    Raises:
        InputError: the file cannot be written.
        ConflictError: it still signs here, and `close` is false.
        SigningKeyError: a key does not open.
    """
    sealed_with = Passphrase(passphrase)
    sealed_with.require_long()
    issuer = require_issuer(store)
    private = {
        key.verification_method: _private(settings, key) for key in issuer.keys if key.state in _SIGNING
    }
    if path.exists():
        raise InputError(f"{path} is there already")
    journal = StatusJournal(settings.status_journal)
    if journal.exists() and (older := compare(store, journal).older):
        raise ConflictError(
            f"the database is older than what was published ({older}): run `credserv lists merge` first"
        )
    if issuer.moved_at is None:
        if not close:
            raise ConflictError(
                f"{issuer.id} signs here, and would sign in two places. With --close it is marked as moved, "
                "and signs nothing here from then on"
            )
        with store.transaction():
            store.organisation.mark_moved(now)
            store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_MOVED, issuer.id, {"to": path.name}))
        say(f"{issuer.id} is marked as moved: this installation signs nothing for it any more.")
    head = _head(settings, store, issuer, now, say)
    with new_file(path, sealed_with, head, say) as rows:
        for table, row in store.moving.read():
            key = private.get(str(row.get("verification_method")), "") if table == "signing_keys" else ""
            rows.add(table, row, private_key=key)
    return head


def _private(settings: Settings, key: SigningKeyRecord) -> str:
    der = read_private_key(key.signer_uri, keys_dir=settings.keys_dir, passphrase=settings.key_passphrase)
    return der.hex()


def _head(settings: Settings, store: Store, issuer: OrganisationRecord, now: datetime, say: Say) -> FileHead:
    say("Comparing the audit trail with its chain")
    while store.audit_seals.seal():
        pass
    fault, newest = store.audit_seals.first_fault(), store.audit_seals.head()
    if fault is not None:
        say(f"The audit trail was changed, at seal {fault.position}: {fault.what}. The file says so.")
    return FileHead(
        organisation=issuer.id,
        name=issuer.name,
        did=issuer.did,
        public_url=public_url_of(settings, issuer),
        exported_at=format_instant(now),
        release=__version__,
        schema=store.schema_revision(),
        trail_head="" if newest is None else f"{newest.position}:{newest.sha256}",
        trail_fault="" if fault is None else f"{fault.position}: {fault.what}",
    )


@dataclass(frozen=True)
class Arrival:
    """An organisation that can be imported.

    Attributes:
        slug, address, public_url: what it will have here.
        loses: what will no longer verify because its public address changes; "" for nothing.
    """

    file: SealedRows
    head: FileHead
    slug: str
    address: str | None
    public_url: str
    loses: str

    @property
    def badges(self) -> int:
        return self.file.rows["credentials"]


def require_arrival(
    settings: Settings,
    store: Store,
    path: Path,
    passphrase: str,
    *,
    slug: str | None,
    new_address: bool,
    say: Say,
) -> Arrival:
    """Read a whole file without writing, and return how its organisation would be here.

    Args:
        slug: its short name here; None for its former one.
        new_address: whether its public address may change.

    Raises InputError for a file that cannot be imported, ConflictError for what is taken.
    """
    file = SealedRows(path, Passphrase(passphrase), schema=store.schema_revision(), say=say)
    head = file.head()
    wanted = slug or head.organisation
    if not is_slug(wanted):
        raise InputError(f"an organisation's short name is {SLUG_RULE}")
    known = store.organisations.list()
    if any(one.id == wanted for one in known):
        raise ConflictError(
            f"there is an organisation {wanted} here already: --as gives it another short name"
        )
    if any(one.did == head.did for one in known):
        raise ConflictError(f"an organisation with the DID {head.did} is here already")
    address, is_same = _place(settings, wanted, head.public_url)
    public_url = address or address_under(settings, wanted)
    if any(public_url_of(settings, one) == public_url for one in known):
        raise ConflictError(f"an organisation is at {public_url} already")
    _require_rows(file, head)
    loses = "" if is_same and _is_did_of(head) else _told_loss(head, public_url, file)
    if loses and not new_address:
        raise InputError(
            f"{loses} To keep them, give this installation that public address. To take it in all the same, "
            "give --new-address"
        )
    return Arrival(file, head, wanted, address, public_url, loses)


def _place(settings: Settings, slug: str, public_url: str) -> tuple[str | None, bool]:
    """Return its own address that keeps its public address the same, and whether it does."""
    if address_under(settings, slug) == public_url:
        return None, True
    if urlsplit(public_url).path:
        return None, False
    try:
        return require_origin(settings, public_url), True
    except ConflictError as error:
        raise ConflictError(
            f"{public_url} is this installation's own address, where its first organisation is: with --as "
            "main the file is taken in there, as long as there is none yet (`credserv init --empty`)"
        ) from error
    except InputError:
        return None, False


def _is_did_of(head: FileHead) -> bool:
    return head.did.startswith("did:key:") or head.did == web_did(head.public_url)


def _told_loss(head: FileHead, public_url: str, file: SealedRows) -> str:
    badges, lists = file.rows["credentials"], file.rows["status_lists"]
    did = "" if head.did.startswith("did:key:") else f", and so does its DID {head.did}"
    return (
        f"{head.name} was at {head.public_url} and would be at {public_url} here. Its {badges} badges and "
        f"{lists} status lists name the address that it had{did}: once nothing answers there, none of them "
        "verifies, unless that address forwards everything to the new one."
    )


def _require_rows(file: SealedRows, head: FileHead) -> None:
    """Check every row to the end of the file."""
    signs = False
    for row in file.read("checked"):
        if row.table.name == "organisations":
            told = (row.values["id"], row.values["name"], row.values["did"])
            if told != (head.organisation, head.name, head.did):
                raise InputError("the file holds another organisation than it says")
        if row.table.name == "signing_keys":
            _require_key(row, head.did)
            signs = signs or row.values["state"] == KeyState.ACTIVE.value
    if not file.rows["organisations"] or not signs:
        raise InputError("the file holds no organisation with a key that signs")


def _require_key(row: FileRow, did: str) -> None:
    public_key = row.values["public_key_multibase"]
    if row.values["verification_method"] != f"{did}#{public_key}":
        raise InputError("the file holds a key of another issuer")
    if did.startswith("did:key:") and did != did_key(public_key):
        raise InputError("the file holds a key that is not the one of its DID")
    if row.values["state"] in [state.value for state in _SIGNING] and _opened(row) != public_key:
        raise InputError("a private key in the file does not belong to its public one")


def _opened(row: FileRow) -> str:
    try:
        return open_private_key(bytes.fromhex(row.private_key)).public_key_multibase
    except (ValueError, SigningKeyError) as error:
        raise InputError("a private key in the file is missing, or is none") from error


def take_in(
    settings: Settings, store: Store, arrival: Arrival, *, actor: str, now: datetime
) -> OrganisationRecord:
    """Write what `require_arrival` read, all or nothing; every process serves it within a second.

    Raises as `require_arrival` if the file or the installation has changed since.
    """
    own = store.of(arrival.slug)
    with _new_key_files() as made, store.transaction(savepoints=False):
        rows = (_here(settings, row, made) for row in arrival.file.read("stored"))
        own.moving.write(rows, address=arrival.address)
        own.audit.add(
            AuditRecord(now, actor, Action.ORGANISATION_IMPORTED, arrival.slug, _trail(arrival.head))
        )
        continue_history(own, actor=actor, now=now, place=web_did(arrival.public_url))
    return require_issuer(own)


def _trail(head: FileHead) -> dict[str, str]:
    told = {"from": head.public_url, "name": head.organisation, "exported_at": head.exported_at}
    return {**told, "trail_head": head.trail_head, "trail_fault": head.trail_fault}


def _here(settings: Settings, row: FileRow, made: list[Path]) -> tuple[Any, dict[str, Any]]:
    """Return a row as stored here: a key goes into a file of this installation."""
    if row.table.name != "signing_keys":
        return row.table, row.values
    uri = ABSENT
    if row.private_key:
        path = write_private_key(
            settings.keys_dir,
            free_key_name(settings.keys_dir),
            bytes.fromhex(row.private_key),
            passphrase=settings.key_passphrase,
        )
        made.append(path)
        uri = f"{FILE_SCHEME}{path.name}"
    return row.table, {**row.values, "signer_uri": uri}


@contextmanager
def _new_key_files() -> Iterator[list[Path]]:
    """Collect new key files, and delete them if the rest fails."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
