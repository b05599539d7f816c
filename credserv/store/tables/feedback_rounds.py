"""360-degree feedback: who was asked, and what was said."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

feedback_rounds = Table(
    "feedback_rounds",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("achievement_key", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
)

# Raters are stored as ids, which lead to nobody once they are erased.
round_answers = Table(
    "round_answers",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("round_id", ForeignKey(feedback_rounds.c.id), nullable=False),
    Column("rater_id", Text, nullable=False, index=True),
    Column("category", String(16), nullable=False),
    Column("level", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    UniqueConstraint("round_id", "rater_id"),
)

# That somebody was asked, and when they answered; the answer is stored elsewhere.
feedback_requests = Table(
    "feedback_requests",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("rater_id", Text, nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("achievement_key", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("round_id", Text),
    Column("answered_at", Instant),
)
