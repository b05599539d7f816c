"""Where a page of a list continues: after a row, however many rows were added before it since."""

from __future__ import annotations

from sqlalchemy import Column, and_, or_
from sqlalchemy.sql import ColumnElement

from credserv.records.paging import Place


def behind(at: Column[object], id_: Column[object], place: Place) -> ColumnElement[bool]:
    """Return the condition for rows after a place, in a list that is newest first and then by id."""
    return and_(at <= place.at, or_(at < place.at, id_ > place.id))
