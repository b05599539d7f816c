"""Where the tables speak of a person: what they are shown, and what is deleted when they ask for erasure.

Every table is listed here, or left out with a reason; a test compares the list with the tables, so that
nothing stored about people is forgotten or withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, func, select, tuple_

from credserv.store import tables as t
from credserv.store.frame.naming import names, says

Message = tuple[str, str, str]  # organisation, source, event


@dataclass(frozen=True)
class Traces:
    """What finds the rows of a person.

    Attributes:
        credentials: Those they hold.
        addresses: Their addresses in lower case, as compared and as written.
        organisations: Those of which they are a member.
        waiting: Observations about one of their addresses that are nobody's yet, by organisation and id.
        messages: Messages of learning systems that speak of them.
    """

    person_id: str
    memberships: tuple[str, ...]
    identifiers: tuple[str, ...]
    credentials: tuple[str, ...]
    addresses: tuple[str, ...]
    organisations: tuple[str, ...]
    waiting: tuple[tuple[str, str], ...] = ()
    messages: tuple[Message, ...] = ()


NOT_PERSONAL: Mapping[str, str] = {
    "organisations": "an organisation is nobody",
    "addresses": "where the installation is reached",
    "brands": "how an organisation shows itself",
    "signing_keys": "of organisations",
    "generations": "a counter",
    "audit_seals": "hashes of lines",
    "letter_words": "words of an organisation's letters, with gaps for names",
    "alarms": "what is wrong with an organisation",
    "images": "pictures of achievements",
    "achievements": "what can be earned",
    "achievement_translations": "the same in other languages",
    "rule_versions": "who set a rule is told by an id that leads to nobody",
    "frameworks": "published by others",
    "framework_versions": "as frameworks",
    "framework_items": "as frameworks",
    "framework_words": "as frameworks",
    "framework_imports": "as frameworks",
    "crosswalk_links": "between frameworks",
    "role_profiles": "what a role asks for",
    "outcome_metrics": "what is counted",
    "outcome_notes": "words beside figures of groups, with no field for a person",
    "outcome_views": "figures of groups, rounded",
    "programmes": "what an accreditation asks for; who loaded it is told by an id that leads to nobody",
    "audits": "a draw; who was drawn is told by the cases",
    "mentor_registers": "a setting of an organisation",
    "cohorts": "what a cohort is for; who stands for it does so for the organisation",
    "identity_providers": "systems",
    "saml_providers": "systems",
    "did_histories": "the DID of an organisation, with its keys",
    "directory_groups": "names of groups",
    "staff_logins": "domains and groups, and the role of each",
    "sources": "systems",
    "source_secrets": "of systems",
    "source_pulls": "of systems",
    "api_keys": "of programs",
    "webhook_endpoints": "systems",
    "trusted_lists": "organisations",
    "trusted_issuers": "organisations",
    "status_lists": "bits that name nobody",
    "status_indexes": "a bit of a credential, which stays for ever",
    "kept_bits": "bits that name nobody",
    "path_evidence": "figures of groups",
    "capacity_plans": "labels of mentors and cohorts; who asked is told by an id that leads to nobody",
    "log_entries": "hashes of what was signed, by an id that leads to nobody",
    "log_nodes": "hashes",
    "log_heads": "hashes",
    "bulk_runs": "the name of a file; its rows are looked at",
    "oauth_clients": "programs",
    "oauth_requests": "what a program asks for, for minutes",
    "spent_values": "hashes, for minutes",
}
# Columns that open something or only describe its storage; nobody is shown them.
NOT_TOLD = frozenset(
    {
        "token_sha256",
        "id_sha256",
        "offer_sha256",
        "code_sha256",
        "tx_sha256",
        "passcode",
        "salt",
        "sealed_key",
    }
    | {"search_text", "order_sha256", "content_sha256", "body_sha256", "challenge", "watch_sha256", "nonce"}
    | {"ordered", "successor_id"}  # a badge that was not theirs may be issued to somebody else
    | {"manager_id"}  # somebody else
    | {"sealed", "digest", "session_sha256", "public_key", "bound", "request_sha256"}
)


def _of_message(table: Table, message: str, found: Traces) -> ColumnElement[bool]:
    columns = table.c
    return tuple_(columns.organisation_id, columns.source, columns[message]).in_(found.messages)


def _links(found: Traces) -> ColumnElement[bool]:
    subject, claim = t.links.c.subject, t.links.c.claim
    named = (found.person_id, *found.memberships)
    of_badges = subject.in_(found.credentials) | claim.in_(found.credentials)
    among_others = says(subject, named) | says(claim, named)
    return func.lower(subject).in_(found.addresses) | of_badges | among_others


def _directory_users(found: Traces) -> ColumnElement[bool]:
    """Return the condition. What the directory says of somebody else under their address is the other's."""
    users = t.directory_users.c
    nobodys = users.membership_id.is_(None) & names(users.said, found.addresses)
    return users.membership_id.in_(found.memberships) | nobodys


def _shares(found: Traces) -> ColumnElement[bool]:
    return t.shares.c.person_id == found.person_id


def _share_tokens(found: Traces) -> ColumnElement[bool]:
    tokens = select(t.shares.c.token_sha256).where(_shares(found))
    shows = t.share_items.c.credential_id.in_(found.credentials)
    return t.share_items.c.token_sha256.in_(tokens) | shows


def _observations(found: Traces) -> ColumnElement[bool]:
    seen = t.observations.c
    waits = tuple_(seen.organisation_id, seen.id).in_(found.waiting)
    return seen.identifier_id.in_(found.identifiers) | waits


def _references(found: Traces) -> ColumnElement[bool]:
    """Return references by organisation and id, because two organisations may use one name."""
    columns, seen = t.observation_references.c, t.observations.c
    theirs = select(seen.organisation_id, seen.id).where(_observations(found))
    return tuple_(columns.organisation_id, columns.observation_id).in_(theirs)


def _applied(found: Traces) -> Select[tuple[str]]:
    return select(t.applications.c.id).where(t.applications.c.membership_id.in_(found.memberships))


def _accredited(table: Table) -> Callable[[Traces], ColumnElement[bool]]:
    own = t.accreditations.c
    return lambda found: table.c.credential_id.in_(
        select(own.credential_id).where(own.membership_id.in_(found.memberships))
    )


# For each table, which of its rows are about a person; tables that others depend on come last.
THEIRS: Mapping[Table, Callable[[Traces], ColumnElement[bool]]] = {
    t.person_merges: lambda found: (
        (t.person_merges.c.into_id == found.person_id) | (t.person_merges.c.from_id == found.person_id)
    ),
    t.oauth_tokens: lambda found: t.oauth_tokens.c.grant_id.in_(
        select(t.oauth_grants.c.id).where(t.oauth_grants.c.person_id == found.person_id)
    ),
    t.oauth_grants: lambda found: t.oauth_grants.c.person_id == found.person_id,
    t.issuances: lambda found: t.issuances.c.offer_sha256.in_(
        select(t.offers.c.id_sha256).where(
            (t.offers.c.person_id == found.person_id) | t.offers.c.credential_id.in_(found.credentials)
        )
    ),
    t.offers: lambda found: (
        (t.offers.c.person_id == found.person_id) | t.offers.c.credential_id.in_(found.credentials)
    ),
    t.exchanges: lambda found: t.exchanges.c.person_id == found.person_id,
    t.consents: lambda found: t.consents.c.person_id == found.person_id,
    t.share_imports: lambda found: (
        t.share_imports.c.token_sha256.in_(select(t.shares.c.token_sha256).where(_shares(found)))
        | t.share_imports.c.import_id.in_(
            select(t.imports.c.id).where(t.imports.c.person_id == found.person_id)
        )
    ),
    t.imports: lambda found: t.imports.c.person_id == found.person_id,
    t.archives: lambda found: t.archives.c.person_id == found.person_id,
    t.holder_keys: lambda found: t.holder_keys.c.person_id == found.person_id,
    t.shown_badges: lambda found: t.shown_badges.c.person_id == found.person_id,
    t.host_connections: lambda found: t.host_connections.c.person_id == found.person_id,
    t.handed_in: lambda found: t.handed_in.c.membership_id.in_(found.memberships),
    t.share_openings: lambda found: t.share_openings.c.token_sha256.in_(
        select(t.shares.c.token_sha256).where(_shares(found))
    ),
    t.share_items: _share_tokens,
    t.shares: _shares,
    t.employment_requests: lambda found: t.employment_requests.c.membership_id.in_(found.memberships),
    t.objections: lambda found: t.objections.c.credential_id.in_(found.credentials),
    t.letters: lambda found: t.letters.c.credential_id.in_(found.credentials),
    t.reminders: lambda found: t.reminders.c.credential_id.in_(found.credentials),
    t.link_letters: lambda found: t.link_letters.c.token_sha256.in_(
        select(t.links.c.token_sha256).where(_links(found))
    ),
    t.links: _links,
    t.sessions: lambda found: t.sessions.c.subject.in_((found.person_id, *found.memberships)),
    t.passkeys: lambda found: t.passkeys.c.identifier_id.in_(
        select(t.proved_identifiers.c.id).where(t.proved_identifiers.c.person_id == found.person_id)
    ),
    t.proved_identifiers: lambda found: t.proved_identifiers.c.person_id == found.person_id,
    t.shared_results: lambda found: names(t.shared_results.c.report, found.addresses),
    t.observation_references: _references,
    t.observations: _observations,
    t.statements: lambda found: _of_message(t.statements, "message", found),
    t.events: lambda found: _of_message(t.events, "event_id", found),
    t.presentation_requests: lambda found: (
        names(t.presentation_requests.c.answer, found.addresses)
        | says(t.presentation_requests.c.answer, found.credentials)
    ),
    t.bulk_rows: lambda found: (
        t.bulk_rows.c.credential_id.in_(found.credentials)
        | names(t.bulk_rows.c.order, found.addresses)
        | says(t.bulk_rows.c.order, found.credentials)  # also a badge issued again
    ),
    t.repeated_orders: lambda found: t.repeated_orders.c.credential_id.in_(found.credentials),
    t.webhook_deliveries: lambda found: t.webhook_deliveries.c.credential_id.in_(found.credentials),
    t.copy_versions: lambda found: t.copy_versions.c.copy_id.in_(
        select(t.copies.c.id).where(t.copies.c.credential_id.in_(found.credentials))
    ),
    t.copies: lambda found: t.copies.c.credential_id.in_(found.credentials),
    t.credentials: lambda found: t.credentials.c.id.in_(found.credentials),
    t.appeals: lambda found: t.appeals.c.credential_id.in_(
        select(t.applications.c.credential_id).where(t.applications.c.membership_id.in_(found.memberships))
    ),
    t.revocations: _accredited(t.revocations),
    t.holds: _accredited(t.holds),
    t.term_reminders: _accredited(t.term_reminders),
    t.terms: _accredited(t.terms),
    t.accreditations: lambda found: t.accreditations.c.membership_id.in_(found.memberships),
    t.member_dids: lambda found: t.member_dids.c.membership_id.in_(found.memberships),
    # Their statements for others stay in those badges and nowhere else.
    t.endorsements: lambda found: (
        t.endorsements.c.application_id.in_(_applied(found))
        | t.endorsements.c.endorser_id.in_(found.memberships)
    ),
    t.application_evidence: lambda found: t.application_evidence.c.application_id.in_(_applied(found)),
    t.applications: lambda found: t.applications.c.membership_id.in_(found.memberships),
    t.founders: lambda found: t.founders.c.membership_id.in_(found.memberships),
    t.pathway_proposals: lambda found: t.pathway_proposals.c.membership_id.in_(found.memberships),
    t.pathway_starts: lambda found: t.pathway_starts.c.membership_id.in_(found.memberships),
    t.practice: lambda found: t.practice.c.membership_id.in_(found.memberships),
    t.audit_cases: lambda found: t.audit_cases.c.credential_id.in_(found.credentials),
    # What others said of a mentor is not shown by name to anybody; how many did is on the mentor's page.
    t.session_feedback: lambda found: t.session_feedback.c.rater_id.in_(found.memberships),
    t.mentoring_sessions: lambda found: (
        t.mentoring_sessions.c.mentor_id.in_(found.memberships)
        | t.mentoring_sessions.c.mentee_id.in_(found.memberships)
    ),
    t.cohort_places: lambda found: (
        t.cohort_places.c.mentor_id.in_(found.memberships)
        | t.cohort_places.c.mentee_id.in_(found.memberships)
    ),
    t.mentor_offers: lambda found: t.mentor_offers.c.membership_id.in_(found.memberships),
    t.former_mentor_offers: lambda found: t.former_mentor_offers.c.membership_id.in_(found.memberships),
    # What others said of somebody is not shown by name to anybody; what they may read is on their page.
    t.round_answers: lambda found: t.round_answers.c.rater_id.in_(found.memberships),
    t.feedback_requests: lambda found: (
        t.feedback_requests.c.membership_id.in_(found.memberships)
        | t.feedback_requests.c.rater_id.in_(found.memberships)
    ),
    t.feedback_rounds: lambda found: t.feedback_rounds.c.membership_id.in_(found.memberships),
    t.job_changes: lambda found: t.job_changes.c.membership_id.in_(found.memberships),
    t.employment_spells: lambda found: t.employment_spells.c.membership_id.in_(found.memberships),
    t.outcome_facts: lambda found: t.outcome_facts.c.membership_id.in_(found.memberships),
    t.directory_members: lambda found: t.directory_members.c.user_id.in_(
        select(t.directory_users.c.id).where(_directory_users(found))
    ),
    t.directory_users: _directory_users,
    t.staff_accounts: lambda found: t.staff_accounts.c.membership_id.in_(found.memberships),
    t.grants: lambda found: t.grants.c.membership_id.in_(found.memberships),
    t.membership_roles: lambda found: t.membership_roles.c.membership_id.in_(found.memberships),
    t.asserted_identifiers: lambda found: t.asserted_identifiers.c.id.in_(found.identifiers),
    t.memberships: lambda found: t.memberships.c.id.in_(found.memberships),
    t.people: lambda found: t.people.c.id == found.person_id,
    # By ids that lead to nobody afterwards. A chain of hashes covers every line, and texts by people only
    # through their hash (audit.py).
    t.audit_lines: lambda found: (
        t.audit_lines.c.subject.in_((found.person_id, *found.memberships, *found.credentials))
        | (t.audit_lines.c.actor == f"person:{found.person_id}")
        | names(t.audit_lines.c.words, found.addresses)
    ),
}
# What is changed instead of deleted, because it holds what stays or also speaks of others.
STAYING = frozenset(
    {
        t.member_dids,
        t.endorsements,
        t.events,
        t.presentation_requests,
        t.bulk_rows,
        t.repeated_orders,
        t.webhook_deliveries,
        t.copies,
    }
    | {t.credentials, t.audit_lines}
    | {t.audit_cases}  # by ids that lead to nobody; otherwise nobody could recompute the draw
    # By ids that lead to nobody; what the other side did keeps counting.
    | {t.mentoring_sessions, t.cohort_places}
)
