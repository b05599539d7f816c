"""Mentoring: sessions, feedback about them, mentors' offers, and cohorts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "mentor_offers",
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("minutes_a_week", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_mentor_offers_membership_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_mentor_offers_organisation_id"
        ),
        sa.PrimaryKeyConstraint("membership_id", name="pk_mentor_offers"),
    )
    op.create_index("ix_mentor_offers_organisation_id", "mentor_offers", ["organisation_id"])
    op.create_table(
        "cohorts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("competency", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("sponsor", sa.Text(), nullable=False),
        sa.Column("target_role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_cohorts_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cohorts"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_cohorts_organisation_id_reference"),
    )
    op.create_table(
        "cohort_places",
        sa.Column("cohort_id", sa.Text(), nullable=False),
        sa.Column("mentee_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("mentor_id", sa.Text()),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name="fk_cohort_places_cohort_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_cohort_places_organisation_id"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "mentee_id", name="pk_cohort_places"),
    )
    op.create_index("ix_cohort_places_organisation_id", "cohort_places", ["organisation_id"])
    op.create_table(
        "mentoring_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mentor_id", sa.Text(), nullable=False),
        sa.Column("mentee_id", sa.Text(), nullable=False),
        sa.Column("competency", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("mentor_confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("mentee_confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.String(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("objective", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Text()),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name="fk_mentoring_sessions_cohort_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_mentoring_sessions_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mentoring_sessions"),
        sa.UniqueConstraint(
            "organisation_id", "reference", name="uq_mentoring_sessions_organisation_id_reference"
        ),
    )
    op.create_index(
        "ix_mentoring_sessions_organisation_id_held_at",
        "mentoring_sessions",
        ["organisation_id", "held_at"],
        unique=False,
    )
    op.create_index(
        "ix_mentoring_sessions_organisation_id_mentee_id_starts_at",
        "mentoring_sessions",
        ["organisation_id", "mentee_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_mentoring_sessions_organisation_id_mentor_id_starts_at",
        "mentoring_sessions",
        ["organisation_id", "mentor_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "session_feedback",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("rater_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("maximum", sa.Float(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_session_feedback_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["mentoring_sessions.id"], name="fk_session_feedback_session_id"
        ),
        sa.PrimaryKeyConstraint("session_id", "rater_id", name="pk_session_feedback"),
    )
    op.create_index(
        "ix_session_feedback_organisation_id", "session_feedback", ["organisation_id"], unique=False
    )


def downgrade() -> None:
    for table in ("session_feedback", "mentoring_sessions", "cohort_places", "cohorts", "mentor_offers"):
        op.drop_table(table)
