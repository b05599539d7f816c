"""The DIDs of members, which outlast them, so that what was signed under one keeps verifying."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from credserv.store.tables.base import Instant, index_where, metadata
from credserv.store.tables.organisations import organisation_column

# `membership_id` is not a foreign key, because the document stays when the membership is erased.
member_dids = Table(
    "member_dids",
    metadata,
    Column("did", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", Text, index=True),
    Column("public_key", Text, nullable=False),
    Column("sealed_key", Text),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
index_where(
    "uq_member_dids_live",
    member_dids.c.membership_id,
    where=member_dids.c.retired_at.is_(None) & member_dids.c.membership_id.is_not(None),
)
