"""Which states follow which, and what is written when they do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.store.store import Store
from tests.testkit import lots
from tests.unit.store.samples import issue, order, reserve

_S = CredentialState
_ALLOWED = {
    (_S.ACTIVE, _S.SUSPENDED),
    (_S.ACTIVE, _S.REVOKED),
    (_S.SUSPENDED, _S.ACTIVE),
    (_S.SUSPENDED, _S.REVOKED),
}


def _in_state(store: Store, state: CredentialState, now: datetime) -> CredentialRecord:
    if state in (_S.PENDING, _S.FAILED):
        record = reserve(store, order(now), now)
        if state is _S.FAILED:
            lots.fail(store, record.id, "why", now)
    else:
        record = issue(store, now)
        store.credentials.set_state(record.id, state, reason="before", now=now, actor="t")
    found = store.credentials.get(record.id)
    assert found is not None
    assert found.state is state
    return found


@pytest.mark.parametrize("before", CredentialState)
def test_every_pair_of_states(filled: Store, now: datetime, before: CredentialState) -> None:
    for after in CredentialState:
        record = _in_state(filled, before, now)
        lines = filled.audit.of_subject(record.id)
        if after is before:
            assert _set(filled, record, after, now) == record
        elif (before, after) in _ALLOWED:
            assert _set(filled, record, after, now).state is after
        else:
            with pytest.raises(ConflictError, match=before.value):
                _set(filled, record, after, now)
            assert filled.credentials.get(record.id) == record
        changed = (before, after) in _ALLOWED
        assert len(filled.audit.of_subject(record.id)) == len(lines) + changed


def _set(store: Store, record: CredentialRecord, state: CredentialState, now: datetime) -> CredentialRecord:
    later = now + timedelta(hours=1)
    return store.credentials.set_state(record.id, state, reason="new", now=later, actor="console")


def test_a_change_tells_when_why_and_by_whom(filled: Store, now: datetime) -> None:
    record = issue(filled, now)
    changed = _set(filled, record, _S.REVOKED, now)

    later = now + timedelta(hours=1)
    assert (changed.state, changed.reason, changed.changed_at) == (_S.REVOKED, "new", later)
    assert changed.signed == record.signed
    detail = {"from": "active", "to": "revoked", "reason": "new"}
    line = AuditRecord(later, "console", "credential.state", record.id, detail)
    assert filled.audit.of_subject(record.id)[1:] == (line,)


def test_an_unknown_credential(filled: Store, now: datetime) -> None:
    with pytest.raises(NotFoundError):
        filled.credentials.set_state("x", _S.REVOKED, reason="", now=now, actor="t")
