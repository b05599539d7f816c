"""Reset a sandbox: delete what was tried in it, and keep its setup and what it published.

The rows of every table are deleted, or the table is listed here with the reason why they stay; a test
compares the list with the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from credserv.ground.errors import InputError, NotFoundError
from credserv.records.access import SessionKind
from credserv.store import tables as t
from credserv.store.frame.database import Database
from credserv.store.frame.remembered import Memory
from credserv.store.publish.status_lists import StatusListRepository

STAYS: Mapping[str, str] = {
    "organisations": "it is the sandbox",
    "signing_keys": "its DID stays",
    "member_dids": "a DID stays; its key and whose it was go",
    "status_lists": "what was issued goes on being told as revoked",
    "kept_bits": "as the lists",
    "log_entries": "hashes of what was signed: a log only grows",
    "log_nodes": "as the entries",
    "log_heads": "as the entries",
    "audit_lines": "a trail only grows; what people wrote in it goes",
    "audit_seals": "as the lines",
    "brands": "how it looks",
    "letter_words": "the words of its letters",
    "identity_providers": "how people sign in",
    "saml_providers": "how colleagues sign in",
    "did_histories": "its DID, which stays as its keys do",
    "staff_logins": "how colleagues sign in",
    "directory_groups": "groups of colleagues",
    "achievements": "what can be earned in it",
    "achievement_translations": "the same in other languages",
    "images": "pictures of achievements, whoever's",
    "rule_versions": "what mastery is",
    "sources": "who sends it messages",
    "source_secrets": "of its sources",
    "source_pulls": "of its sources",
    "api_keys": "of programs",
    "oauth_clients": "apps that registered",
    "webhook_endpoints": "systems that hear of it",
    "trusted_lists": "whom it trusts",
    "trusted_issuers": "as the lists",
    "frameworks": "published by others",
    "framework_versions": "as the frameworks",
    "framework_items": "as the frameworks",
    "framework_words": "as the frameworks",
    "framework_imports": "as the frameworks",
    "crosswalk_links": "between frameworks",
    "role_profiles": "what a role asks for",
    "programmes": "what an accreditation asks for",
    "mentor_registers": "a setting",
    "outcome_metrics": "what is counted",
    "addresses": "of the installation",
    "generations": "a counter of the installation",
    "spent_values": "hashes of the installation, for minutes",
    "consents": "the person's, who is of no organisation",
    "imports": "the person's",
    "holder_keys": "the person's",
    "shown_badges": "the person's",
    "host_connections": "the person's",
    "proved_identifiers": "the person's",
    "passkeys": "the person's",
    "person_merges": "the person's",
}
_AT_ONCE = 500


class SandboxRepository:
    """Works on one organisation, which has to be a sandbox."""

    def __init__(
        self, database: Database, organisation_id: str, status_lists: StatusListRepository, memory: Memory
    ) -> None:
        self._database = database
        self._id = organisation_id
        self._status_lists = status_lists
        self._memory = memory

    def reset(self, now: datetime) -> int:
        """Reset it entirely or not at all.

        Returns:
            How many credentials were deleted.

        Raises:
            InputError: It is not a sandbox.
            NotFoundError: There is no such organisation.
        """
        with self._database.writing(savepoints=False) as connection:
            self._require_sandbox(connection)
            count = select(func.count()).where(t.credentials.c.organisation_id == self._id)
            gone = int(connection.execute(count.select_from(t.credentials)).scalar_one())
            people = self._people(connection)
            self._keep_bits(connection, now)
            for table, which in self._emptied():
                connection.execute(delete(table).where(which))
            self._forget_in_what_stays(connection, now)
            self._remove_people(connection, people)
            self._status_lists.close_all(now)
            self._memory.bump(connection)
        return gone

    def _require_sandbox(self, connection: Connection) -> None:
        """Require a sandbox. FOR UPDATE waits for every reservation in progress (open_organisation.py)."""
        own = t.organisations.c.id == self._id
        found = select(t.organisations.c.sandbox).where(own).with_for_update()
        sandbox = connection.execute(found).scalar_one_or_none()
        if sandbox is None:
            raise NotFoundError("there is no such organisation")
        if not sandbox:
            raise InputError("this organisation is no sandbox: what it issued stays")

    def _keep_bits(self, connection: Connection, now: datetime) -> None:
        """Set every assigned index to revoked, for good."""
        used, kept = t.status_indexes.c, t.kept_bits.c
        is_kept = exists().where(kept.list_id == used.list_id, kept.index == used.index)
        missing = select(used.list_id, used.index).where(used.list_id.in_(self._lists()), ~is_kept)
        connection.execute(insert(t.kept_bits).from_select(["list_id", "index"], missing))
        lists = t.status_lists
        changed = update(lists).where(lists.c.organisation_id == self._id)
        connection.execute(changed.values(changed_at=now, revision=lists.c.revision + 1))

    def _emptied(self) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        """Yield the tables, those that no other depends on first."""
        for table in reversed(t.metadata.sorted_tables):
            if table.name not in STAYS and table is not t.people:
                yield table, self._which(table)

    def _which(self, table: Table) -> ColumnElement[bool]:
        """Return the rows to delete: this organisation's, or about what it issued."""
        if table is t.sessions:  # whoever resets it stays signed in
            return (table.c.organisation_id == self._id) & (table.c.kind == SessionKind.HOLDER.value)
        if table is t.memberships:
            return (table.c.organisation_id == self._id) & table.c.id.not_in(self._colleagues())
        if table in (t.membership_roles, t.grants):
            return table.c.membership_id.in_(self._leaving())
        if table in (t.asserted_identifiers, t.staff_accounts):
            return table.c.membership_id.in_(self._leaving())
        if table is t.directory_users:
            left = table.c.membership_id.is_(None) | table.c.membership_id.in_(self._leaving())
            return (table.c.organisation_id == self._id) & left
        if table is t.directory_members:
            users = select(t.directory_users.c.id).where(self._which(t.directory_users))
            return table.c.user_id.in_(users)
        parts: list[ColumnElement[bool]] = [
            element.parent.in_(select(element.column).where(self._which(there)))
            for key in table.foreign_key_constraints
            for element in key.elements
            if (there := key.referred_table).name not in STAYS
            and there is not t.people
            and len(key.elements) == 1
        ]
        parts += (
            [table.c.organisation_id == self._id] if "organisation_id" in table.c else self._by_parents(table)
        )
        return or_(*parts)

    def _by_parents(self, table: Table) -> list[ColumnElement[bool]]:
        """Return conditions for a table whose rows are owned only through what they refer to."""
        return [
            element.parent.in_(select(element.column).where(there.c.organisation_id == self._id))
            for key in table.foreign_key_constraints
            for element in key.elements
            if "organisation_id" in (there := key.referred_table).c and len(key.elements) == 1
        ]

    def _lists(self) -> Select[tuple[str]]:
        return select(t.status_lists.c.id).where(t.status_lists.c.organisation_id == self._id)

    def _colleagues(self) -> Select[tuple[str]]:
        """Return a query for those who work in its console; they stay."""
        members = t.memberships.c
        has_role = exists().where(t.membership_roles.c.membership_id == members.id)
        has_account = exists().where(t.staff_accounts.c.membership_id == members.id)
        return select(members.id).where(members.organisation_id == self._id, has_role | has_account)

    def _leaving(self) -> Select[tuple[str]]:
        return select(t.memberships.c.id).where(self._which(t.memberships))

    def _forget_in_what_stays(self, connection: Connection, now: datetime) -> None:
        own = t.member_dids.c.organisation_id == self._id
        retired = {"membership_id": None, "sealed_key": None, "retired_at": now}
        connection.execute(update(t.member_dids).where(own).values(**retired))
        lines = t.audit_lines.c.organisation_id == self._id
        connection.execute(update(t.audit_lines).where(lines).values(words=null()))

    def _people(self, connection: Connection) -> list[str]:
        """Return people who may be unknown to everybody afterwards."""
        leaving = select(t.memberships.c.person_id).where(self._which(t.memberships))
        held = select(t.credentials.c.person_id).where(t.credentials.c.organisation_id == self._id)
        return sorted(set(connection.scalars(leaving.union(held))))

    def _remove_people(self, connection: Connection, people: list[str]) -> None:
        """Delete people of whom nothing is left: no membership, no badge and no proof."""
        known = [
            exists().where(element.parent == t.people.c.id)
            for table in t.metadata.sorted_tables
            for key in table.foreign_key_constraints
            for element in key.elements
            if key.referred_table is t.people
        ]
        for at in range(0, len(people), _AT_ONCE):
            these = t.people.c.id.in_(people[at : at + _AT_ONCE])
            connection.execute(delete(t.people).where(these, ~or_(*known)))
