"""One award: among valid credentials there is one for each member, achievement and award key.

A credential's `award` column names what it alone stands for, enforced by a unique index. A later order for
the same award gets this credential, whichever way it came, and its key is stored in `repeated_orders`. A
credential stands for nothing once it is revoked or failed, or has expired if the achievement may then be
awarded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from credserv.store.define.achievements import AchievementRepository
from credserv.store.frame.database import insert_all_absent
from credserv.store.frame.prepared import execute_many, select_all
from credserv.store.hold.credential_rows import Claim, Key
from credserv.store.tables import credentials, repeated_orders

# A shared lock on PostgreSQL, so that none of them fails before the orders that join it are stored.
_HELD = (
    select(
        credentials.c.id,
        credentials.c.award,
        credentials.c.achievement_key,
        credentials.c.achievement_version,
        credentials.c.awarded_at,
    )
    .where(
        credentials.c.organisation_id == bindparam("own"),
        credentials.c.award.in_(bindparam("awards", expanding=True)),
    )
    .order_by(credentials.c.id)
    .with_for_update(read=True)
)
_RELEASE = (
    update(credentials)
    .where(credentials.c.id == bindparam("of"), credentials.c.award == bindparam("held"))
    .values(award=None)
)
_FORGET = delete(repeated_orders).where(
    repeated_orders.c.credential_id.in_(bindparam("failed", expanding=True))
)


class Awards:
    def __init__(self, organisation_id: str, achievements: AchievementRepository) -> None:
        self._organisation_id = organisation_id
        self._achievements = achievements

    def join(
        self, connection: Connection, claims: Sequence[Claim], awards: Mapping[Key, str | None]
    ) -> list[Claim]:
        """Record which credential answers each claim whose award is held already.

        Args:
            awards: By the claim's key.

        Returns:
            The other claims, which have to be inserted because nobody holds their award any more.
        """
        sought = sorted({award for claim in claims if (award := awards[claim.key]) is not None})
        rows = select_all(connection, _HELD, {"own": self._organisation_id, "awards": sought})
        held = {row.award: row for row in rows}
        left, ended = [], {}
        for claim in claims:
            award = awards[claim.key]
            holder = held.get(award or "")
            if holder is None or award is None:
                left.append(claim)
            elif claim.renews and self._has_ended(holder, claim):
                ended[holder.id] = award
                left.append(claim)
            else:
                self._keep(connection, claim, holder.id)
        if ended:
            execute_many(
                connection, _RELEASE, [{"of": known, "held": ended[known]} for known in sorted(ended)]
            )
        return left

    def _has_ended(self, holder: Any, claim: Claim) -> bool:
        version = self._achievements.get(holder.achievement_key, holder.achievement_version)
        ends = None if version is None else version.ends(holder.awarded_at)
        return ends is not None and ends <= claim.order.awarded_at

    def _keep(self, connection: Connection, claim: Claim, credential_id: str) -> None:
        row = {
            "organisation_id": self._organisation_id,
            "scope": claim.order.scope,
            "idempotency_key": claim.order.idempotency_key,
            "order_sha256": claim.order.order_sha256,
            "credential_id": credential_id,
        }
        insert_all_absent(connection, repeated_orders, [row])


def forget_failed(connection: Connection, credential_ids: Sequence[str]) -> None:
    """Free the orders that joined a credential that will never be issued, so
    that they are tried by themselves.
    """
    connection.execute(_FORGET, {"failed": list(credential_ids)})


def move_awards(connection: Connection, credential_ids: Sequence[str], membership_id: str) -> None:
    """Move the credentials to a member.

    If two stand for the same award, both stay valid, and one answers further orders.
    """
    found = select(credentials.c.id, credentials.c.organisation_id, credentials.c.award).where(
        credentials.c.id.in_(credential_ids), credentials.c.award.is_not(None)
    )
    for row in connection.execute(found.order_by(credentials.c.id)).all():
        moved = f"{membership_id}/{row.award.partition('/')[2]}"
        if moved == row.award:
            continue
        same = select(credentials.c.id).where(
            credentials.c.organisation_id == row.organisation_id, credentials.c.award == moved
        )
        taken = connection.execute(same).first() is not None
        change = update(credentials).where(credentials.c.id == row.id)
        connection.execute(change.values(award=None if taken else moved))
