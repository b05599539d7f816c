"""Migrations: they make what the tables say, whole or not at all, and never touch a newer database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, insert, inspect, text
from sqlalchemy.exc import ProgrammingError

from credserv.ground.errors import ConflictError, SettingsError, UnavailableError
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord
from credserv.records.letters import LetterRecord
from credserv.records.organisations import OrganisationRecord
from credserv.records.rules import RuleVersion
from credserv.records.sources import EventRecord, SourceRecord
from credserv.store.frame.database import open_engine
from credserv.store.store import Store, open_store
from credserv.store.tables import metadata
from tests.testkit.databases import PostgresServer
from tests.testkit.organisations import MAIN_ORGANISATION
from tests.testkit.released import fill_released, move
from tests.unit.store.samples import image, version

_KEY = b"k" * 32
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
RULE = RuleVersion("mentor", 1, {"when": {}}, "0" * 64, NOW, "cli")


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Store]:
    store = open_store(empty_database_url, secret_key=_KEY)
    yield store
    store.close()


@pytest.fixture
def connection(empty_database_url: str, empty: Store) -> Iterator[Connection]:
    """A second look at the empty store's database."""
    engine = open_engine(empty_database_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _tables(connection: Connection) -> set[str]:
    connection.rollback()
    return set(inspect(connection).get_table_names())


def test_an_empty_database_is_migrated_once(empty: Store, connection: Connection) -> None:
    assert not empty.schema_is_current()
    empty.migrate()
    assert empty.schema_is_current()
    empty.migrate()
    assert _tables(connection) == {*metadata.tables, "alembic_version"}


def test_migrations_make_what_the_tables_say(empty: Store, connection: Connection) -> None:
    empty.migrate()

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []


def test_downgrading_leaves_nothing(empty: Store, empty_database_url: str, connection: Connection) -> None:
    empty.migrate()
    move(empty_database_url, command.downgrade, "base")

    assert _tables(connection) == {"alembic_version"}
    assert not empty.schema_is_current()


def test_attack_134_a_released_database_keeps_what_is_in_it(
    empty: Store, empty_database_url: str, connection: Connection
) -> None:
    fill_released(empty_database_url)
    rows = _rows(connection)
    before, holders = {name: len(known) for name, known in rows.items()}, rows["holders"]
    assert not empty.schema_is_current()
    empty.migrate()

    assert empty.schema_is_current()
    after = _counts(connection)
    del before["credential_steps"]  # columns of the row now
    assert {name: after[name] for name in before if name in after} == {
        name: count for name, count in before.items() if name not in ("issuers", "holders")
    }
    assert after["people"] == after["memberships"] == after["asserted_identifiers"] == before["holders"]
    assert after["proved_identifiers"] == 0

    move(empty_database_url, command.downgrade, "0002")
    # The address of one who was found by it is all that they were found by: their DID stays in the order.
    told = {"holders": [{**row, "did": row["did"] if row["email"] is None else None} for row in holders]}
    back = _rows(connection)
    # Of the steps those go back that this version has.
    for table in ("credential_steps", "credentials"):
        for row in (*rows[table], *back[table]):
            row.pop("step")
    assert len(back.pop("credential_steps")) <= len(rows.pop("credential_steps"))
    assert back == {**rows, **told}


def test_organisations_of_before_are_no_sandboxes(
    empty: Store, empty_database_url: str, connection: Connection
) -> None:
    move(empty_database_url, command.upgrade, "0068")
    then = MetaData()
    then.reflect(connection)
    told = {"id": "main", "name": "Academy", "did": "did:web:a.example", "profile": {"name": "Academy"}}
    rest = {"time_zone": "UTC", "first_weekday": 0, "created_at": NOW}
    connection.execute(insert(then.tables["organisations"]).values(**told, **rest))
    connection.commit()
    before = _rows(connection)["organisations"]
    empty.migrate()

    kept = empty.organisation.get()
    assert kept is not None
    assert (kept.did, kept.sandbox, kept.is_open) == ("did:web:a.example", False, True)
    empty.organisations.create(OrganisationRecord("did:web:b.example", {}, id="try", sandbox=True), NOW)
    assert [(one.id, one.sandbox) for one in empty.organisations.list()] == [("main", False), ("try", True)]
    connection.rollback()
    connection.execute(text("DELETE FROM organisations WHERE id = 'try'"))
    connection.commit()
    move(empty_database_url, command.downgrade, "0068")
    assert _rows(connection)["organisations"] == before


_TOLD_STEPS = {
    "pending": ["reserved", "intended"],
    "waiting": ["reserved", "stored"],
    "delivered": ["reserved", "stored", "delivered"],
    "nobody": ["reserved", "stored", "delivered"],  # without an address
    "refused": ["reserved", "stored", "delivered"],
}


def test_attack_134_steps_and_letters_are_carried_over(
    empty: Store, empty_database_url: str, connection: Connection, now: datetime
) -> None:
    """Of what a version before called delivered, where no letter can have gone, it is not said any more."""
    move(empty_database_url, command.upgrade, "0002")
    _fill_0002(connection, now)
    empty.migrate()

    found = {known: empty.credentials.get(known) for known in _TOLD_STEPS}
    assert {known: (record.stored_at, record.delivered_at) for known, record in found.items() if record} == {
        "pending": (None, None),
        "waiting": (now, None),
        "delivered": (now, now),
        "nobody": (now, None),
        "refused": (now, None),
    }
    assert [empty.letters.get(known) for known in ("pending", "delivered", "nobody")] == [None] * 3
    assert empty.letters.get("waiting") == LetterRecord("waiting", now, now)
    assert empty.letters.get("refused") == LetterRecord("refused", now, None, 1, "refused with code 550")
    move(empty_database_url, command.downgrade, "0002")
    connection.rollback()
    steps = connection.execute(text("SELECT step FROM credential_steps WHERE credential_id = 'delivered'"))
    assert set(steps.scalars()) == {"reserved", "stored", "delivered"}
    assert (
        connection.execute(text("SELECT step FROM credentials WHERE id = 'waiting'")).scalar_one() == "stored"
    )


def _fill_0002(connection: Connection, now: datetime) -> None:
    """As that version wrote it, by the tables of then."""
    connection.rollback()
    then = MetaData()
    then.reflect(connection)

    def add(table: str, **values: object) -> None:
        connection.execute(insert(then.tables[table]).values(**values))

    add("issuers", id=1, did="did:web:a.example", profile={"name": "A"})
    key = {"verification_method": "did:web:a.example#k", "public_key_multibase": "z6Mk", "state": "active"}
    add("signing_keys", **key, signer_uri="file:k", created_at=now)
    add("images", sha256="0" * 64, media_type="image/png", content=b"")
    add(
        "achievements",
        **{"key": "mentor", "version": 1, "kind": "badge", "achievement": {}, "source_sha256": "0" * 64},
        **{"created_at": now, "png_sha256": "0" * 64},
    )
    add("holders", id="h", identity="mailto:a@b.example", email="a@b.example", search_text="", created_at=now)
    for known, steps in _TOLD_STEPS.items():
        add(
            "credentials",
            **{"id": known, "scope": "api:1", "idempotency_key": known, "order_sha256": "0" * 64},
            **{"achievement_key": "mentor", "achievement_version": 1, "awarded_at": now, "results": []},
            **{"evidence": [], "holder_id": "h", "salt": "s", "issued_at": now, "reason": "", "note": ""},
            recipient_email=None if known == "nobody" else "a@b.example",
            state="pending" if known == "pending" else "active",
            step=steps[-1],
            signed=None if known == "pending" else b"{}",
        )
        for step in steps:
            add("credential_steps", credential_id=known, step=step, at=now)
    add(
        "status_lists",
        **{"id": "list", "number": 1, "purpose": "revocation", "length": 131072, "is_open": True},
        **{"changed_at": now, "revision": 0, "published_revision": -1, "version": 0},
    )
    for place, known in enumerate(_TOLD_STEPS):
        add("status_indexes", list_id="list", index=place, credential_id=known, is_set=False)
    detail = {"why": "refused with code 550"}
    add(
        "audit_lines",
        **{"at": now, "actor": "worker", "action": "credential.undeliverable", "subject": "refused"},
        detail=detail,
    )
    connection.commit()


def test_attack_134_an_interrupted_upgrade_leaves_the_older_version_running(
    empty: Store, empty_database_url: str, connection: Connection
) -> None:
    fill_released(empty_database_url)
    before = _counts(connection)
    connection.execute(text("CREATE TABLE memberships (x INTEGER)"))
    connection.commit()
    with pytest.raises((UnavailableError, ProgrammingError, ConflictError)):
        empty.migrate()

    assert _counts(connection) == {**before, "memberships": 0}
    assert not empty.schema_is_current()


def test_several_organisations_do_not_go_back_to_a_version_that_knows_one(
    store: Store, database_url: str, now: datetime
) -> None:
    store.organisations.create(OrganisationRecord("did:web:b.example", {}, id="b", name="B"), now)
    with pytest.raises(ValueError, match="knows one organisation"):
        move(database_url, command.downgrade, "0002")

    assert [known.id for known in store.organisations.list()] == ["main", "b"]


def test_the_next_numbers_follow_those_that_were_brought_over(
    empty: Store, empty_database_url: str, now: datetime
) -> None:
    fill_released(empty_database_url)
    empty.migrate()
    empty.audit.add(AuditRecord(now, "test", "tried", "x"))

    assert empty.audit.recent(1)[0].action == "tried"


def test_a_version_before_the_last_release_is_migrated_too(empty: Store, empty_database_url: str) -> None:
    move(empty_database_url, command.upgrade, "0001")
    empty.migrate()
    assert empty.schema_is_current()


def _counts(connection: Connection) -> dict[str, int]:
    return {name: len(rows) for name, rows in _rows(connection).items()}


def _rows(connection: Connection) -> Rows:
    """All rows by table, in an order of their own text."""
    connection.rollback()
    tables = MetaData()
    tables.reflect(connection)
    found = {
        name: [dict(row._mapping) for row in connection.execute(table.select())]
        for name, table in tables.tables.items()
        if name != "alembic_version"
    }
    connection.rollback()
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def test_attack_134_an_interrupted_migration_leaves_the_database_as_it_was(
    empty: Store, connection: Connection
) -> None:
    # Something stands in the way of the last table, as would a full disk: all before it is undone too.
    connection.execute(text("CREATE TABLE status_indexes (x INTEGER)"))
    connection.commit()
    with pytest.raises((UnavailableError, ProgrammingError)):
        empty.migrate()

    assert _tables(connection) == {"status_indexes"}
    connection.execute(text("DROP TABLE status_indexes"))
    connection.commit()
    empty.migrate()
    assert empty.schema_is_current()


def test_attack_134_a_newer_database_is_refused_and_left_alone(store: Store, database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for refused in (store.migrate, store.schema_is_current, store.check):
        with pytest.raises(SettingsError, match="newer version"):
            refused()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_processes_may_migrate_at_once(empty_database_url: str, now: datetime) -> None:
    stores = [open_store(empty_database_url, secret_key=_KEY) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda store: store.migrate(), stores))

    stores[0].organisations.create(MAIN_ORGANISATION, now)
    stores[0].achievements.add(version(now), [image()])
    assert all(store.achievements.list_newest() for store in stores)
    for store in stores:
        store.close()


def test_achievements_and_members_of_before_say_nothing_of_learning(
    empty: Store, empty_database_url: str, connection: Connection
) -> None:
    """And go back with what they said."""
    move(empty_database_url, command.upgrade, "0072")
    connection.rollback()
    then = MetaData()
    then.reflect(connection)

    def add(table: str, **values: Any) -> None:
        connection.execute(insert(then.tables[table]).values(**values))

    add("images", sha256="0" * 64, media_type="image/png", content=b"x")
    own = {"organisation_id": "main", "created_at": NOW}
    main = {"did": "did:key:z6Mk", "profile": {}, "time_zone": "UTC", "first_weekday": 0}
    add("organisations", id="main", name="Main", created_at=NOW, **main)
    version = {"key": "mentor", "version": 1, "kind": "competency-mastery", "achievement": {"name": "M"}}
    add("achievements", **own, **version, source_sha256="0" * 64, png_sha256="0" * 64)
    add("people", id="pat", created_at=NOW)
    add("memberships", **own, id="pat", person_id="pat", name="Pat Doe", search_text="")
    connection.commit()
    empty.migrate()

    (known,) = empty.achievements.versions("mentor")
    member = empty.members.of_person("pat")
    assert (known.achievement, known.learning) == ({"name": "M"}, None)
    assert member is not None
    assert (member.name, member.family_name) == ("Pat Doe", None)
    empty.members.set_family_name("pat", "Doe")
    move(empty_database_url, command.downgrade, "0072")
    assert [row["name"] for row in _rows(connection)["memberships"]] == ["Pat Doe"]


# --- what versions since have written, carried over and back ---------------------------------------


STOPS = ("0009", "0012", "0015", "0023")  # before awards, observations, rules and copies
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Carried:
    """A database that went up through the versions and back.

    before, again: all rows at each stop, on the way up and on the way back. newest: those of the newest.
    """

    before: dict[str, Rows]
    newest: Rows
    credentials: dict[str, CredentialRecord | None]
    event: EventRecord | None
    source: SourceRecord | None
    namespaces: set[str]
    rule: RuleVersion | None
    again: dict[str, Rows]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def carried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    """Made once: both ways through all versions are long."""
    if request.param == "sqlite":
        yield _carry(f"sqlite:///{tmp_path_factory.mktemp('carried') / 'credserv.sqlite'}")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield _carry(server.database_url(name))
    server.drop(name)


def _carry(url: str) -> Carried:
    store, engine = open_store(url, secret_key=_KEY), open_engine(url)
    with engine.connect() as connection:
        before = {}
        for stop in STOPS:
            move(url, command.upgrade, stop)
            if stop in _FILLS:
                _FILLS[stop](connection)
            before[stop] = _rows(connection)
        store.migrate()
        newest, main = _rows(connection), store.of("main")
        found = {row["id"]: store.credentials.get(row["id"]) for row in newest["credentials"]}
        event, source = main.events.get("campus", "e"), main.sources.get("campus")
        namespaces = {one.namespace for one in main.members.identifiers("member")}
        main.identifiers.add("member", ("lms-id", "42", "campus"), written="42", now=NOW)
        main.rules.add(RULE)
        rule, again = main.rules.newest("mentor"), {}
        for stop in reversed(STOPS):
            move(url, command.downgrade, stop)
            again[stop] = _rows(connection)
    engine.dispose()
    store.close()
    return Carried(before, newest, found, event, source, namespaces, rule, again)


def _rows_but(rows: Rows, *left_out: str) -> Rows:
    """Without tables that go on by what was done at the newest."""
    return {name: found for name, found in rows.items() if name not in left_out}


def test_found_f12_what_was_awarded_twice_before_stays_as_it_is(carried: Carried) -> None:
    """A further order is answered with the one awarded last; idempotency keys become the organisation's."""
    before = carried.before["0009"]["credentials"]
    after = {row["id"]: row for row in carried.newest["credentials"]}
    assert {known: row["award"] for known, row in after.items() if row["award"]} == {
        "last": "member/mentor/once",
        "other": "member-2/mentor/once",
    }
    assert {known: row["scope"] for known, row in after.items()} == {
        "first": "api",
        "last": "hook:campus",
        "revoked": "api:2",  # the key of `first`, under another API key
        "other": "api",
    }
    changed = ("award", "scope", "grounds", "hidden_at", "erased_sha256")
    assert [{name: row[name] for name in row if name not in changed} for row in after.values()] == [
        {name: row[name] for name in row if name not in changed} for row in before
    ]
    assert all(record is not None and record.signed == b"{}" for record in carried.credentials.values())
    assert carried.again["0009"]["credentials"] == before


def test_attack_134_events_and_names_of_a_version_before_observations_are_carried_over(
    carried: Carried,
) -> None:
    """What was not kept of an event is not told; names within one installation are not those of everybody."""
    kept, first = carried.event, carried.credentials["first"]
    assert kept is not None
    assert (kept.headers, kept.authentication, kept.adapter, kept.adapter_version) == (None,) * 4
    assert carried.source is not None
    assert (carried.source.options, carried.source.addresses_by_email) == ({}, True)
    assert first is not None
    assert first.order.grounds is None  # it was filled in
    assert carried.namespaces == {""}
    assert _rows_but(carried.again["0012"], "generations") == _rows_but(carried.before["0012"], "generations")


def test_attack_134_rules_come_to_what_is_there(carried: Carried) -> None:
    assert carried.rule == RULE
    left_out = "generations", "asserted_identifiers"  # the one with a namespace is dropped further back
    assert _rows_but(carried.again["0015"], *left_out) == _rows_but(carried.before["0015"], *left_out)


def test_attack_134_the_indexes_of_before_are_those_of_the_awards_themselves(carried: Carried) -> None:
    before = carried.before["0023"]["status_indexes"]
    assert carried.newest["status_indexes"] == [{**row, "copy_id": None} for row in before]
    assert carried.again["0023"]["status_indexes"] == before


def test_attack_134_nobody_is_said_to_read_a_language_and_letters_that_wait_go_on(carried: Carried) -> None:
    assert {row["language"] for row in carried.newest["people"]} == {None}
    (waiting,) = carried.newest["link_letters"]
    assert (waiting["language"], waiting["request_id"]) == ("", "")
    for table in ("people", "link_letters"):
        assert carried.again["0023"][table] == carried.before["0023"][table]


def _fill_0009(connection: Connection) -> None:
    connection.rollback()
    then = MetaData()
    then.reflect(connection)

    def add(table: str, **values: object) -> None:
        connection.execute(insert(then.tables[table]).values(**values))

    organisation = {"id": "main", "name": "A", "did": "did:web:a.example", "profile": {}, "time_zone": "UTC"}
    add("organisations", **organisation, first_weekday=1, created_at=NOW)
    add("images", sha256="0" * 64, media_type="image/png", content=b"")
    add(
        "achievements",
        **{"organisation_id": "main", "key": "mentor", "version": 1, "kind": "badge", "achievement": {}},
        **{"source_sha256": "0" * 64, "created_at": NOW, "png_sha256": "0" * 64},
    )
    for member in ("member", "member-2"):
        add("people", id=member, created_at=NOW)
        own = {"organisation_id": "main", "created_at": NOW}
        add("memberships", id=member, person_id=member, search_text="", **own)
        address = f"{member}@a.example"
        add(
            "asserted_identifiers",
            **{**own, "id": member, "membership_id": member, "kind": "email"},
            **{"value": address, "written": address},
        )
    # id: scope, key, member, state, days after the first
    orders = {
        "first": ("api:1", "k", "member", "active", 0),
        "last": ("hook:campus", "e", "member", "active", 1),
        "revoked": ("api:2", "k", "member", "revoked", 2),
        "other": ("api:2", "l", "member-2", "suspended", 3),
    }
    for known, (scope, key, member, state, days) in orders.items():
        at = NOW + timedelta(days=days)
        add(
            "credentials",
            **{"id": known, "organisation_id": "main", "scope": scope, "idempotency_key": key},
            **{"order_sha256": "0" * 64, "achievement_key": "mentor", "achievement_version": 1},
            **{"awarded_at": at, "results": [], "evidence": [], "identifier_id": member},
            **{"person_id": member, "salt": "s", "issued_at": at, "state": state, "signed": b"{}"},
            **{"reason": "", "note": "", "recipient_email": f"{member}@a.example"},
        )
        line = {"organisation_id": "main", "at": at, "actor": scope, "action": "credential.sign"}
        add("audit_lines", **line, subject=known, detail={})
    add(
        "status_lists",
        **{"id": "list", "organisation_id": "main", "number": 1, "purpose": "revocation", "length": 131072},
        **{"is_open": True, "changed_at": NOW, "revision": 0, "published_revision": -1, "version": 0},
    )
    for place, known in enumerate(orders):
        add("status_indexes", list_id="list", index=place, credential_id=known, is_set=False)
    connection.commit()


def _fill_0012(connection: Connection) -> None:
    connection.rollback()
    then = MetaData()
    then.reflect(connection)
    campus = {"organisation_id": "main", "name": "campus", "dialect": "generic", "mapping": {"rules": []}}
    connection.execute(insert(then.tables["sources"]).values(**campus, enabled=True, created_at=NOW))
    connection.execute(
        insert(then.tables["events"]).values(
            **{"organisation_id": "main", "source": "campus", "event_id": "e", "body_sha256": "0" * 64},
            **{"body": b"{}", "received_at": NOW, "state": "ignored", "note": "n"},
        )
    )
    asked = {"token_sha256": "0" * 64, "organisation_id": "main", "due_at": NOW, "tries": 0}
    connection.execute(insert(then.tables["link_letters"]).values(**asked))
    connection.commit()


_FILLS = {"0009": _fill_0009, "0012": _fill_0012}
