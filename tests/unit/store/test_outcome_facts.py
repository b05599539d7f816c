"""Facts of the version before targets and projects are carried over, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from alembic import command
from sqlalchemy import MetaData, insert, select

from credserv.records.outcomes import Criterion, Fact, FactKind
from credserv.store.frame.database import Database, open_engine
from credserv.store.store import open_store
from tests.testkit.released import fill_released, move
from tests.unit.store.test_schema import _KEY

NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)


def rows(url: str) -> list[dict[str, Any]]:
    engine = open_engine(url)
    try:
        with Database(engine).reading() as connection:
            tables = MetaData()
            tables.reflect(connection, only=["outcome_facts"])
            found = tables.tables["outcome_facts"]
            return [dict(row._mapping) for row in connection.execute(select(found).order_by(found.c.id))]
    finally:
        engine.dispose()


def fill(url: str) -> None:
    """What a released version had, and two facts of one of its people."""
    fill_released(url)
    move(url, command.upgrade, "0067")
    engine = open_engine(url)
    try:
        with Database(engine).writing() as connection:
            tables = MetaData()
            tables.reflect(connection, only=["memberships", "outcome_facts"])
            members, facts = tables.tables["memberships"], tables.tables["outcome_facts"]
            one = connection.execute(select(members).order_by(members.c.id).limit(1)).one()
            common = {"organisation_id": one.organisation_id, "membership_id": one.id, "occurred_at": NOW}
            common |= {"received_at": NOW, "competency": "", "instrument": "v1", "words": "", "score": 4.5}
            for number, kind in enumerate(("assessment.pre", "signal")):
                told = {"id": f"f{number}", "reference": f"r{number}", "kind": kind, "about": "care"}
                connection.execute(insert(facts).values(**common, **told))
    finally:
        engine.dispose()


def test_attack_134_facts_of_before_are_carried_over_and_back(empty_database_url: str) -> None:
    url = empty_database_url
    fill(url)
    before = rows(url)
    store = open_store(url, secret_key=_KEY)
    try:
        store.migrate()
        new = {"project": "", "due_on": None, "told_by": "", "criteria": []}
        assert rows(url) == [one | new for one in before]
        outcomes = store.of(before[0]["organisation_id"]).outcomes
        known = outcomes.facts(cut=NOW, known=NOW)
        assert [(one.kind, one.score, one.criteria, one.due_on) for one in known] == [
            (FactKind.PRE, 4.5, (), None),
            (FactKind.SIGNAL, 4.5, (), None),
        ]
        member = before[0]["membership_id"]
        criteria = (Criterion("on budget", True), Criterion("used", None))
        project = Fact(
            "r2", member, FactKind.PROJECT, "relaunch", NOW, NOW, told_by=member, criteria=criteria
        )
        wish = Fact("r3", member, FactKind.TARGET, "", NOW, NOW, score=3, due_on=date(2026, 9, 1))
        assert outcomes.add([project, wish]) == 2
        assert outcomes.add([project, wish]) == 0, "it reads back as it was written"
        assert outcomes.facts(cut=NOW, known=NOW)[2:] == (project, wish)
    finally:
        store.close()
    move(url, command.downgrade, "0067")
    assert rows(url) == before
