"""Revoke, suspend and restore: state, status bit and audit line in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialState
from credserv.records.webhooks import Happening
from credserv.store.connect.webhook_outbox import queue_webhooks
from credserv.store.frame.audit import insert_line
from credserv.store.frame.open_organisation import require_here
from credserv.store.hold.awards import release
from credserv.store.publish.status_lists import StatusListRepository
from credserv.store.tables import credentials, letters

_CHANGES = {
    CredentialState.ACTIVE: {CredentialState.SUSPENDED, CredentialState.REVOKED},
    CredentialState.SUSPENDED: {CredentialState.ACTIVE, CredentialState.REVOKED},
}
_HAPPENINGS = {
    CredentialState.ACTIVE: Happening.RESTORED,
    CredentialState.SUSPENDED: Happening.SUSPENDED,
    CredentialState.REVOKED: Happening.REVOKED,
}


def change_state(
    connection: Connection,
    organisation_id: str,
    status_lists: StatusListRepository,
    credential_id: str,
    state: CredentialState,
    *,
    reason: str,
    now: datetime,
    actor: str,
) -> None:
    """Change a credential's state in the caller's transaction.

    The row is locked first, so concurrent changes come one after another and each sees the previous result.

    Raises:
        NotFoundError: There is no such credential.
        ConflictError: Its state does not allow the change.
        OrganisationMovedError: A change made here would not show at the other installation.
    """
    require_here(connection, organisation_id)
    own = (credentials.c.id == credential_id) & (credentials.c.organisation_id == organisation_id)
    before = _locked_state(connection, own)
    if before is state:
        return
    if state not in _CHANGES.get(before, set()):
        raise ConflictError(f"a credential that is {before.value} cannot become {state.value}")
    connection.execute(
        update(credentials).where(own).values(state=state.value, reason=reason, changed_at=now)
    )
    if state is CredentialState.REVOKED:  # it can be awarded again
        release(connection, [credential_id])
    status_lists.set_bit(connection, credential_id, state is not CredentialState.ACTIVE, now)
    if state is CredentialState.REVOKED:
        connection.execute(delete(letters).where(letters.c.credential_id == credential_id))
    detail = {"from": before.value, "to": state.value, "reason": reason}
    line = AuditRecord(now, actor, Action.CREDENTIAL_STATE, credential_id, detail)
    insert_line(connection, organisation_id, line)
    happening = _HAPPENINGS[state]
    queue_webhooks(connection, organisation_id, happening, [credential_id], now, reason=reason)


def _locked_state(connection: Connection, own: ColumnElement[bool]) -> CredentialState:
    # FOR UPDATE on PostgreSQL. SQLite has no such clause, and only one writer anyway.
    found = select(credentials.c.state).where(own).with_for_update()
    state: str | None = connection.execute(found).scalar_one_or_none()
    if state is None:
        raise NotFoundError("there is no such credential")
    return CredentialState(state)
