"""One award: among valid credentials there is one for each member, achievement and award key.

A credential's `award` column names what it alone stands for, enforced by a unique index. A later order for
the same award gets this credential, whichever way it came, and its key is stored in `repeated_orders`. A
credential stands for nothing once it is revoked or failed, or has expired if the achievement may then be
awarded again.

When two members turn out to be one, they may both have the same award. Both credentials stay valid, and one
answers further orders. The other stands beside it: its column ends in that word and an id, and it takes the
place of the first when that one stands for nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from credserv.store.define.achievements import AchievementRepository
from credserv.store.frame.database import insert_all_absent
from credserv.store.frame.prepared import select_all
from credserv.store.hold.credential_rows import Claim, Key
from credserv.store.tables import asserted_identifiers, credentials, repeated_orders

_BESIDE = " beside "  # no name of a level has a blank
_AWARDS = select(
    credentials.c.id,
    credentials.c.organisation_id,
    credentials.c.award,
    credentials.c.achievement_key,
    credentials.c.achievement_version,
    credentials.c.awarded_at,
)
# A shared lock on PostgreSQL, so that none of them fails before the orders that join it are stored.
_HELD = (
    _AWARDS.where(
        credentials.c.organisation_id == bindparam("own"),
        credentials.c.award.in_(bindparam("awards", expanding=True)),
    )
    .order_by(credentials.c.id)
    .with_for_update(read=True)
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
        held: dict[str | None, Any] = {row.award: row for row in rows}
        left = []
        for claim in claims:
            award = awards[claim.key]
            while (holder := held.get(award)) is not None and claim.renews and self._has_ended(holder, claim):
                release(connection, [holder.id])
                held[award] = _holder(connection, holder.organisation_id, holder.award)
            if holder is None:
                left.append(claim)
            else:
                self._keep(connection, claim, holder.id)
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


def key_of(award: str) -> str:
    """Return what a person is awarded of the achievement once."""
    return award.partition(_BESIDE)[0].split("/", 2)[2]


def beside(award: str, credential_id: str) -> str:
    """Return the award, or its key, of a credential that stands beside the one that has it."""
    return f"{award.partition(_BESIDE)[0]}{_BESIDE}{credential_id}"


def release(connection: Connection, credential_ids: Sequence[str]) -> None:
    """Let credentials stand for nothing any more. Those beside them take their places."""
    rows = _standing(connection, credential_ids)
    these = credentials.c.id.in_([row.id for row in rows])
    connection.execute(update(credentials).where(these).values(award=None))
    for row in rows:
        _hand_on(connection, row)


def move_awards(connection: Connection, credential_ids: Sequence[str], membership_id: str) -> None:
    """Move the credentials to a member. Those with an award that the member has stand beside it."""
    for row in _standing(connection, credential_ids):
        before, _, what = row.award.partition("/")
        if before == membership_id:
            continue
        moved = beside(f"{membership_id}/{what}", row.id)
        connection.execute(update(credentials).where(credentials.c.id == row.id).values(award=moved))
        _hand_on(connection, row)
        stand_in(connection, row.id)


def stand_in(connection: Connection, credential_id: str) -> None:
    """Let a credential, or another beside it, answer orders for its award if none does."""
    for row in _standing(connection, [credential_id]):
        _hand_on(connection, row)


def _standing(connection: Connection, credential_ids: Sequence[str]) -> Sequence[Any]:
    found = _AWARDS.where(credentials.c.id.in_(credential_ids), credentials.c.award.is_not(None))
    return connection.execute(found.order_by(credentials.c.id)).all()


def _hand_on(connection: Connection, row: Any) -> None:
    """Give the award that a row stands or stood for, if nobody holds it, to the latest beside it."""
    award = row.award.partition(_BESIDE)[0]
    own = credentials.c.organisation_id == row.organisation_id
    theirs = select(asserted_identifiers.c.id).where(
        asserted_identifiers.c.membership_id == award.partition("/")[0]
    )
    others = select(credentials.c.id, credentials.c.award).where(
        own,
        credentials.c.identifier_id.in_(theirs),
        credentials.c.award.startswith(award + _BESIDE, autoescape=True),
    )
    latest = others.order_by(credentials.c.awarded_at.desc(), credentials.c.id).limit(1)
    while _holder(connection, row.organisation_id, award) is None:
        heir = connection.execute(latest).first()
        if heir is None:
            return
        # Another process may revoke it at this moment.
        still = (credentials.c.id == heir.id) & (credentials.c.award == heir.award)
        connection.execute(update(credentials).where(still).values(award=award))


def _holder(connection: Connection, organisation_id: str, award: str) -> Any:
    own = credentials.c.organisation_id == organisation_id
    return connection.execute(_AWARDS.where(own, credentials.c.award == award)).first()
