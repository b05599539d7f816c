"""What remains of a credential and its copies after its holder was erased: that it was issued, and a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from credserv.ground.encoding import random_token
from credserv.records.credentials import CredentialState
from credserv.records.observations import PersonKind
from credserv.store import tables as t
from credserv.store.operate.personal import THEIRS, Traces

NO_HASH = "0" * 64
_ID_BYTES = 16
_ERASED = "erased"

Digest = Callable[[bytes], str]


def change_credentials(connection: Connection, found: Traces, now: datetime, digest: Digest) -> None:
    """Reduce the credentials.

    Args:
        digest: Returns the hash that stands for signed bytes.
    """
    named = t.credentials.c.identifier_id.in_(found.identifiers) | t.credentials.c.id.in_(found.credentials)
    rows = connection.execute(select(t.credentials).where(named)).all()
    nobody = {row.organisation_id: _nobody(connection, row.organisation_id, now) for row in rows}
    for row in rows:
        identifier_id, person_id = nobody[row.organisation_id]
        values: dict[str, Any] = {
            "recipient_email": None,
            "recipient_did": None,
            "recipient_name": None,
            "award": None,
            "order_sha256": NO_HASH,
            "idempotency_key": _without(row.idempotency_key, found),
            "identifier_id": identifier_id,
        }
        if row.person_id == found.person_id:
            values |= {
                "person_id": person_id,
                "results": [],
                "evidence": [],
                "grounds": None,
                "salt": "",
                "signed": None,
                "reason": "",
                "note": "",
                "hidden_at": now,
                "erased_sha256": digest(row.signed) if row.signed is not None else row.erased_sha256,
            }
            if row.state == CredentialState.PENDING.value:
                values |= {"state": CredentialState.FAILED.value, "note": "its person was erased"}
        connection.execute(update(t.credentials).where(t.credentials.c.id == row.id).values(**values))
    for row in connection.execute(select(t.copies).where(THEIRS[t.copies](found))).all():
        connection.execute(
            update(t.copies)
            .where(t.copies.c.id == row.id)
            .values(
                holder_did=f"{_ERASED}:{row.id}",
                key_thumbprint="",
                salt="",
                signed=None,
                stored_at=row.stored_at or now,
                erased_sha256=digest(row.signed) if row.signed is not None else row.erased_sha256,
            )
        )


def _without(key: str, found: Traces) -> str:
    """Replace a sender's key that names the person by its hash."""
    named = any(address in key.lower() for address in found.addresses)
    return f"{_ERASED}:{hashlib.sha256(key.encode()).hexdigest()}" if named else key


def _nobody(connection: Connection, organisation_id: str, now: datetime) -> tuple[str, str]:
    """Return the identifier and person to which all erased people's credentials belong, one per organisation,
    so that they cannot be told apart.
    """
    own = t.asserted_identifiers.c
    known = (
        select(own.id, t.memberships.c.person_id)
        .join(t.memberships, t.memberships.c.id == own.membership_id)
        .where(own.organisation_id == organisation_id, own.namespace == _ERASED, own.value == _ERASED)
        .order_by(own.id)
        .limit(1)
    )
    row = connection.execute(known).one_or_none()
    if row is not None:
        return row.id, row.person_id
    person_id, member_id, identifier_id = (random_token(_ID_BYTES) for _ in range(3))
    connection.execute(insert(t.people).values(id=person_id, created_at=now))
    connection.execute(
        insert(t.memberships).values(
            id=member_id,
            organisation_id=organisation_id,
            person_id=person_id,
            name="People who were erased",
            search_text="",
            created_at=now,
        )
    )
    connection.execute(
        insert(t.asserted_identifiers).values(
            id=identifier_id,
            membership_id=member_id,
            organisation_id=organisation_id,
            kind=PersonKind.LMS_ID.value,
            value=_ERASED,
            written="",
            created_at=now,
            ended_at=now,
            namespace=_ERASED,
        )
    )
    return identifier_id, person_id
