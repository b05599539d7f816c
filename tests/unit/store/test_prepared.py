"""Prepared statements: what SQLAlchemy would give, and its errors, by the driver's own cursor."""

from __future__ import annotations

import traceback
from datetime import datetime

import pytest
from sqlalchemy import bindparam, insert, select

from credserv.ground.errors import ConflictError, UnavailableError
from credserv.store.frame.prepared import execute_many, select_all, select_one
from credserv.store.hold.credential_rows import SELECT_CREDENTIAL
from credserv.store.store import Store
from credserv.store.tables import credentials, images
from tests.testkit import lots
from tests.unit.store.samples import order

_THESE = SELECT_CREDENTIAL.where(credentials.c.id.in_(bindparam("wanted", expanding=True))).order_by(
    credentials.c.id
)
_IMAGE = select(images).where(images.c.sha256 == bindparam("wanted"))
_ADD_IMAGE = insert(images)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_rows_are_what_sqlalchemy_gives(filled: Store, now: datetime, count: int) -> None:
    for number in range(5):
        lots.reserve(filled, order(now, key=f"k{number}"), now, new_id=f"c{number}")
    wanted = {"wanted": [f"c{number}" for number in range(count)]}
    with filled._database.reading() as connection:
        found = select_all(connection, _THESE, wanted)
        expected = connection.execute(_THESE, wanted).all()
    assert [row._asdict() for row in found] == [row._asdict() for row in expected]
    assert [row.id for row in found] == wanted["wanted"]
    assert found[0].issued_at == now


def test_what_is_not_there_is_no_row(filled: Store) -> None:
    with filled._database.reading() as connection:
        assert select_all(connection, _THESE, {"wanted": []}) == []
        assert select_one(connection, _IMAGE, {"wanted": "0" * 64}) is None


def test_a_broken_constraint_is_a_conflict_that_tells_no_value(filled: Store) -> None:
    row = {"sha256": "1" * 64, "media_type": None, "content": b"ann@example.org"}
    with pytest.raises(ConflictError) as caught, filled._database.writing() as connection:
        execute_many(connection, _ADD_IMAGE, [row])
    told = "".join(traceback.format_exception(caught.value))
    assert "ann@example.org" not in told
    with filled._database.writing() as connection:
        assert execute_many(connection, _ADD_IMAGE, [{**row, "media_type": "image/png"}]) == 1


def _lose(store: Store) -> None:
    with store._database.writing() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.close()
        select_one(connection, _IMAGE, {"wanted": "0" * 64})


def test_a_lost_connection_is_given_up(filled: Store) -> None:
    if filled._database.engine.dialect.name == "sqlite":
        pytest.skip("a file has no connection to lose")
    with pytest.raises(UnavailableError):
        _lose(filled)
    with filled._database.writing() as connection:
        assert select_one(connection, _IMAGE, {"wanted": "0" * 64}) is None
