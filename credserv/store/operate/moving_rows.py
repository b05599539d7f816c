"""Which rows an organisation takes to another installation, and their JSON.

Every table is listed here, or left out with a reason; a test compares the list with the tables. A file is
untrusted: whatever its rows refer to has to be in the file, so that none reaches what another organisation
has here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Date, LargeBinary, Table, exists, or_, select

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.store import tables as t

LEFT_OUT: Mapping[str, str] = {
    "proved_identifiers": "a proof is the person's, who gives it anew: a file could sign strangers in by it",
    "identity_providers": "it knows one installation by its address, and is set up anew",
    "saml_providers": "as identity_providers",
    "directory_users": "the directory tells them anew where it is pointed to",
    "directory_groups": "as its users",
    "directory_members": "as its users",
    "staff_logins": "as the provider whose accounts it speaks of",
    "staff_accounts": "as the provider whose accounts they are; the roles that they gave move",
    "person_merges": "proofs of then, and what undoing needs of one installation",
    "passkeys": "as the proofs that they are",
    "link_letters": "asks for a link, which stays behind",
    "imports": "what a person brought along is theirs, and of no organisation: they take it themselves",
    "share_imports": "as what they brought along",
    "archives": "waits for a day, for whoever asked for it",
    "consents": "what people agree to is theirs, and of no organisation",
    "share_openings": "who answered a link tells when it was opened",
    "links": "what a link proves, it proves to the installation that sent it",
    "sessions": "people sign in anew",
    "host_connections": "as what is brought along, it is the person's, and leads back to one installation",
    "oauth_clients": "an app is let in by the installation that it registered with",
    "oauth_requests": "as the apps that ask",
    "oauth_grants": "as the apps; what people allow is theirs, and of no organisation",
    "oauth_tokens": "as the apps that hold them",
    "generations": "counts the changes of one installation",
    "offers": "ends within minutes, and is made anew where the badge is",
    "issuances": "as their offers",
    "spent_values": "what one installation took once",
    "alarms": "what is wrong there is found anew",
    "frameworks": "imported anew from its publisher, under whose licence it stands",
    "framework_versions": "of what is imported anew",
    "framework_items": "of what is imported anew",
    "framework_words": "of what is imported anew",
    "framework_imports": "a job of one installation",
    "addresses": "where one installation is reached",
    "bulk_runs": "runs over a file of one installation; what they issued moves",
    "bulk_rows": "as their runs",
    "employment_requests": "asked anew where the employer is",
    "path_evidence": "looked for anew each day",
    "capacity_plans": "asked anew of the mentors that there are",
    "webhook_endpoints": "a system hears of what happens from the installation that it was told of",
    "webhook_deliveries": "goes out from where it happened",
    "source_pulls": "a system is asked by the installation that was given a token for it",
    "exchanges": "ends within minutes, where its wallet knows to go",
    "holder_keys": "the person's, who is of no organisation",
    "shown_badges": "as the keys",
    "presentation_requests": "ends within the hour, where its wallet knows to answer",
    "audit_seals": "the chain is one installation's; the lines are sealed into that of the new one",
}
# Columns that the new installation fills in itself.
LEFT_OUT_COLUMNS: Mapping[str, str] = {
    "people.name": "what others call them is no word of this organisation; its own is in the membership",
    "people.frozen_until": "their ways in are not moved",
    "people.language": "what they read there is noted there, when they sign in",
    "source_secrets.id": "a counter of one database",
    "audit_lines.id": "a counter of one database",
    "log_entries.id": "a counter of one database",
    "organisations.moved_at": "it is there now",
    "organisations.address": "found anew from the public address",
}
# Parents first; the audit trail's seals last. Each with the condition for this organisation's rows.
MOVED: Mapping[Table, Callable[[str], ColumnElement[bool]]] = {
    t.organisations: lambda own: t.organisations.c.id == own,
    t.signing_keys: lambda own: t.signing_keys.c.organisation_id == own,
    t.did_histories: lambda own: t.did_histories.c.organisation_id == own,
    t.brands: lambda own: t.brands.c.organisation_id == own,
    t.images: lambda own: exists().where(
        t.achievements.c.organisation_id == own,
        or_(
            t.achievements.c.png_sha256 == t.images.c.sha256, t.achievements.c.svg_sha256 == t.images.c.sha256
        ),
    ),
    t.achievements: lambda own: t.achievements.c.organisation_id == own,
    t.achievement_translations: lambda own: t.achievement_translations.c.organisation_id == own,
    t.rule_versions: lambda own: t.rule_versions.c.organisation_id == own,
    t.sources: lambda own: t.sources.c.organisation_id == own,
    t.source_secrets: lambda own: t.source_secrets.c.organisation_id == own,
    t.events: lambda own: t.events.c.organisation_id == own,
    t.people: lambda own: or_(
        exists().where(t.memberships.c.organisation_id == own, t.memberships.c.person_id == t.people.c.id),
        exists().where(t.credentials.c.organisation_id == own, t.credentials.c.person_id == t.people.c.id),
        exists().where(
            _shows_own(own), t.shares.c.organisation_id == own, t.shares.c.person_id == t.people.c.id
        ),
    ),
    t.memberships: lambda own: t.memberships.c.organisation_id == own,
    t.membership_roles: lambda own: _member(t.membership_roles, own),
    t.grants: lambda own: _member(t.grants, own),
    t.asserted_identifiers: lambda own: t.asserted_identifiers.c.organisation_id == own,
    t.feedback_requests: lambda own: t.feedback_requests.c.organisation_id == own,
    t.feedback_rounds: lambda own: t.feedback_rounds.c.organisation_id == own,
    t.round_answers: lambda own: t.round_answers.c.organisation_id == own,
    t.employment_spells: lambda own: t.employment_spells.c.organisation_id == own,
    t.job_changes: lambda own: t.job_changes.c.organisation_id == own,
    t.handed_in: lambda own: t.handed_in.c.organisation_id == own,
    t.observations: lambda own: t.observations.c.organisation_id == own,
    t.observation_references: lambda own: t.observation_references.c.organisation_id == own,
    t.statements: lambda own: t.statements.c.organisation_id == own,
    t.credentials: lambda own: t.credentials.c.organisation_id == own,
    t.objections: lambda own: t.objections.c.organisation_id == own,
    t.copies: lambda own: t.copies.c.organisation_id == own,
    t.copy_versions: lambda own: t.copy_versions.c.organisation_id == own,
    t.repeated_orders: lambda own: t.repeated_orders.c.organisation_id == own,
    t.letters: lambda own: t.letters.c.organisation_id == own,
    t.letter_words: lambda own: t.letter_words.c.organisation_id == own,
    t.reminders: lambda own: t.reminders.c.credential_id.in_(
        select(t.credentials.c.id).where(t.credentials.c.organisation_id == own)
    ),
    t.status_lists: lambda own: t.status_lists.c.organisation_id == own,
    t.status_indexes: lambda own: t.status_indexes.c.list_id.in_(
        select(t.status_lists.c.id).where(t.status_lists.c.organisation_id == own)
    ),
    t.kept_bits: lambda own: t.kept_bits.c.list_id.in_(
        select(t.status_lists.c.id).where(t.status_lists.c.organisation_id == own)
    ),
    t.shares: lambda own: (t.shares.c.organisation_id == own) & _shows_own(own),
    t.share_items: lambda own: (
        t.share_items.c.credential_id.in_(
            select(t.credentials.c.id).where(t.credentials.c.organisation_id == own)
        )
        & t.share_items.c.token_sha256.in_(
            select(t.shares.c.token_sha256).where(t.shares.c.organisation_id == own)
        )
    ),
    t.outcome_facts: lambda own: t.outcome_facts.c.organisation_id == own,
    t.outcome_metrics: lambda own: t.outcome_metrics.c.organisation_id == own,
    t.outcome_notes: lambda own: t.outcome_notes.c.organisation_id == own,
    t.outcome_views: lambda own: t.outcome_views.c.organisation_id == own,
    t.api_keys: lambda own: t.api_keys.c.organisation_id == own,
    t.trusted_lists: lambda own: t.trusted_lists.c.organisation_id == own,
    t.trusted_issuers: lambda own: t.trusted_issuers.c.list_id.in_(
        select(t.trusted_lists.c.id).where(t.trusted_lists.c.organisation_id == own)
    ),
    t.crosswalk_links: lambda own: t.crosswalk_links.c.organisation_id == own,
    t.role_profiles: lambda own: t.role_profiles.c.organisation_id == own,
    t.programmes: lambda own: t.programmes.c.organisation_id == own,
    t.founders: lambda own: t.founders.c.organisation_id == own,
    t.applications: lambda own: t.applications.c.organisation_id == own,
    t.application_evidence: lambda own: t.application_evidence.c.organisation_id == own,
    t.pathway_proposals: lambda own: t.pathway_proposals.c.organisation_id == own,
    t.pathway_starts: lambda own: t.pathway_starts.c.organisation_id == own,
    t.practice: lambda own: t.practice.c.organisation_id == own,
    t.member_dids: lambda own: t.member_dids.c.organisation_id == own,
    t.endorsements: lambda own: t.endorsements.c.organisation_id == own,
    t.accreditations: lambda own: t.accreditations.c.organisation_id == own,
    t.terms: lambda own: t.terms.c.organisation_id == own,
    t.term_reminders: lambda own: t.term_reminders.c.organisation_id == own,
    t.holds: lambda own: t.holds.c.organisation_id == own,
    t.revocations: lambda own: t.revocations.c.organisation_id == own,
    t.appeals: lambda own: t.appeals.c.organisation_id == own,
    t.audits: lambda own: t.audits.c.organisation_id == own,
    t.audit_cases: lambda own: t.audit_cases.c.organisation_id == own,
    t.mentor_offers: lambda own: t.mentor_offers.c.organisation_id == own,
    t.former_mentor_offers: lambda own: t.former_mentor_offers.c.organisation_id == own,
    t.mentor_registers: lambda own: t.mentor_registers.c.organisation_id == own,
    t.cohorts: lambda own: t.cohorts.c.organisation_id == own,
    t.cohort_places: lambda own: t.cohort_places.c.organisation_id == own,
    t.mentoring_sessions: lambda own: t.mentoring_sessions.c.organisation_id == own,
    t.session_feedback: lambda own: t.session_feedback.c.organisation_id == own,
    t.shared_results: lambda own: t.shared_results.c.organisation_id == own,
    t.log_entries: lambda own: t.log_entries.c.organisation_id == own,
    t.log_nodes: lambda own: t.log_nodes.c.organisation_id == own,
    t.log_heads: lambda own: t.log_heads.c.organisation_id == own,
    t.audit_lines: lambda own: t.audit_lines.c.organisation_id == own,
}
_BY_NAME = {table.name: table for table in MOVED}


def moved_columns(table: Table) -> list[Column[Any]]:
    """Return the columns without the organisation, which is stated once."""
    return [
        column
        for column in table.columns
        if column.name != "organisation_id" and f"{table.name}.{column.name}" not in LEFT_OUT_COLUMNS
    ]


def row_to_json(table: Table, row: Mapping[str, Any]) -> JsonObject:
    """Return a row as JSON."""
    return {column.name: _to_json(row[column.name]) for column in moved_columns(table)}


def row_from_json(table: Table, told: JsonObject) -> dict[str, Any]:
    """Return a row from JSON.

    Raises:
        InputError: Its members are not the table's columns, or a value does not fit.
    """
    columns = moved_columns(table)
    if told.keys() != {column.name for column in columns}:
        raise InputError(f"the file tells other columns of {table.name} than this release has")
    return {column.name: _from_json(column, told[column.name]) for column in columns}


def table_of(name: object) -> Table:
    """Return a table by name.

    Raises:
        InputError: It is not known here.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise InputError(f"the file holds a table that is not known here: {str(name)[:80]!r}")
    return _BY_NAME[name]


class FileCheck:
    """Checks each row of a file in turn: everything it refers to has to come before it in the same file."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = dict.fromkeys(_BY_NAME, 0)
        self._seen: dict[tuple[str, tuple[str, ...]], set[tuple[Any, ...]]] = {}
        for table in MOVED:
            for wanted, _ in _references(table):
                self._seen.setdefault(wanted, set())
        self._order = list(_BY_NAME)
        self._place = 0

    def add(self, table: Table, values: Mapping[str, Any]) -> None:
        """Check a row.

        Raises:
            InputError: It refers to something that is not there, or is out of order.
        """
        place = self._order.index(table.name)
        if place < self._place or (table is t.organisations and self.rows[table.name]):
            raise InputError("the rows of the file are in another order than they are written in")
        self._place = place
        self.rows[table.name] += 1
        if table is t.images and hashlib.sha256(values["content"]).hexdigest() != values["sha256"]:
            raise InputError("a picture in the file is another than its name says")
        for wanted, local in _references(table):
            key = tuple(values[name] for name in local)
            if None not in key and key not in self._seen[wanted]:
                raise InputError(f"a row of {table.name} refers to {wanted[0]} that are not in the file")
        for (name, columns), known in self._seen.items():
            if name == table.name:
                known.add(tuple(values[column] for column in columns))


def _references(table: Table) -> list[tuple[tuple[str, tuple[str, ...]], tuple[str, ...]]]:
    """Return each foreign key except that to the organisation: table and columns there, and the columns
    here.
    """
    found = []
    for key in table.foreign_key_constraints:
        pairs = [
            (element.column.name, element.parent.name)
            for element in key.elements
            if element.parent.name != "organisation_id"
        ]
        if pairs:
            there, here = zip(*pairs, strict=True)
            found.append(((key.referred_table.name, there), here))
    return found


def _member(table: Table, own: str) -> ColumnElement[bool]:
    members = select(t.memberships.c.id).where(t.memberships.c.organisation_id == own)
    return table.c.membership_id.in_(members)


def _shows_own(own: str) -> ColumnElement[bool]:
    """Return the condition for shares that show a credential of the
    organisation; those of others stay behind.
    """
    shown = select(t.share_items.c.token_sha256).join(
        t.credentials, t.credentials.c.id == t.share_items.c.credential_id
    )
    return t.shares.c.token_sha256.in_(shown.where(t.credentials.c.organisation_id == own))


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return encode_base64url(value)
    return value.isoformat() if isinstance(value, date) else value


def _from_json(column: Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise InputError(f"the file leaves {column.table.name}.{column.name} empty")
        return None
    try:
        if isinstance(column.type, t.Instant):
            return datetime.fromisoformat(value).astimezone(UTC)
        if isinstance(column.type, Date):
            return date.fromisoformat(value)
        if isinstance(column.type, LargeBinary):
            return decode_base64url(value)
        if isinstance(column.type, JSON) or isinstance(value, column.type.python_type):
            return value
    except (TypeError, ValueError, InputError):
        pass
    raise InputError(f"the file holds no value of {column.table.name}.{column.name} in its place")
