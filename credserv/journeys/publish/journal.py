"""The journal of what was published, compared with the database (found.md F4).

`note_list` and `note_change` write it. `compare` detects a database older than the journal, and `merge` adds
to it what was revoked since. Without a journal, as on a new machine, `accept` begins one from the database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import ConflictError, UnavailableError
from credserv.issuing.services import IssuingServices
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState, StatusListRecord
from credserv.status.journal import Known, KnownList, KnownState, StatusJournal
from credserv.store.store import Store

_REASON = "It was so before the database was restored from an older copy."

logger = logging.getLogger(__name__)


def is_behind(issuing: IssuingServices, record: StatusListRecord) -> bool:
    """Return whether more of a list was published than the database knows,
    because it was restored while we run.
    """
    if issuing.journal is None:
        return False
    try:
        known = issuing.journal.known().lists.get(record.id)
    except UnavailableError as error:
        logger.error("%s", error.detail)
        return False
    return known is not None and known.revision > record.revision


def note_list(
    issuing: IssuingServices, record: StatusListRecord, indexes: tuple[int, ...]
) -> tuple[int, ...]:
    """Record a list before it is signed.

    What was once published as revoked stays so, whatever the database says. If the journal cannot be written,
    the list is published anyway.

    Returns:
        The indexes to sign.
    """
    if issuing.journal is None:
        return indexes
    try:
        known = issuing.journal.known().lists.get(record.id, KnownList())
        lost = (known.set_indexes if known.revision > record.revision else known.revoked) - set(indexes)
        if lost:
            logger.error(
                "the database is older than what was published: %s bits of list %s are kept by the journal; "
                "run `credserv lists merge`",
                len(lost),
                record.id,
            )
            return tuple(sorted({*indexes, *lost}))
        issuing.journal.note_published(issuing.issuer.id, record, indexes)
    except UnavailableError as error:
        logger.error("%s", error.detail)
    return indexes


def note_change(issuing: IssuingServices, changed: CredentialRecord) -> None:
    """Record a change of a credential's state. If that fails, its list is recorded later."""
    if issuing.journal is None:
        return
    try:
        with issuing.journal.noting() as journal:
            now = issuing.store.credentials.get(changed.id) or changed
            for one in (now, *issuing.store.copies.faces(now)):
                record = issuing.store.status_lists.get(one.status_list_id)
                if record is not None:
                    journal.note_state(issuing.issuer.id, record, one.id, one.status_index, one.state.value)
    except UnavailableError as error:
        logger.error("%s", error.detail)


@dataclass(frozen=True)
class Comparison:
    """The database compared with the journal.

    Attributes:
        older: Why the database must be older than the journal; "" if it is not.
        is_whole: Whether the journal contains everything that was published.
        damaged: How many of its lines cannot be read.
    """

    older: str
    is_whole: bool
    damaged: int = 0


def compare(store: Store, journal: StatusJournal) -> Comparison:
    """Compare the database with the journal.

    Args:
        store: Of any organisation.

    Raises:
        UnavailableError: One of them cannot be read.
    """
    known = journal.known()
    return Comparison(_older(store, known), known.is_whole, known.damaged)


def _older(store: Store, known: Known) -> str:
    records = {one.id: one for own in _stores(store) for one in own.status_lists.all()}
    for list_id, one in known.lists.items():
        record = records.get(list_id)
        if record is None:
            return f"it has no status list {list_id}, which was published"
        if record.revision < one.revision:
            return f"status list {list_id} was published with changes that it does not have"
    if store.health.last_line() < known.line:
        return "its audit trail ends before what was noted of it"
    return ""


def note_progress(store: Store, journal: StatusJournal) -> None:
    """Record how far the database is, so that an old copy is detected even if nothing was revoked since."""
    journal.note_line(store.health.last_line())


def accept(store: Store, journal: StatusJournal) -> int:
    """Begin a new journal from the database.

    Returns:
        How many bits are set.

    Raises:
        ConflictError: The database is older than the existing journal, so it has to be merged.
    """
    if journal.exists() and (older := _older(store, journal.known())):
        raise ConflictError(f"the database is older than the journal ({older}): run `credserv lists merge`")
    lists: dict[str, KnownList] = {}
    for own in _stores(store):
        for record in own.status_lists.all():
            lists[record.id] = KnownList(
                organisation=own.organisation_id,
                purpose=record.purpose,
                length=record.length,
                revision=record.revision,
                indexes=set(own.status_lists.set_indexes(record.id)),
            )
        for credential_id, list_id, index in own.status_lists.places():
            record_of = own.credentials.get(credential_id) or own.copies.face(credential_id)
            if record_of is not None:
                lists[list_id].states[credential_id] = KnownState(index, record_of.state.value)
    journal.begin_anew(lists, line=store.health.last_line())
    return sum(len(one.set_indexes) for one in lists.values())


@dataclass(frozen=True)
class Merged:
    """The outcome of a merge.

    Attributes:
        changed: Badges whose state was updated.
        kept: Bits of badges that the database does not have.
        left_out: Lists of organisations that the database does not have.
    """

    changed: int
    kept: int
    left_out: int


def merge(store: Store, journal: StatusJournal, *, actor: str, now: datetime) -> Merged:
    """Add to an older database what was published since. Nothing that was revoked becomes valid again.

    No list assigns further indexes, because some that look free were assigned after the copy was made.
    """
    known, stores = journal.known(), {own.organisation_id: own for own in _stores(store)}
    changed = kept = left_out = 0
    with store.transaction():
        for list_id, one in known.lists.items():
            own = stores.get(one.organisation)
            if own is None:
                left_out += 1
                continue
            changed += _bring_states(own, list_id, one, actor, now)
            kept += own.status_lists.restore(
                list_id,
                purpose=one.purpose,
                length=one.length,
                revision=one.revision,
                bits=one.set_indexes,
                now=now,
            )
        for own in stores.values():
            own.status_lists.close_all(now)
        detail = {"changed": changed, "kept": kept, "left_out": left_out}
        store.audit.add(AuditRecord(now, actor, Action.LISTS_MERGED, store.organisation_id, detail))
    journal.path.unlink(missing_ok=True)  # otherwise the database would still count as older
    accept(store, journal)
    return Merged(changed, kept, left_out)


def _bring_states(own: Store, list_id: str, one: KnownList, actor: str, now: datetime) -> int:
    """Update the credentials that the database has.

    A bit that is known only from a list counts as suspended.
    """
    count = 0
    wanted = {credential_id: CredentialState(known.state) for credential_id, known in one.states.items()}
    for credential_id, state in wanted.items():
        record = own.credentials.get(credential_id)
        if record is None and state is CredentialState.REVOKED:
            count += _bring_copy(own, credential_id, actor, now)
        if record is None or record.state in (state, CredentialState.REVOKED) or record.signed is None:
            continue
        _set_state(own, credential_id, state, actor, now)
        count += 1
    unnamed = one.set_indexes - {known.index for known in one.states.values()}
    for credential_id in own.status_lists.active_at(list_id, unnamed):
        if own.credentials.get(credential_id) is None:
            count += _bring_copy(own, credential_id, actor, now)
            continue
        _set_state(own, credential_id, CredentialState.SUSPENDED, actor, now)
        count += 1
    return count


def _set_state(own: Store, credential_id: str, state: CredentialState, actor: str, now: datetime) -> None:
    """Set the state of a badge, and of its accreditation if it has one."""
    own.credentials.set_state(credential_id, state, reason=_REASON, now=now, actor=actor)
    own.accreditations.follow(credential_id, state, by=actor, reason=_REASON, now=now)


def _bring_copy(own: Store, copy_id: str, actor: str, now: datetime) -> bool:
    """Set a revoked copy aside, whatever happens to its award. Return False if there is none."""
    return own.copies.end(copy_id, actor=actor, now=now)


def _stores(store: Store) -> Iterable[Store]:
    return [store.of(known.id) for known in store.organisations.list()]
