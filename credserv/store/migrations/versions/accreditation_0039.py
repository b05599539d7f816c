"""Programmes, applications, and the life of accreditations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("about", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("is_upheld", sa.Boolean()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_appeals_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appeals"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_appeals_organisation_id_reference"),
    )
    op.create_index("ix_appeals_credential_id", "appeals", ["credential_id"])
    op.create_table(
        "programmes",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("retires_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_programmes_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "key", "version", name="pk_programmes"),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_applications_membership_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "programme_key", "programme_version"],
            ["programmes.organisation_id", "programmes.key", "programmes.version"],
            name="fk_applications_programme",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_applications_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        sa.UniqueConstraint("credential_id", name="uq_applications_credential_id"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_applications_organisation_id_reference"),
    )
    op.create_index("ix_applications_membership_id", "applications", ["membership_id"])
    op.create_index(
        "ix_applications_organisation_id_state_applied_at",
        "applications",
        ["organisation_id", "state", "applied_at"],
        unique=False,
    )
    op.create_table(
        "founders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_founders_membership_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_founders_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_founders"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_founders_organisation_id_reference"),
    )
    op.create_index("ix_founders_membership_id", "founders", ["membership_id"])
    op.create_table(
        "practice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_practice_membership_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_practice_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_practice"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_practice_organisation_id_reference"),
    )
    op.create_index("ix_practice_membership_id", "practice", ["membership_id"])
    op.create_table(
        "application_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("competency", sa.Text()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_application_evidence_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_application_evidence_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_application_evidence"),
        sa.UniqueConstraint(
            "organisation_id", "reference", name="uq_application_evidence_organisation_id_reference"
        ),
    )
    op.create_index(
        "ix_application_evidence_application_id",
        "application_evidence",
        ["application_id"],
        unique=False,
    )
    op.create_table(
        "endorsements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("endorser_id", sa.Text()),
        sa.Column("endorser_did", sa.Text(), nullable=False),
        sa.Column("competency", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_received", sa.String(length=32), nullable=False),
        sa.Column("is_witness", sa.Boolean(), nullable=False),
        sa.Column("signed", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_endorsements_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_endorsements_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_endorsements"),
        sa.UniqueConstraint("organisation_id", "reference", name="uq_endorsements_organisation_id_reference"),
    )
    op.create_index("ix_endorsements_application_id", "endorsements", ["application_id"])
    op.create_index("ix_endorsements_endorser_id", "endorsements", ["endorser_id"])
    op.create_table(
        "accreditations",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_review_since", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_accreditations_application_id"
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_accreditations_credential_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_accreditations_membership_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_accreditations_organisation_id"
        ),
        sa.PrimaryKeyConstraint("credential_id", name="pk_accreditations"),
        sa.UniqueConstraint("application_id", name="uq_accreditations_application_id"),
        sa.UniqueConstraint(
            "organisation_id", "reference", name="uq_accreditations_organisation_id_reference"
        ),
    )
    op.create_index("ix_accreditations_membership_id", "accreditations", ["membership_id"], unique=False)
    op.create_index(
        "ix_accreditations_organisation_id_programme_key",
        "accreditations",
        ["organisation_id", "programme_key"],
        unique=False,
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["accreditations.credential_id"], name="fk_holds_credential_id"
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_holds_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_credential_id", "holds", ["credential_id"])
    op.create_table(
        "revocations",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["accreditations.credential_id"], name="fk_revocations_credential_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_revocations_organisation_id"
        ),
        sa.PrimaryKeyConstraint("credential_id", name="pk_revocations"),
    )
    op.create_table(
        "terms",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("programme_version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("term_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed", sa.LargeBinary()),
        sa.Column("stored_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["accreditations.credential_id"], name="fk_terms_credential_id"
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_terms_organisation_id"),
        sa.PrimaryKeyConstraint("credential_id", "number", name="pk_terms"),
    )
    op.create_index(
        "ix_terms_organisation_id_term_end", "terms", ["organisation_id", "term_end"], unique=False
    )


def downgrade() -> None:
    for table in (
        "appeals",
        "revocations",
        "holds",
        "terms",
        "accreditations",
        "endorsements",
        "practice",
        "application_evidence",
        "applications",
        "founders",
        "programmes",
    ):
        op.drop_table(table)
