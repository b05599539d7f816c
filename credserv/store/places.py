"""Where a page of a list goes on: behind a row, however many came before it since."""

from __future__ import annotations

from sqlalchemy import Column, and_, or_
from sqlalchemy.sql import ColumnElement

from credserv.records.paging import Place


def behind(at: Column[object], id_: Column[object], place: Place) -> ColumnElement[bool]:
    """What stands behind a row in a list that is newest first and, of one instant, by id."""
    return and_(at <= place.at, or_(at < place.at, id_ > place.id))
