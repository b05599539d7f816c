"""The tables. Only the store sees them; Alembic's migrations create them (a test compares the two).

There is one schema for SQLite and PostgreSQL, without types, constraints or indexes that only one of them
has. Each file holds one kind; they are brought together here, because foreign keys connect them.
"""

from __future__ import annotations

from credserv.store.tables.access import api_keys, links, sessions
from credserv.store.tables.accreditation import (
    accreditations,
    appeals,
    application_evidence,
    applications,
    copy_versions,
    endorsements,
    founders,
    holds,
    practice,
    programmes,
    revocations,
    term_reminders,
    terms,
)
from credserv.store.tables.achievements import (
    achievement_translations,
    achievements,
    images,
    rule_versions,
)
from credserv.store.tables.archives import archives
from credserv.store.tables.audits import audit_cases, audits
from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.capacity import capacity_plans
from credserv.store.tables.claiming import issuances, offers, spent_values
from credserv.store.tables.consents import consents
from credserv.store.tables.credentials import (
    bulk_rows,
    bulk_runs,
    copies,
    credentials,
    repeated_orders,
    share_items,
    share_openings,
    shares,
)
from credserv.store.tables.deliveries import (
    letter_words,
    letters,
    link_letters,
    reminders,
    webhook_deliveries,
    webhook_endpoints,
)
from credserv.store.tables.did_histories import did_histories
from credserv.store.tables.directory import directory_groups, directory_members, directory_users
from credserv.store.tables.employment import employment_spells, job_changes
from credserv.store.tables.employment_requests import employment_requests
from credserv.store.tables.feedback_rounds import feedback_requests, feedback_rounds, round_answers
from credserv.store.tables.frameworks import (
    crosswalk_links,
    framework_imports,
    framework_items,
    framework_versions,
    framework_words,
    frameworks,
    role_profiles,
)
from credserv.store.tables.handed_in import handed_in
from credserv.store.tables.hosts import host_connections
from credserv.store.tables.identity_providers import identity_providers, saml_providers
from credserv.store.tables.imports import imports, share_imports
from credserv.store.tables.issuance_log import log_entries, log_heads, log_nodes
from credserv.store.tables.member_dids import member_dids
from credserv.store.tables.mentoring import (
    cohort_places,
    cohorts,
    former_mentor_offers,
    mentor_offers,
    mentor_registers,
    mentoring_sessions,
    session_feedback,
)
from credserv.store.tables.merging import person_merges
from credserv.store.tables.oauth import (
    oauth_clients,
    oauth_grants,
    oauth_requests,
    oauth_tokens,
)
from credserv.store.tables.objections import objections
from credserv.store.tables.organisations import (
    addresses,
    alarms,
    audit_lines,
    audit_seals,
    brands,
    generations,
    organisations,
    signing_keys,
)
from credserv.store.tables.outcomes import outcome_facts, outcome_metrics, outcome_notes, outcome_views
from credserv.store.tables.path_evidence import path_evidence
from credserv.store.tables.pathways import pathway_proposals, pathway_starts
from credserv.store.tables.people import (
    asserted_identifiers,
    grants,
    membership_roles,
    memberships,
    passkeys,
    people,
    proved_identifiers,
)
from credserv.store.tables.presentations import (
    exchanges,
    holder_keys,
    presentation_requests,
    shown_badges,
)
from credserv.store.tables.sources import (
    events,
    observation_references,
    observations,
    source_pulls,
    source_secrets,
    sources,
    statements,
)
from credserv.store.tables.staff import staff_accounts, staff_logins
from credserv.store.tables.status import kept_bits, status_indexes, status_lists
from credserv.store.tables.trust import shared_results, trusted_issuers, trusted_lists

__all__ = [
    "Instant",
    "accreditations",
    "achievement_translations",
    "achievements",
    "addresses",
    "alarms",
    "api_keys",
    "appeals",
    "application_evidence",
    "applications",
    "archives",
    "asserted_identifiers",
    "audit_cases",
    "audit_lines",
    "audit_seals",
    "audits",
    "brands",
    "bulk_rows",
    "bulk_runs",
    "capacity_plans",
    "cohort_places",
    "cohorts",
    "consents",
    "copies",
    "copy_versions",
    "credentials",
    "crosswalk_links",
    "did_histories",
    "directory_groups",
    "directory_members",
    "directory_users",
    "employment_requests",
    "employment_spells",
    "endorsements",
    "events",
    "exchanges",
    "feedback_requests",
    "feedback_rounds",
    "former_mentor_offers",
    "founders",
    "framework_imports",
    "framework_items",
    "framework_versions",
    "framework_words",
    "frameworks",
    "generations",
    "grants",
    "handed_in",
    "holder_keys",
    "holds",
    "host_connections",
    "identity_providers",
    "images",
    "imports",
    "issuances",
    "job_changes",
    "kept_bits",
    "letter_words",
    "letters",
    "link_letters",
    "links",
    "log_entries",
    "log_heads",
    "log_nodes",
    "member_dids",
    "membership_roles",
    "memberships",
    "mentor_offers",
    "mentor_registers",
    "mentoring_sessions",
    "metadata",
    "oauth_clients",
    "oauth_grants",
    "oauth_requests",
    "oauth_tokens",
    "objections",
    "observation_references",
    "observations",
    "offers",
    "organisations",
    "outcome_facts",
    "outcome_metrics",
    "outcome_notes",
    "outcome_views",
    "passkeys",
    "path_evidence",
    "pathway_proposals",
    "pathway_starts",
    "people",
    "person_merges",
    "practice",
    "presentation_requests",
    "programmes",
    "proved_identifiers",
    "reminders",
    "repeated_orders",
    "revocations",
    "role_profiles",
    "round_answers",
    "rule_versions",
    "saml_providers",
    "session_feedback",
    "sessions",
    "share_imports",
    "share_items",
    "share_openings",
    "shared_results",
    "shares",
    "shown_badges",
    "signing_keys",
    "source_pulls",
    "source_secrets",
    "sources",
    "spent_values",
    "staff_accounts",
    "staff_logins",
    "statements",
    "status_indexes",
    "status_lists",
    "term_reminders",
    "terms",
    "trusted_issuers",
    "trusted_lists",
    "webhook_deliveries",
    "webhook_endpoints",
]
