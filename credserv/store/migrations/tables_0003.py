"""The tables as 0003 created them, so that its migration does not depend on later code."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

INSTANT = sa.DateTime(timezone=True)
metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
_Counter = sa.BigInteger().with_variant(sa.Integer, "sqlite")

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("did", sa.Text, nullable=False, unique=True),
    sa.Column("profile", sa.JSON, nullable=False),
    sa.Column("address", sa.Text, unique=True),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("first_weekday", sa.Integer, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("closed_at", INSTANT),
)


def _organisation(**options: Any) -> sa.Column[str]:
    return sa.Column("organisation_id", sa.ForeignKey(organisations.c.id), nullable=False, **options)


_signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("verification_method", sa.Text, primary_key=True),
    _organisation(index=True),
    sa.Column("public_key_multibase", sa.Text, nullable=False, unique=True),
    sa.Column("signer_uri", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("activated_at", INSTANT),
    sa.Column("ended_at", INSTANT),
)

_images = sa.Table(
    "images",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

_achievements = sa.Table(
    "achievements",
    metadata,
    _organisation(primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("achievement", sa.JSON, nullable=False),
    sa.Column("source_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("png_sha256", sa.ForeignKey(_images.c.sha256), nullable=False),
    sa.Column("svg_sha256", sa.ForeignKey(_images.c.sha256)),
    sa.Column("validity_days", sa.Integer),
    sa.CheckConstraint("version > 0", name="version_positive"),
)

_sources = sa.Table(
    "sources",
    metadata,
    _organisation(primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("dialect", sa.Text, nullable=False),
    sa.Column("mapping", sa.JSON, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
)

_source_secrets = sa.Table(
    "source_secrets",
    metadata,
    sa.Column("id", _Counter, primary_key=True),
    sa.Column("organisation_id", sa.String(64), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["organisation_id", "source"], [_sources.c.organisation_id, _sources.c.name]),
    sa.Index(None, "organisation_id", "source"),
)

_events = sa.Table(
    "events",
    metadata,
    sa.Column("organisation_id", sa.String(64), primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("credential_id", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["organisation_id", "source"], [_sources.c.organisation_id, _sources.c.name]),
    sa.Index(None, "organisation_id", "received_at"),
    sa.Index(None, "organisation_id", "state", "received_at"),
)

_people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("created_at", INSTANT, nullable=False),
)

_memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("person_id", sa.ForeignKey(_people.c.id), nullable=False, index=True),
    sa.Column("name", sa.Text),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Column("unit", sa.Text),
    sa.Column("site", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("starts_on", sa.Date),
    sa.Column("ends_on", sa.Date),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.UniqueConstraint("organisation_id", "person_id"),
)

_membership_roles = sa.Table(
    "membership_roles",
    metadata,
    sa.Column("membership_id", sa.ForeignKey(_memberships.c.id), primary_key=True),
    sa.Column("role", sa.String(32), primary_key=True),
)

_grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("membership_id", sa.ForeignKey(_memberships.c.id), nullable=False, index=True),
    sa.Column("achievement_key", sa.Text),
    sa.Column("unit", sa.Text),
    sa.Column("until", INSTANT),
)

_asserted_identifiers = sa.Table(
    "asserted_identifiers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("membership_id", sa.ForeignKey(_memberships.c.id), nullable=False, index=True),
    _organisation(),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("written", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("ended_at", INSTANT),
)
sa.Index(
    "uq_asserted_identifiers_live",
    _asserted_identifiers.c.organisation_id,
    _asserted_identifiers.c.kind,
    _asserted_identifiers.c.value,
    unique=True,
    sqlite_where=_asserted_identifiers.c.ended_at.is_(None),
    postgresql_where=_asserted_identifiers.c.ended_at.is_(None),
)
sa.Index(None, _asserted_identifiers.c.kind, _asserted_identifiers.c.value)

_proved_identifiers = sa.Table(
    "proved_identifiers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.ForeignKey(_people.c.id), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("verified_at", INSTANT, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("signs_in", sa.Boolean, nullable=False),
    sa.Column("receives", sa.Boolean, nullable=False),
    sa.Column("ended_at", INSTANT),
)
sa.Index(
    "uq_proved_identifiers_live",
    _proved_identifiers.c.kind,
    _proved_identifiers.c.value,
    unique=True,
    sqlite_where=_proved_identifiers.c.ended_at.is_(None),
    postgresql_where=_proved_identifiers.c.ended_at.is_(None),
)

_credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("order_sha256", sa.String(64), nullable=False),
    sa.Column("achievement_key", sa.Text, nullable=False),
    sa.Column("achievement_version", sa.Integer, nullable=False),
    sa.Column("recipient_email", sa.Text),
    sa.Column("recipient_did", sa.Text),
    sa.Column("recipient_name", sa.Text),
    sa.Column("awarded_at", INSTANT, nullable=False),
    sa.Column("results", sa.JSON, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("identifier_id", sa.ForeignKey(_asserted_identifiers.c.id), nullable=False, index=True),
    sa.Column("person_id", sa.ForeignKey(_people.c.id), nullable=False, index=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("issued_at", INSTANT, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("signed", sa.LargeBinary),
    sa.Column("changed_at", INSTANT),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.UniqueConstraint("organisation_id", "scope", "idempotency_key"),
    sa.ForeignKeyConstraint(
        ["organisation_id", "achievement_key", "achievement_version"],
        [_achievements.c.organisation_id, _achievements.c.key, _achievements.c.version],
        name="fk_credentials_achievement",
    ),
    sa.Index(None, "organisation_id", "issued_at"),
    sa.Index(None, "organisation_id", "state", "step", "issued_at"),
)

_credential_steps = sa.Table(
    "credential_steps",
    metadata,
    sa.Column("credential_id", sa.ForeignKey(_credentials.c.id), primary_key=True),
    sa.Column("step", sa.String(16), primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
)

_status_lists = sa.Table(
    "status_lists",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("changed_at", INSTANT, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("published_at", INSTANT),
    sa.Column("published_revision", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("signed", sa.LargeBinary),
    sa.UniqueConstraint("organisation_id", "number"),
)

_status_indexes = sa.Table(
    "status_indexes",
    metadata,
    sa.Column("list_id", sa.ForeignKey(_status_lists.c.id), primary_key=True),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("credential_id", sa.ForeignKey(_credentials.c.id), nullable=False, unique=True),
    sa.Column("is_set", sa.Boolean, nullable=False),
    sa.CheckConstraint('"index" >= 0', name="index_not_negative"),
    sa.Index(None, "list_id", "is_set"),
)

_shares = sa.Table(
    "shares",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("credential_id", sa.ForeignKey(_credentials.c.id), nullable=False),
    sa.Column("person_id", sa.ForeignKey(_people.c.id), nullable=False, index=True),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("ended_at", INSTANT),
)

_api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _organisation(index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("last_used_at", INSTANT),
    sa.Column("ended_at", INSTANT),
)

_links = sa.Table(
    "links",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey(organisations.c.id), index=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("expires_at", INSTANT, nullable=False, index=True),
    sa.Column("used_at", INSTANT),
)

_sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey(organisations.c.id), index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("last_seen_at", INSTANT, nullable=False),
    sa.Column("expires_at", INSTANT, nullable=False, index=True),
    sa.Index(None, "kind", "subject"),
)

_audit_lines = sa.Table(
    "audit_lines",
    metadata,
    sa.Column("id", _Counter, primary_key=True),
    _organisation(),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index(None, "organisation_id", "subject"),
)

_trusted_lists = sa.Table(
    "trusted_lists",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("tried_at", INSTANT),
    sa.Column("fetched_at", INSTANT),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.UniqueConstraint("organisation_id", "organisation", "name"),
)

_trusted_issuers = sa.Table(
    "trusted_issuers",
    metadata,
    sa.Column("list_id", sa.ForeignKey(_trusted_lists.c.id), primary_key=True),
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("valid_from", INSTANT),
    sa.Column("valid_until", INSTANT),
    sa.Column("added_at", INSTANT, nullable=False),
)

_shared_results = sa.Table(
    "shared_results",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    _organisation(),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("ends_at", INSTANT, nullable=False, index=True),
)
